//! The replies of one mailbox together: in order, each naming the one before.
//!
//! A mailbox keeps the newest few, and a person may delete any, so an early one may be missing without
//! fault; two replies with one number, or a chain that does not fit, never are.

use super::OpenedReply;

/// The replies of one mailbox, oldest first.
pub struct Thread {
    replies: Vec<OpenedReply>,
    problems: Vec<ThreadProblem>,
}

/// What is wrong with the replies of one mailbox; numbers are counters of replies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ThreadProblem {
    /// Replies before this one, and after another that is here, are not here: deleted, or kept back.
    MissingBefore(u64),
    /// Two different replies carry this number, both signed by the office.
    Forked(u64),
    /// This reply names another predecessor than the one that is here.
    OtherPredecessor(u64),
}

impl Thread {
    /// Sorts what opened; the same reply twice counts once.
    #[must_use]
    pub fn new(mut replies: Vec<OpenedReply>) -> Self {
        replies.sort_by_key(|opened| opened.reply.counter);
        replies.dedup_by_key(|opened| opened.digest);
        let problems = replies
            .windows(2)
            .filter_map(|pair| {
                let [earlier, later] = pair else { return None };
                problem(earlier, later)
            })
            .collect();
        Self { replies, problems }
    }

    /// The replies, oldest first.
    #[must_use]
    pub fn replies(&self) -> &[OpenedReply] {
        &self.replies
    }

    /// What is wrong with them, in their order.
    #[must_use]
    pub fn problems(&self) -> &[ThreadProblem] {
        &self.problems
    }
}

fn problem(earlier: &OpenedReply, later: &OpenedReply) -> Option<ThreadProblem> {
    let counter = later.reply.counter;
    if counter == earlier.reply.counter {
        Some(ThreadProblem::Forked(counter))
    } else if counter - earlier.reply.counter > 1 {
        Some(ThreadProblem::MissingBefore(counter))
    } else if later.reply.previous != Some(earlier.digest) {
        Some(ThreadProblem::OtherPredecessor(counter))
    } else {
        None
    }
}
