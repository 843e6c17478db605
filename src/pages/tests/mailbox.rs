//! The pages of a mailbox: one length whatever it holds, every kind of answer, no code.

use asylia_envelope::{
    ids::{InstanceId, QuestionNonce, ReplyDigest, SubmissionId},
    reply::{REPLY_SLOT_BYTES, REPLY_TEXT_LIMIT_BYTES, Reply, ReplyKind},
    return_code::{MailboxKeys, ReturnCode},
    signing::{Office, SigningKey},
};

use super::*;
use crate::{
    mailbox::{OpenedMailbox, open},
    storage::Slot,
};

/// Every page of the mailbox, for the checks on all pages.
pub(super) fn samples(site: &Site) -> Vec<(String, Page)> {
    let faults = [
        MailboxFault::Length,
        MailboxFault::Word(3),
        MailboxFault::Mistyped,
        MailboxFault::NothingChosen,
    ];
    let mut pages = vec![
        ("mailbox".to_owned(), mailbox(site, None)),
        ("deleted".to_owned(), mailbox_deleted(site)),
        ("sent".to_owned(), follow_up_sent(site, None)),
        (
            "sent-new-code".to_owned(),
            follow_up_sent(site, Some(&new_code())),
        ),
        (
            "answers-none".to_owned(),
            answers(site, &opened(&[]), PAGE_NUMBER),
        ),
        (
            "answers-full".to_owned(),
            answers(site, &full(), PAGE_NUMBER),
        ),
        (
            "answers-hostile".to_owned(),
            answers(
                site,
                &opened(&["<script>\"'&\u{202e}", "ثلاثة\n\nأسطر"]),
                PAGE_NUMBER,
            ),
        ),
    ];
    if site.closed.is_none() {
        pages.push(("follow-up".to_owned(), follow_up(site, PAGE_NUMBER)));
    }
    pages.extend(faults.map(|fault| (format!("mailbox-{fault:?}"), mailbox(site, Some(fault)))));
    pages
}

#[test]
fn a_full_mailbox_of_the_longest_answers_stands_on_one_page_oldest_first() {
    let html = text(answers(&Site::sample(), &full(), PAGE_NUMBER));
    assert_eq!(html.len(), PAGE_MAILBOX_BYTES);
    let places: Vec<_> = ["aaaa", "bbbb", "cccc", "dddd"]
        .iter()
        .map(|letters| html.find(letters).expect("every answer is shown"))
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(!html.contains("did not fit"));
    assert_eq!(
        html.matches("<option value=").count() - PERMISSION_OPTIONS,
        5 + 1,
        "all, and each, and the question"
    );
    for said in [
        "has opened your report",
        "one two three",
        "A question from",
        "confirms",
    ] {
        assert!(html.contains(said), "{said}");
    }
}

#[test]
fn answers_that_do_not_fit_are_left_out_oldest_first_and_the_page_says_so() {
    let quotes: Vec<String> = "abcd"
        .chars()
        .map(|letter| letter.to_string() + &"&".repeat(REPLY_TEXT_LIMIT_BYTES - 1))
        .collect();
    let quotes: Vec<&str> = quotes.iter().map(String::as_str).collect();
    let html = text(answers(&Site::sample(), &opened(&quotes), PAGE_NUMBER));
    assert_eq!(html.len(), PAGE_MAILBOX_BYTES);
    assert!(html.contains("did not fit") && html.contains("d&amp;&amp;"));
    assert!(!html.contains("a&amp;&amp;"));
    // It can still be deleted.
    assert_eq!(
        html.matches("<option value=").count() - PERMISSION_OPTIONS,
        5
    );
}

#[test]
fn what_the_office_did_not_write_is_named_and_not_shown() {
    let (keys, office) = (keys(), SigningKey::<Office>::from_seed(&[1; 32]));
    let forger = SigningKey::from_seed(&[2; 32]);
    let (forged, _) = reply(1, None, ReplyKind::Message, "pay me")
        .seal(&forger, &keys.identity.to_recipient())
        .expect("a reply");
    let opened = open(
        &slots(&[forged]),
        &keys,
        INSTANCE,
        &[office.verifying_key()],
    );
    let html = text(answers(&Site::sample(), &opened, PAGE_NUMBER));
    assert!(html.contains("did not write for you") && !html.contains("pay me"));
    let two = [
        reply(1, None, ReplyKind::Message, "one"),
        reply(1, None, ReplyKind::Message, "other"),
    ];
    let html = text(answers(&Site::sample(), &opened_replies(&two), PAGE_NUMBER));
    assert!(html.contains("do not fit together"));
    assert_eq!(html.len(), PAGE_MAILBOX_BYTES);
}

#[test]
fn every_page_says_when_the_office_came_last_and_when_to_come_back() {
    use crate::collection::Collected::{LastWeek, Longer, Never, ThisWeek};
    let mut said = Vec::new();
    for collected in [ThisWeek, LastWeek, Longer, Never] {
        let site = Site {
            collected,
            ..Site::sample()
        };
        for (name, page) in samples(&site) {
            let html = text(page);
            assert!(html.contains("come back in about two weeks"), "{name}");
            let from = html.find("The office ").filter(|_| name == "mailbox");
            said.extend(from.map(|from| html[from..from + 60].to_owned()));
        }
    }
    said.sort();
    said.dedup();
    assert_eq!(said.len(), 4, "{said:?}");
}

#[test]
fn nothing_posts_with_javascript_on_or_through_a_relay() {
    let relayed = Site {
        clear_web: true,
        ..Site::sample()
    };
    for (name, page) in samples(&Site::sample()) {
        let html = text(page);
        let elements = elements(&html).expect("checked elsewhere");
        for button in elements.iter().filter(|element| element.name == "button") {
            assert!(button.within("noscript"), "{name}");
        }
        for form in elements.iter().filter(|element| element.name == "form") {
            assert_eq!(form.get("method"), Some("dialog"), "{name}");
        }
    }
    for (name, page) in samples(&relayed) {
        assert!(!text(page).contains("<button"), "{name}");
    }
}

#[test]
fn a_form_that_nobody_empties_says_so_before_the_story() {
    let late = Site {
        late: true,
        ..Site::sample()
    };
    let html = text(home(&late, PAGE_NUMBER));
    let notice = html
        .find("Nobody has collected reports")
        .expect("it says so");
    assert!(notice < html.find("name=story").expect("the form is open"));
    assert!(!text(home(&Site::sample(), PAGE_NUMBER)).contains("Nobody has collected"));
    let closed = Site {
        closed: Some(Closed::Uncollected),
        ..late
    };
    let html = text(home(&closed, PAGE_NUMBER));
    assert!(html.contains("Other ways: ") && !html.contains("<form"));
}

/// Four answers, one of each kind, as long as answers may be.
fn full() -> OpenedMailbox {
    let proof_words = ["one", "two", "three"].map(str::to_owned);
    let nonce = QuestionNonce([3; 16]);
    let kinds = [
        ReplyKind::Received { proof_words },
        ReplyKind::Message,
        ReplyKind::Question { nonce },
        ReplyKind::Confirmation,
    ];
    let replies: Vec<Reply> = (1..)
        .zip(kinds)
        .zip(["a", "b", "c", "d"])
        .map(|((counter, kind), letter)| {
            let text = letter.repeat(REPLY_TEXT_LIMIT_BYTES);
            reply(counter, None, kind, &text)
        })
        .collect();
    opened_replies(&replies)
}

fn opened(texts: &[&str]) -> OpenedMailbox {
    let replies: Vec<Reply> = (1..)
        .zip(texts)
        .map(|(counter, text)| reply(counter, None, ReplyKind::Message, text))
        .collect();
    opened_replies(&replies)
}

/// Seals the replies as the office does, each naming the one before, and opens them as the server does.
fn opened_replies(replies: &[Reply]) -> OpenedMailbox {
    let (keys, office) = (keys(), SigningKey::<Office>::from_seed(&[1; 32]));
    let (mut sealed, mut previous) = (Vec::new(), None);
    for reply in replies {
        let mut reply = reply.clone();
        reply.previous = previous.filter(|_| reply.counter > 1);
        let (slot, digest) = reply
            .seal(&office, &keys.identity.to_recipient())
            .expect("a reply");
        previous = Some(digest);
        sealed.push(slot);
    }
    open(&slots(&sealed), &keys, INSTANCE, &[office.verifying_key()])
}

fn reply(counter: u64, previous: Option<ReplyDigest>, kind: ReplyKind, text: &str) -> Reply {
    Reply {
        version: 1,
        instance: INSTANCE,
        lookup_id: keys().lookup_id(),
        submission_id: SubmissionId([4; 16]),
        counter,
        previous,
        day: "2026-11-24".parse().expect("a day"),
        follow_up_counter: 0,
        kind,
        language: "en".to_owned(),
        text: text.to_owned(),
    }
}

fn slots(sealed: &[Vec<u8>]) -> Vec<Slot> {
    let slots = (1..).zip(sealed).map(|(mark, bytes)| Slot {
        digest: [mark; 32],
        bytes: bytes.clone(),
    });
    let slots: Vec<Slot> = slots.collect();
    assert!(
        slots
            .iter()
            .all(|slot| slot.bytes.len() == REPLY_SLOT_BYTES)
    );
    slots
}

fn keys() -> MailboxKeys {
    let code = ReturnCode::parse(CODE).expect("the words are a code");
    code.derive_mailbox(INSTANCE)
}

fn new_code() -> NewCode {
    let secret = |text: &str| zeroize::Zeroizing::new(text.to_owned());
    NewCode::new(
        secret("velvet harbor twelve cinnamon orbit puzzle ladder mushroom quick zebra"),
        secret("4821973350196447028815536092714408"),
    )
}

/// Of the form below the answers: four choices for each of nine audiences, and four of the danger.
const PERMISSION_OPTIONS: usize = 9 * 4 + 4;
const INSTANCE: InstanceId = InstanceId([9; 16]);
const CODE: &str = "zoo zoo zoo zoo zoo zoo zoo zoo zoo vast";
