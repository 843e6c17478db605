//! The state of all correspondence, as the events make it: whose mailbox is whose, what waits, what went, what came.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use asylia_envelope::{
    ids::{LookupId, QuestionNonce, RecordId, ReplyDigest, SubmissionId},
    record::SealedBy,
    reply::ReplyKind,
};

use super::{
    BlobId, Row,
    letters::{
        BatchItem, FollowUpItem, MailboxItem, Raises, RefusedFollowUp, ReplyItem, SentItem,
        SentState,
    },
    record::{Imported, RecordItem},
};

/// Mailboxes, replies, follow-ups and the bundles to the server.
#[derive(Default)]
pub struct Correspondence {
    mailboxes: HashMap<LookupId, MailboxState>,
    /// The mailbox of a report, as it is now.
    current: HashMap<RecordId, LookupId>,
    replies: BTreeMap<u64, ReplyItem>,
    /// Verdicts on follow-ups, in the order in which they were given.
    follow_ups: Vec<Row<FollowUpItem>>,
    /// Records that are follow-ups and have no verdict yet.
    unsettled: BTreeSet<RecordId>,
    settled: BTreeSet<RecordId>,
    batches: BTreeMap<u64, BatchItem>,
    /// Batches that the server has, and that a bundle which it has not confirmed carries as well.
    done: BTreeSet<u64>,
    /// Replies that lie in a batch, or that the server has.
    batched: BTreeSet<u64>,
    /// Replies that the server has.
    delivered: BTreeSet<u64>,
    sent: Vec<Row<SentItem>>,
    written: BTreeSet<u64>,
    confirmed: u64,
    /// Mailboxes that ended, until the server has confirmed a bundle that says so.
    ended: BTreeSet<LookupId>,
}

/// One mailbox.
#[derive(Clone)]
pub struct MailboxState {
    /// The report that it belongs to.
    pub report: RecordId,
    /// The record whose text names its address: the report, or the follow-up that brought a new code.
    pub named_by: RecordId,
    /// The submission that opened it.
    pub submission_id: SubmissionId,
    /// What verifies follow-ups.
    pub mailbox: MailboxItem,
    /// Whether its code, or an answer, passed through the server.
    pub through_server: bool,
    /// Counter and digest of its newest reply.
    pub newest: Option<(u64, ReplyDigest)>,
    /// Highest counter of a follow-up that was accepted.
    pub follow_up_counter: u64,
    /// Whether a new code has taken its place.
    pub ended: bool,
    /// Questions: nonce, and the number of the event.
    questions: Vec<(QuestionNonce, u64)>,
    /// The last accepted follow-up that changed a permission or answered a question: number of its event.
    last_change: u64,
}

/// How far a reply is on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// It waits for an export.
    Waits,
    /// It lies in the bundles of these numbers, the last of them here; the server has not confirmed it.
    Sent(u64),
    /// The server has it.
    Delivered,
    /// Its mailbox ended before it went out: it will never be sent.
    Ended,
}

impl Correspondence {
    /// The mailbox of that number.
    #[must_use]
    pub fn mailbox(&self, lookup_id: &LookupId) -> Option<&MailboxState> {
        self.mailboxes.get(lookup_id)
    }

    /// The mailbox that a report's submitter reads now.
    #[must_use]
    pub fn mailbox_of(&self, report: RecordId) -> Option<&MailboxState> {
        self.mailboxes.get(self.current.get(&report)?)
    }

    /// Everything that was written for a report, in its order, with the number of each event.
    pub fn replies_of(&self, report: RecordId) -> impl Iterator<Item = (u64, &ReplyItem)> {
        self.replies
            .iter()
            .filter(move |(_, reply)| reply.report == report)
            .map(|(number, reply)| (*number, reply))
    }

    /// A reply by the number of its event.
    #[must_use]
    pub fn reply(&self, number: u64) -> Option<&ReplyItem> {
        self.replies.get(&number)
    }

    /// Verdicts on the follow-ups of a report, in the order in which they were given.
    pub fn follow_ups_of(&self, report: RecordId) -> impl Iterator<Item = &Row<FollowUpItem>> {
        self.follow_ups
            .iter()
            .filter(move |row| row.item.report == report)
    }

    /// The verdict on a record that is a follow-up.
    #[must_use]
    pub fn verdict(&self, record: RecordId) -> Option<&FollowUpItem> {
        let rows = self.follow_ups.iter();
        rows.map(|row| &row.item)
            .find(|verdict| verdict.record_id == record)
    }

    /// Follow-ups without a verdict.
    #[must_use]
    pub fn unsettled(&self) -> Vec<RecordId> {
        self.unsettled.iter().copied().collect()
    }

    /// Whether a nonce is that of a question of this mailbox which is still fresh: the newest one, asked after
    /// everything by which the submitter last changed a permission or answered one.
    #[must_use]
    pub fn is_fresh(&self, lookup_id: &LookupId, nonce: QuestionNonce) -> bool {
        let mailbox = self.mailboxes.get(lookup_id);
        mailbox.is_some_and(|mailbox| {
            let newest = mailbox.questions.last();
            newest.is_some_and(|(asked, number)| *asked == nonce && *number > mailbox.last_change)
        })
    }

    /// How far a reply is.
    #[must_use]
    pub fn way(&self, number: u64) -> Way {
        let Some(reply) = self.replies.get(&number) else {
            return Way::Waits;
        };
        let mailbox = self.mailboxes.get(&reply.reply.lookup_id);
        let carries = |sent: &&Row<SentItem>| {
            let batches = sent
                .item
                .batches
                .iter()
                .filter_map(|batch| self.batches.get(batch));
            batches
                .flat_map(|batch| &batch.slots)
                .any(|slot| slot.reply == Some(number))
        };
        if self.delivered.contains(&number) {
            Way::Delivered
        } else if let Some(sent) = self.sent.iter().rev().find(carries) {
            Way::Sent(sent.item.sequence)
        } else if mailbox.is_some_and(|mailbox| mailbox.ended) {
            Way::Ended
        } else {
            Way::Waits
        }
    }

    /// Replies that lie in no batch, of mailboxes that have not ended.
    pub fn waiting(&self) -> impl Iterator<Item = (u64, &ReplyItem)> {
        self.replies
            .iter()
            .filter(|(number, reply)| {
                let mailbox = self.mailboxes.get(&reply.reply.lookup_id);
                !self.batched.contains(number) && mailbox.is_some_and(|mailbox| !mailbox.ended)
            })
            .map(|(number, reply)| (*number, reply))
    }

    /// Batches whose slots are still here, with the numbers of their events.
    #[must_use]
    pub fn batches(&self) -> &BTreeMap<u64, BatchItem> {
        &self.batches
    }

    /// Those that the server has not confirmed.
    pub fn unconfirmed_batches(&self) -> impl Iterator<Item = (u64, &BatchItem)> {
        self.batches
            .iter()
            .filter(|(number, _)| !self.done.contains(number))
            .map(|(number, batch)| (*number, batch))
    }

    /// Mailboxes of which the server has not confirmed that they ended.
    #[must_use]
    pub fn ended(&self) -> &BTreeSet<LookupId> {
        &self.ended
    }

    /// The bundles to the server in this count, ascending.
    #[must_use]
    pub fn sent(&self) -> &[Row<SentItem>] {
        &self.sent
    }

    /// The bundle that was fixed and is not known to lie on a stick whole: its writing was interrupted.
    #[must_use]
    pub fn unwritten(&self) -> Option<&SentItem> {
        let last = self.sent.last().map(|row| &row.item);
        last.filter(|sent| !self.written.contains(&sent.sequence))
    }

    /// Highest number of a bundle up to which the server has taken in every one; 0 for none.
    #[must_use]
    pub fn confirmed(&self) -> u64 {
        self.confirmed
    }

    /// What a confirmation up to `number` makes superfluous.
    #[must_use]
    pub fn superfluous_after(&self, number: u64) -> Vec<BlobId> {
        let confirmed = self.newly_confirmed(number);
        let notes = confirmed.flat_map(|sent| [Some(&sent.note), sent.list.as_ref()]);
        let batches = self.needed_no_more(number);
        let batches = batches.iter().filter_map(|batch| self.batches.get(batch));
        let blobs = notes.flatten().chain(batches.map(|batch| &batch.blob));
        blobs.map(|blob| blob.id).collect()
    }

    /// What a new count makes superfluous: its bundles are other ones.
    #[must_use]
    pub fn superfluous_in_a_new_count(&self, send_again: bool) -> Vec<BlobId> {
        let unconfirmed = self.sent.iter().map(|row| &row.item);
        let unconfirmed = unconfirmed.filter(|sent| sent.sequence > self.confirmed);
        let notes = unconfirmed.flat_map(|sent| [Some(&sent.note), sent.list.as_ref()]);
        let goes = |number: &u64| send_again || self.done.contains(number);
        let batches = self.batches.iter().filter(|(number, _)| goes(number));
        let blobs = notes.flatten().chain(batches.map(|(_, batch)| &batch.blob));
        blobs.map(|blob| blob.id).collect()
    }

    /// Batches that no bundle above `number` carries, of those that one up to it carries.
    fn needed_no_more(&self, number: u64) -> BTreeSet<u64> {
        let sent = self.sent.iter().map(|row| &row.item);
        let (below, above): (Vec<&SentItem>, Vec<&SentItem>) =
            sent.partition(|sent| sent.sequence <= number);
        let above: BTreeSet<u64> = above
            .iter()
            .flat_map(|sent| &sent.batches)
            .copied()
            .collect();
        let below = below.iter().flat_map(|sent| &sent.batches).copied();
        below
            .filter(|batch| self.batches.contains_key(batch) && !above.contains(batch))
            .collect()
    }

    fn newly_confirmed(&self, number: u64) -> impl Iterator<Item = &SentItem> {
        let sent = self.sent.iter().map(|row| &row.item);
        sent.filter(move |sent| sent.sequence > self.confirmed && sent.sequence <= number)
    }

    /// Takes what a record's entry says.
    pub(super) fn add_record(&mut self, record: &RecordItem, imported: &Imported) {
        let id = record.record_id;
        if imported.follow_up.is_some() {
            if !self.settled.contains(&id) {
                self.unsettled.insert(id);
            }
            return;
        }
        let (Some(mailbox), Some(submission_id)) = (&imported.mailbox, imported.submission_id)
        else {
            return;
        };
        // A report that was sent twice has one mailbox, and it is the first one's; so has one that claims another's.
        if self.mailboxes.contains_key(&mailbox.lookup_id) {
            return;
        }
        self.current.entry(id).or_insert(mailbox.lookup_id);
        let through_server = imported.path == SealedBy::Server;
        let state = MailboxState::new(id, id, submission_id, mailbox.clone(), through_server);
        self.mailboxes.insert(mailbox.lookup_id, state);
    }

    pub(super) fn add_reply(&mut self, number: u64, item: ReplyItem) {
        if let (Some(mailbox), Ok(digest)) = (
            self.mailboxes.get_mut(&item.reply.lookup_id),
            item.reply.digest(),
        ) {
            mailbox.newest = Some((item.reply.counter, digest));
            if let ReplyKind::Question { nonce } = item.reply.kind {
                mailbox.questions.push((nonce, number));
            }
        }
        self.replies.insert(number, item);
    }

    pub(super) fn add_follow_up(&mut self, row: Row<FollowUpItem>) {
        let item = &row.item;
        self.unsettled.remove(&item.record_id);
        self.settled.insert(item.record_id);
        if item.refused.is_none() {
            self.accept(row.sequence, &row.item);
        }
        self.follow_ups.push(row);
    }

    fn accept(&mut self, number: u64, item: &FollowUpItem) {
        let Some(mailbox) = self.mailboxes.get_mut(&item.lookup_id) else {
            return;
        };
        mailbox.follow_up_counter = item.counter;
        mailbox.through_server |= item.through_server;
        if item.changes() || item.raises != Raises::No {
            mailbox.last_change = number;
        }
        let Some(new) = &item.new_mailbox else { return };
        mailbox.ended = true;
        let state = MailboxState::new(
            item.report,
            item.record_id,
            mailbox.submission_id,
            new.clone(),
            mailbox.through_server,
        );
        self.ended.insert(item.lookup_id);
        self.mailboxes.insert(new.lookup_id, state);
        self.current.insert(item.report, new.lookup_id);
    }

    pub(super) fn add_batch(&mut self, number: u64, item: BatchItem) {
        let replies = item.slots.iter().filter_map(|slot| slot.reply);
        self.batched.extend(replies);
        self.batches.insert(number, item);
    }

    pub(super) fn add_sent(&mut self, row: Row<SentItem>) {
        self.sent.push(row);
    }

    pub(super) fn add_state(&mut self, state: SentState) {
        match state {
            SentState::Written(number) => {
                self.written.insert(number);
            }
            SentState::Confirmed(number) => self.confirm(number),
            SentState::NewCount => self.new_count(),
            SentState::SendAgain => {
                self.new_count();
                self.send_again();
            }
        }
    }

    fn confirm(&mut self, number: u64) {
        let confirmed: Vec<SentItem> = self.newly_confirmed(number).cloned().collect();
        let superfluous = self.needed_no_more(number);
        for sent in confirmed {
            for number in sent.batches {
                let slots = self.batches.get(&number).map(|batch| &batch.slots);
                let replies = slots.into_iter().flatten().filter_map(|slot| slot.reply);
                self.delivered.extend(replies);
                self.done.insert(number);
            }
            self.ended.retain(|mailbox| !sent.purges.contains(mailbox));
        }
        for number in superfluous {
            self.batches.remove(&number);
            self.done.remove(&number);
        }
        self.confirmed = self.confirmed.max(number);
    }

    /// What is unconfirmed stays, and goes into bundles of the new count.
    fn new_count(&mut self) {
        self.sent.clear();
        self.written.clear();
        self.confirmed = 0;
        let done = core::mem::take(&mut self.done);
        self.batches.retain(|number, _| !done.contains(number));
    }

    /// A restored server has empty mailboxes: each gets what it can hold, the newest replies.
    fn send_again(&mut self) {
        self.batches.clear();
        let mut kept: HashMap<LookupId, usize> = HashMap::new();
        for (number, reply) in self.replies.iter().rev() {
            let kept = kept.entry(reply.reply.lookup_id).or_default();
            *kept += 1;
            if *kept <= SLOTS_OF_A_MAILBOX {
                self.batched.remove(number);
                self.delivered.remove(number);
            } else {
                self.batched.insert(*number);
            }
        }
        // The restored copy may hold mailboxes that had ended.
        let ended = self.mailboxes.iter().filter(|(_, mailbox)| mailbox.ended);
        self.ended.extend(ended.map(|(lookup_id, _)| *lookup_id));
    }
}

impl MailboxState {
    fn new(
        report: RecordId,
        named_by: RecordId,
        submission_id: SubmissionId,
        mailbox: MailboxItem,
        through_server: bool,
    ) -> Self {
        Self {
            report,
            named_by,
            submission_id,
            mailbox,
            through_server,
            newest: None,
            follow_up_counter: 0,
            ended: false,
            questions: Vec::new(),
            last_change: 0,
        }
    }
}

impl FollowUpItem {
    /// Whether it says anything of permissions, or of deleting.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.withdraw_all || self.delete_report || !self.permissions.is_empty()
    }

    /// Whether it shows that somebody else has the code, or tried to use it.
    #[must_use]
    pub fn is_alarm(&self) -> bool {
        self.refused == Some(RefusedFollowUp::SecondNewCode)
    }
}

/// How many replies a server keeps for a mailbox.
const SLOTS_OF_A_MAILBOX: usize = 4;
