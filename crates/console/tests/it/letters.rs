//! Letters: what leaves for submitters and when, what comes back and what it may change, and what a server that
//! lies, repeats or forgets can do about it.

use std::{collections::BTreeSet, fs, path::PathBuf};

use asylia_console::{
    correspondence::{
        sending::{BATCH_SLOTS, Exported, Target, export, export_again, head_beside},
        thread::{Entry, Thread, changes},
        writing::{Letter, WriteError, write},
    },
    import::{ImportError, Known, import, sequence::Alarm},
    pairing::{PairError, pair},
    vault::{
        Vault,
        correspondence::Way,
        head::{HeadError, HeadNote},
        item::{Raises, RefusedFollowUp},
    },
};
use asylia_envelope::{
    answers::Answers,
    follow_up::{FollowUp, Permission, Purpose},
    ids::{EpochId, LookupId, PageNumber, QuestionNonce, RecordId, SubmissionId},
    record::SealedBy,
    reply::{OpenedReply, ReplyError, ReplyKind, open_slot},
    return_code::{MailboxKeys, ReturnCode},
    signing::SigningKey,
    submission::MailboxAddress,
    transfer::{OfficeSubject, ToServerNote, UntrustedBundle, read_arrived_list},
};
use rand_core::OsRng;

use crate::office::{Office, Report, Stored, story, take};

const WORDS: [&str; 3] = ["river", "stone", "lamp"];

/// A submitter, who has the code and the receipt.
struct Person {
    keys: MailboxKeys,
    counter: u64,
}

/// A bundle to the server, read as the server does.
struct Carried {
    note: ToServerNote,
    slots: Vec<(LookupId, Vec<u8>)>,
    purges: Vec<LookupId>,
    arrived: BTreeSet<RecordId>,
}

impl Person {
    fn new(office: &Office) -> Self {
        let code = ReturnCode::generate(&mut OsRng);
        Self {
            keys: code.derive_mailbox(office.bundle.content().instance),
            counter: 0,
        }
    }

    fn report(&self, text: &str, path: SealedBy) -> Report {
        Report {
            mailbox: Some(MailboxAddress::of(&self.keys)),
            proof_words: Some(WORDS.map(str::to_owned)),
            path: Some(path),
            ..story(text)
        }
    }

    fn follow_up(&mut self, text: &str) -> FollowUp {
        self.counter += 1;
        let mut answers = Answers::default();
        answers.add("story", text);
        FollowUp {
            language: "en".to_owned(),
            page_number: None,
            lookup_id: self.keys.lookup_id(),
            counter: self.counter,
            answers_reply: None,
            nonce: None,
            permissions: [].into(),
            withdraw_all: false,
            delete_report: false,
            new_mailbox: None,
            answers,
        }
    }

    /// Everything in these slots that the code opens.
    fn read(&self, office: &Office, carried: &Carried) -> Vec<OpenedReply> {
        let opened = carried.slots.iter().filter_map(|(lookup_id, slot)| {
            let opened = self.open(office, slot).ok()?;
            assert_eq!(*lookup_id, self.keys.lookup_id(), "filed where it is read");
            Some(opened)
        });
        opened.collect()
    }

    fn open(&self, office: &Office, slot: &[u8]) -> Result<OpenedReply, ReplyError> {
        let content = office.bundle.content();
        open_slot(slot, &self.keys, content.instance, &content.office_keys)
    }
}

/// A vault that can sign, and its office.
fn office() -> (Office, Vault) {
    let office = Office::new();
    let mut vault = office.vault();
    let instance = office.bundle.content().instance;
    vault
        .put_office_key(instance, &office.demo.office_key)
        .expect("the invented office works");
    (office, vault)
}

fn file(office: &Office, name: &str) -> PathBuf {
    office.folder.path().join(name)
}

/// Exports and reads what was written.
fn send(office: &Office, vault: &mut Vault, name: &str) -> (Exported, Carried) {
    let exported =
        export(vault, &Target::File(file(office, name))).expect("the invented office works");
    let carried = carried(office, name);
    assert_eq!(exported.sequence, carried.note.sequence);
    (exported, carried)
}

fn carried(office: &Office, name: &str) -> Carried {
    let bytes = fs::read(file(office, name)).expect("the invented office works");
    let keys = &office.bundle.content().office_keys;
    let length = bytes.len() as u64;
    let mut bundle = UntrustedBundle::open_from_office(&bytes[..], length, keys)
        .expect("the invented office works");
    let mut carried = Carried {
        note: bundle.note().clone(),
        slots: Vec::new(),
        purges: Vec::new(),
        arrived: BTreeSet::new(),
    };
    loop {
        let mut bytes = Vec::new();
        let blob = bundle.next_blob(|some| {
            bytes.extend_from_slice(some);
            Ok(())
        });
        match blob
            .expect("the invented office works")
            .map(|line| line.subject)
        {
            None => return carried,
            Some(OfficeSubject::Reply(lookup_id)) => carried.slots.push((lookup_id, bytes)),
            Some(OfficeSubject::Purge(lookup_id)) => carried.purges.push(lookup_id),
            Some(OfficeSubject::Arrived) => {
                carried.arrived = read_arrived_list(&bytes).expect("the invented office works")
            }
        }
    }
}

/// The server's next bundle, which says what it has of the office's.
fn bring(office: &mut Office, vault: &mut Vault, records: &[Stored], acknowledged: u64) {
    let mut note = office.note(records);
    note.acknowledged = acknowledged;
    let file = office.pack_as(&note, records);
    take(vault, &file).expect("the invented office works");
}

/// A report that is here and that the server has deleted since, so that answers may leave.
fn settled(office: &mut Office, vault: &mut Vault, person: &Person, path: SealedBy) -> RecordId {
    let record = office.seal(&person.report("a report", path));
    bring(office, vault, std::slice::from_ref(&record), 0);
    bring(office, vault, &[], 0);
    record.record_id
}

fn letter(report: RecordId, text: &str) -> Letter<'_> {
    Letter {
        report,
        text,
        question: false,
        anyway: false,
    }
}

/// What the thread says of the follow-ups: why each was refused, and what it may raise.
fn verdicts(vault: &mut Vault, report: RecordId) -> Vec<(Option<RefusedFollowUp>, Raises)> {
    let thread = Thread::open(vault, report)
        .expect("the invented office works")
        .expect("the invented office works");
    let came = thread.entries.iter().filter_map(|entry| match entry {
        Entry::In(received) => Some((received.verdict.refused, received.verdict.raises)),
        Entry::Out(_) => None,
    });
    came.collect()
}

#[test]
fn the_first_reply_repeats_the_proof_words_and_leaves_once_the_server_let_the_record_go() {
    let (mut office, mut vault) = office();
    let person = Person::new(&office);
    let record = office.seal(&person.report("a report", SealedBy::Browser));
    bring(&mut office, &mut vault, std::slice::from_ref(&record), 0);
    let (exported, first) = send(&office, &mut vault, "one");
    assert_eq!((exported.replies, exported.waiting), (0, 1));
    assert_eq!(first.slots.len(), BATCH_SLOTS, "dummies all of them");
    assert!(person.read(&office, &first).is_empty());
    assert_eq!(first.arrived, [record.record_id].into());
    // The list did not reach the server: its next bundle still carries the record.
    bring(&mut office, &mut vault, std::slice::from_ref(&record), 0);
    let (_, second) = send(&office, &mut vault, "two");
    assert!(person.read(&office, &second).is_empty());
    bring(&mut office, &mut vault, &[], 2);
    let (exported, third) = send(&office, &mut vault, "three");
    assert_eq!((exported.replies, exported.again), (1, 0));
    assert!(third.arrived.is_empty());
    let read = person.read(&office, &third);
    assert_eq!(read.len(), 1);
    let reply = &read[0].reply;
    let words = WORDS.map(str::to_owned);
    assert!(reply.kind == ReplyKind::Received { proof_words: words });
    assert_eq!((reply.counter, reply.follow_up_counter), (1, 0));
    assert_eq!(third.note.acknowledged, 3, "the highest bundle seen");
}

#[test]
fn answers_continue_one_chain_and_wait_where_the_thread_says() {
    let (mut office, mut vault) = office();
    let person = Person::new(&office);
    let report = settled(&mut office, &mut vault, &person, SealedBy::Browser);
    let taken = write(&mut vault, &letter(report, "Are you\r\nsafe?")).unwrap();
    assert_eq!((taken.counter, taken.names_checked), (2, true));
    let ways = |vault: &mut Vault| {
        let thread = Thread::open(vault, report).unwrap().unwrap();
        let ways = thread.entries.iter().filter_map(|entry| match entry {
            Entry::Out(written) => Some(written.way),
            Entry::In(_) => None,
        });
        ways.collect::<Vec<Way>>()
    };
    assert_eq!(ways(&mut vault), [Way::Waits, Way::Waits]);
    let (_, first) = send(&office, &mut vault, "one");
    let read = person.read(&office, &first);
    let thread = asylia_envelope::reply::Thread::new(read);
    assert_eq!(thread.problems(), []);
    assert_eq!(thread.replies()[1].reply.text, "Are you\nsafe?");
    assert_eq!(ways(&mut vault), [Way::Sent(1), Way::Sent(1)]);
    vault.close();
    // What was not confirmed goes again, the same bytes: the server knows them.
    let mut vault = office.reopen();
    let (exported, second) = send(&office, &mut vault, "two");
    assert_eq!((exported.replies, exported.again), (0, 2));
    assert!(first.slots.iter().all(|slot| second.slots.contains(slot)));
    assert_eq!(second.slots.len(), 2 * BATCH_SLOTS);
    bring(&mut office, &mut vault, &[], 2);
    assert_eq!(ways(&mut vault), [Way::Delivered, Way::Delivered]);
    let (exported, third) = send(&office, &mut vault, "three");
    assert_eq!((exported.replies, exported.again), (0, 0));
    assert_eq!(third.slots.len(), BATCH_SLOTS);
    assert!(vault.verify().unwrap().faults.is_empty());
}

#[test]
fn a_reply_with_a_name_of_the_report_is_held_back_until_somebody_insists() {
    let (mut office, mut vault) = office();
    let person = Person::new(&office);
    let mut report = person.report("a report", SealedBy::Browser);
    let names = ("person_names".to_owned(), "Maren Osei-Lind".to_owned());
    report.answers.push(names);
    let record = office.seal(&report);
    bring(&mut office, &mut vault, std::slice::from_ref(&record), 0);
    let report = record.record_id;
    let mut named = letter(report, "Dear MAREN, we have your report.");
    let refused = write(&mut vault, &named);
    assert!(matches!(refused, Err(WriteError::Names(1))));
    assert!(!refused.unwrap_err().to_string().contains("MAREN"));
    named.anyway = true;
    assert_eq!(write(&mut vault, &named).unwrap().counter, 2);
    assert!(matches!(
        write(&mut vault, &letter(report, " \n")),
        Err(WriteError::Empty)
    ));
    let long = "x".repeat(5000);
    assert!(matches!(
        write(&mut vault, &letter(report, &long)),
        Err(WriteError::TooLong)
    ));
    let nobody = RecordId::generate(&mut OsRng);
    assert!(matches!(
        write(&mut vault, &letter(nobody, "x")),
        Err(WriteError::NoMailbox)
    ));
}

#[test]
fn all_of_a_bundle_is_acknowledged_with_words_and_a_part_with_a_list() {
    let (mut office, mut vault) = office();
    let person = Person::new(&office);
    let mut records = vec![
        office.seal(&person.report("whole", SealedBy::Browser)),
        office.seal(&story("harmed")),
    ];
    let middle = records[1].bytes.len() / 2;
    records[1].bytes[middle] ^= 1;
    let note = office.note(&records);
    let partial = take(&mut vault, &office.pack_as(&note, &records)).unwrap();
    assert!(partial.acknowledge.is_none());
    assert_eq!((partial.quarantined, partial.unacknowledged), (1, 1));
    let (_, carried) = send(&office, &mut vault, "one");
    assert_eq!(carried.arrived, [records[0].record_id].into());
    let note = office.note(&records[..1]);
    let whole = take(&mut vault, &office.pack_as(&note, &records[..1])).unwrap();
    let words = whole.acknowledge.expect("all of it is here");
    let token = asylia_envelope::acknowledgement::AcknowledgementToken::open(
        &note.token,
        &office.demo.period.intake,
    );
    assert_eq!(words.expose(), *token.unwrap().to_words());
    assert_eq!(format!("{words:?}"), "Words");
}

#[test]
fn a_follow_up_stands_on_its_report_and_a_withdrawal_acts_and_is_confirmed() {
    let (mut office, mut vault) = office();
    let (mut person, mut other) = (Person::new(&office), Person::new(&office));
    let report = settled(&mut office, &mut vault, &person, SealedBy::Browser);
    let others = settled(&mut office, &mut vault, &other, SealedBy::Browser);
    let told = person.follow_up("They came again.");
    let mut withdrawn = person.follow_up("");
    withdrawn.withdraw_all = true;
    let kept = other.follow_up("More from me.");
    // The later one may lie before the earlier one: records come in no order.
    let records = [
        office.seal_follow_up(&withdrawn, &person.keys, None, SealedBy::Browser),
        office.seal_follow_up(&told, &person.keys, None, SealedBy::Browser),
        office.seal_follow_up(&kept, &other.keys, None, SealedBy::Browser),
    ];
    let note = office.note(&records);
    let report_of = take(&mut vault, &office.pack_as(&note, &records)).unwrap();
    assert_eq!(report_of.followed_up.len(), 3);
    assert!(report_of.acknowledge.is_some());
    assert_eq!(
        verdicts(&mut vault, report),
        [(None, Raises::No), (None, Raises::No)]
    );
    assert_eq!(verdicts(&mut vault, others).len(), 1);
    let made = changes(&vault, report);
    assert_eq!(made.len(), 1);
    assert!(made[0].withdraw_all && changes(&vault, others).is_empty());
    bring(&mut office, &mut vault, &[], 0);
    let (_, carried) = send(&office, &mut vault, "one");
    let read = asylia_envelope::reply::Thread::new(person.read(&office, &carried));
    assert_eq!(read.problems(), []);
    let last = &read.replies().last().unwrap().reply;
    assert!(last.kind == ReplyKind::Confirmation);
    assert_eq!(last.follow_up_counter, 2);
    // All of it again: nothing comes twice.
    let again = take(&mut vault, &office.write(&note, &records)).unwrap();
    assert_eq!((again.known, again.followed_up.len()), (3, 0));
    vault.close();
    let mut vault = office.reopen();
    assert_eq!(verdicts(&mut vault, report).len(), 2);
}

fn bring_one(
    office: &mut Office,
    vault: &mut Vault,
    (said, person): (&FollowUp, &Person),
    path: SealedBy,
) {
    let record = office.seal_follow_up(said, &person.keys, None, path);
    bring(office, vault, &[record], 0);
}

/// A raise counts only as the answer to a fresh question, and not when code or answer passed through the server.
#[test]
fn a_permission_is_raised_by_the_answer_to_a_fresh_question_alone() {
    for (path, expected) in [
        (SealedBy::Browser, Raises::Answered),
        (SealedBy::Server, Raises::Unproven),
    ] {
        let (mut office, mut vault) = office();
        let mut person = Person::new(&office);
        let report = settled(&mut office, &mut vault, &person, SealedBy::Browser);
        let raise = |person: &mut Person, nonce: Option<QuestionNonce>| {
            let mut said = person.follow_up("");
            said.permissions = [(Purpose::Government, Permission::WithIdentity)].into();
            said.nonce = nonce;
            said
        };
        let unasked = raise(&mut person, None);
        bring_one(
            &mut office,
            &mut vault,
            (&unasked, &person),
            SealedBy::Browser,
        );
        let guessed = raise(&mut person, Some(QuestionNonce([9; 16])));
        bring_one(
            &mut office,
            &mut vault,
            (&guessed, &person),
            SealedBy::Browser,
        );
        let mut question = letter(report, "May the Government know?");
        question.question = true;
        write(&mut vault, &question).unwrap();
        let asked = vault.contents().correspondence.replies_of(report).last();
        let ReplyKind::Question { nonce } = asked.unwrap().1.reply.kind else {
            panic!("the newest is the question");
        };
        let answer = raise(&mut person, Some(nonce));
        bring_one(&mut office, &mut vault, (&answer, &person), path);
        // The same question does not answer twice, and not after a withdrawal.
        let twice = raise(&mut person, Some(nonce));
        bring_one(
            &mut office,
            &mut vault,
            (&twice, &person),
            SealedBy::Browser,
        );
        let raises: Vec<Raises> = verdicts(&mut vault, report)
            .into_iter()
            .map(|(refused, raises)| {
                assert_eq!(refused, None);
                raises
            })
            .collect();
        assert_eq!(raises, [Raises::No, Raises::No, expected, Raises::No]);
        let thread = Thread::open(&mut vault, report).unwrap().unwrap();
        assert_eq!(thread.through_server, path == SealedBy::Server);
    }
}

#[test]
fn a_raise_replayed_after_a_withdrawal_and_an_old_counter_change_nothing() {
    let (mut office, mut vault) = office();
    let mut person = Person::new(&office);
    let report = settled(&mut office, &mut vault, &person, SealedBy::Browser);
    let mut raise = person.follow_up("");
    raise.permissions = [(Purpose::PublicStatements, Permission::WithIdentity)].into();
    let mut withdrawal = person.follow_up("");
    withdrawal.withdraw_all = true;
    for said in [&raise, &withdrawal] {
        let record = office.seal_follow_up(said, &person.keys, None, SealedBy::Browser);
        bring(&mut office, &mut vault, &[record], 0);
    }
    let before = changes(&vault, report);
    // Somebody sends the raise again, as another submission and as the same one.
    let replayed = office.seal_follow_up(&raise, &person.keys, None, SealedBy::Browser);
    bring(&mut office, &mut vault, &[replayed], 0);
    let last = verdicts(&mut vault, report).pop().unwrap();
    assert_eq!(last.0, Some(RefusedFollowUp::OldCounter));
    let mut ahead = person.follow_up("");
    ahead.counter = u64::MAX;
    let ahead = office.seal_follow_up(&ahead, &person.keys, None, SealedBy::Browser);
    bring(&mut office, &mut vault, &[ahead], 0);
    let last = verdicts(&mut vault, report).pop().unwrap();
    assert_eq!(last.0, Some(RefusedFollowUp::FarAhead));
    assert_eq!(changes(&vault, report), before);
    assert!(before.last().unwrap().withdraw_all);
}

#[test]
fn what_is_not_signed_with_the_code_is_shown_and_does_nothing() {
    let (mut office, mut vault) = office();
    let (mut person, stranger) = (Person::new(&office), Person::new(&office));
    let report = settled(&mut office, &mut vault, &person, SealedBy::Browser);
    let mut said = person.follow_up("I withdraw.");
    said.withdraw_all = true;
    let foreign = office.seal_follow_up(&said, &stranger.keys, None, SealedBy::Browser);
    let mut new = said_with_new_code(&mut person, &stranger.keys);
    let half_signed = office.seal_follow_up(&new, &person.keys, None, SealedBy::Browser);
    new.counter += 1;
    let lifted = office.seal_with_a_lifted_proof(&said, &new, &person.keys);
    bring(&mut office, &mut vault, &[foreign, half_signed, lifted], 0);
    let refused: BTreeSet<_> = verdicts(&mut vault, report)
        .into_iter()
        .map(|(refused, _)| refused)
        .collect();
    assert_eq!(
        refused,
        [
            Some(RefusedFollowUp::Altered),
            Some(RefusedFollowUp::NotTheCode),
            Some(RefusedFollowUp::NotTheNewCode),
        ]
        .into()
    );
    assert!(changes(&vault, report).is_empty());
    let reader = vault.contents().correspondence.mailbox_of(report).unwrap();
    assert_eq!(reader.mailbox.lookup_id, person.keys.lookup_id());
    // None of them is answered: only the first reply waits.
    assert_eq!(vault.contents().correspondence.waiting().count(), 1);
}

fn said_with_new_code(person: &mut Person, new: &MailboxKeys) -> FollowUp {
    let mut said = person.follow_up("");
    said.new_mailbox = Some(MailboxAddress::of(new));
    said
}

/// The answer to the first may be lost, and the page sent again: its person knows one new code.
#[test]
fn two_records_of_one_page_leave_the_shown_code_in_force_and_raise_no_alarm() {
    let (mut office, mut vault) = office();
    let mut person = Person::new(&office);
    let report = settled(&mut office, &mut vault, &person, SealedBy::Browser);
    let (mut new, other) = (Person::new(&office), Person::new(&office));
    let page_number = Some(PageNumber::generate(&mut OsRng));
    let mut of_one_page = |new: &Person| FollowUp {
        page_number,
        ..said_with_new_code(&mut person, &new.keys)
    };
    let (first, again, another) = (of_one_page(&new), of_one_page(&new), of_one_page(&other));
    for (said, new) in [(&first, &new), (&again, &new), (&another, &other)] {
        let record = office.seal_follow_up(said, &person.keys, Some(&new.keys), SealedBy::Browser);
        bring(&mut office, &mut vault, &[record], 0);
    }
    let reader = vault.contents().correspondence.mailbox_of(report).unwrap();
    assert_eq!(reader.mailbox.lookup_id, new.keys.lookup_id());
    let said = new.follow_up("with the new one");
    let record = office.seal_follow_up(&said, &new.keys, None, SealedBy::Browser);
    bring(&mut office, &mut vault, &[record], 0);
    let refused: BTreeSet<_> = verdicts(&mut vault, report)
        .into_iter()
        .map(|(refused, _)| refused)
        .collect();
    // A third that names another code is an alarm, whatever page it claims.
    let expected = [
        None,
        Some(RefusedFollowUp::SentTwice),
        Some(RefusedFollowUp::SecondNewCode),
    ];
    assert_eq!(refused, expected.into());
}

#[test]
fn the_first_new_code_wins_and_a_second_is_an_alarm() {
    let (mut office, mut vault) = office();
    let mut person = Person::new(&office);
    let report = settled(&mut office, &mut vault, &person, SealedBy::Browser);
    let (mut new, thief) = (Person::new(&office), Person::new(&office));
    let first = said_with_new_code(&mut person, &new.keys);
    let second = said_with_new_code(&mut person, &thief.keys);
    let records = [
        office.seal_follow_up(&second, &person.keys, Some(&thief.keys), SealedBy::Browser),
        office.seal_follow_up(&first, &person.keys, Some(&new.keys), SealedBy::Browser),
    ];
    let note = office.note(&records);
    let taken = take(&mut vault, &office.pack_as(&note, &records)).unwrap();
    assert_eq!(taken.refused_follow_ups.len(), 1);
    let reason = taken.refused_follow_ups[0].reason;
    assert_eq!(reason, RefusedFollowUp::SecondNewCode);
    let said = person.follow_up("from the old code");
    let late = office.seal_follow_up(&said, &person.keys, None, SealedBy::Browser);
    let said = new.follow_up("from the new one");
    let fresh = office.seal_follow_up(&said, &new.keys, None, SealedBy::Browser);
    bring(&mut office, &mut vault, &[late, fresh], 0);
    let refused: Vec<_> = verdicts(&mut vault, report)
        .into_iter()
        .map(|(refused, _)| refused)
        .collect();
    assert_eq!(refused.len(), 4);
    assert_eq!(refused[..2], [None, Some(RefusedFollowUp::SecondNewCode)]);
    assert!(refused[2..].contains(&Some(RefusedFollowUp::EndedCode)));
    assert!(refused[2..].contains(&None));
    bring(&mut office, &mut vault, &[], 0);
    let (exported, carried) = send(&office, &mut vault, "one");
    assert_eq!(exported.ended, 1);
    assert_eq!(carried.purges, [person.keys.lookup_id()]);
    assert!(person.read(&office, &carried).is_empty());
    assert!(thief.read(&office, &carried).is_empty());
    let read = asylia_envelope::reply::Thread::new(new.read(&office, &carried));
    assert_eq!(read.problems(), []);
    assert!(read.replies()[0].reply.kind == ReplyKind::Confirmation);
    // Confirmed by the server, the old mailbox is no longer named.
    bring(&mut office, &mut vault, &[], 1);
    assert!(send(&office, &mut vault, "two").1.purges.is_empty());
}

#[test]
fn a_follow_up_waits_for_a_report_that_is_not_here_yet() {
    let (mut office, mut vault) = office();
    let mut person = Person::new(&office);
    let record = office.seal(&person.report("a report", SealedBy::Browser));
    let said = person.follow_up("more");
    let follow_up = office.seal_follow_up(&said, &person.keys, None, SealedBy::Browser);
    let note = office.note(std::slice::from_ref(&follow_up));
    let file = office.pack_as(&note, std::slice::from_ref(&follow_up));
    let taken = take(&mut vault, &file).unwrap();
    assert_eq!((taken.followed_up.len(), taken.waiting_follow_ups), (0, 1));
    let note = office.note(std::slice::from_ref(&record));
    let file = office.pack_as(&note, std::slice::from_ref(&record));
    let taken = take(&mut vault, &file).unwrap();
    assert_eq!(taken.followed_up, [record.record_id]);
    assert_eq!(taken.waiting_follow_ups, 0);
}

/// A server that says "received" and drops the record can never show the first reply; one that makes one up is
/// refused by whoever reads with the code.
#[test]
fn a_dropped_report_is_never_answered_and_a_made_up_answer_is_no_answer() {
    let (mut office, mut vault) = office();
    let (dropped, kept) = (Person::new(&office), Person::new(&office));
    let _gone = office.seal(&dropped.report("dropped", SealedBy::Browser));
    let report = settled(&mut office, &mut vault, &kept, SealedBy::Browser);
    let (_, carried) = send(&office, &mut vault, "one");
    assert!(dropped.read(&office, &carried).is_empty());
    let read = kept.read(&office, &carried);
    // A whole bundle that is dropped is named by its number.
    let _lost = office.pack(&[]);
    let note = office.note(&[]);
    let taken = take(&mut vault, &office.pack_as(&note, &[])).unwrap();
    assert_eq!(taken.missing, [3]);
    // A copy of somebody's reply with other words, signed by a key of the server's own.
    let mut made_up = read[0].reply.clone();
    made_up.lookup_id = dropped.keys.lookup_id();
    let own = SigningKey::generate(&mut OsRng);
    let recipient = dropped.keys.identity.to_recipient();
    let (slot, _) = made_up.seal(&own, &recipient).unwrap();
    let refused = dropped.open(&office, &slot).err();
    assert_eq!(refused, Some(ReplyError::NotTheOffice));
    // The slot of another mailbox under this one's number.
    let lookup_id = kept.keys.lookup_id();
    let lifted = carried.slots.iter().find(|(to, _)| *to == lookup_id);
    let refused = dropped.open(&office, &lifted.unwrap().1).err();
    assert_eq!(refused, Some(ReplyError::NothingForThisCode));
    // One whose text holds for another mailbox, sealed anew for this one by somebody who could read it.
    let (slot, _) = read[0]
        .reply
        .seal(&office.demo.office_key, &recipient)
        .unwrap();
    let refused = dropped.open(&office, &slot).err();
    assert_eq!(refused, Some(ReplyError::ForSomebodyElse));
    assert!(vault.contents().record(report).is_some());
}

#[test]
fn a_new_count_of_the_server_is_taken_only_confirmed_and_answers_go_again() {
    let (mut office, mut vault) = office();
    let person = Person::new(&office);
    let report = settled(&mut office, &mut vault, &person, SealedBy::Browser);
    for number in 0..4 {
        let text = format!("message {number}");
        write(&mut vault, &letter(report, &text)).unwrap();
    }
    let (_, first) = send(&office, &mut vault, "one");
    bring(&mut office, &mut vault, &[], 1);
    let old = office.pack(&[]);
    office.epoch = EpochId::generate(&mut OsRng);
    (office.previous, office.next) = (None, 1);
    let restored = office.pack(&[]);
    let with = |vault: &mut Vault, file: &[u8], new_count| {
        let known = Known {
            key: None,
            new_count,
        };
        import(vault, file, file.len() as u64, known, &mut |_| {})
    };
    let refused = with(&mut vault, &restored, false);
    assert!(matches!(
        refused,
        Err(ImportError::Alarm(Alarm::OtherEpoch(1)))
    ));
    assert_eq!(with(&mut vault, &restored, true).unwrap().sequence, 1);
    // What was before the restore is a replay now, confirmed or not.
    let refused = with(&mut vault, &old, true);
    assert!(matches!(
        refused,
        Err(ImportError::Alarm(Alarm::FormerEpoch(_)))
    ));
    let (exported, again) = send(&office, &mut vault, "two");
    assert_eq!((exported.sequence, exported.replies), (1, 4));
    assert_ne!(again.note.epoch, first.note.epoch);
    assert_eq!(again.note.previous, None);
    // A mailbox keeps four: the newest ones.
    let read = asylia_envelope::reply::Thread::new(person.read(&office, &again));
    let texts: Vec<&str> = read
        .replies()
        .iter()
        .map(|o| o.reply.text.as_str())
        .collect();
    assert_eq!(texts, ["message 0", "message 1", "message 2", "message 3"]);
    assert!(vault.verify().unwrap().faults.is_empty());
}

#[test]
fn a_vault_from_a_copy_counts_anew_and_sends_what_was_not_confirmed() {
    let (mut office, mut vault) = office();
    let person = Person::new(&office);
    settled(&mut office, &mut vault, &person, SealedBy::Browser);
    let (_, first) = send(&office, &mut vault, "one");
    vault.backup(&file(&office, "copy")).unwrap();
    vault.close();
    let directory = file(&office, "restored");
    let who = crate::office::credentials();
    let restored = Vault::restore(office.machine(), &file(&office, "copy"), &directory, &who);
    let mut restored = restored.unwrap();
    let (_, second) = send(&office, &mut restored, "two");
    assert_eq!((second.note.sequence, second.note.previous), (1, None));
    assert_ne!(second.note.epoch, first.note.epoch);
    assert_eq!(person.read(&office, &second).len(), 1);
    assert!(restored.verify().unwrap().faults.is_empty());
}

#[test]
fn an_export_that_broke_off_is_written_to_its_end_under_its_own_number() {
    let (mut office, mut vault) = office();
    let person = Person::new(&office);
    let report = settled(&mut office, &mut vault, &person, SealedBy::Browser);
    let nowhere = Target::File(file(&office, "no-such-folder/one"));
    assert!(export(&mut vault, &nowhere).is_err());
    write(&mut vault, &letter(report, "written in between")).unwrap();
    let (exported, first) = send(&office, &mut vault, "one");
    assert!(exported.repeated && exported.sequence == 1);
    assert_eq!(person.read(&office, &first).len(), 1, "as it was fixed");
    let (exported, _) = send(&office, &mut vault, "two");
    assert_eq!((exported.sequence, exported.repeated), (2, false));
    assert_eq!((exported.replies, exported.again), (1, 1));
    let again = export_again(&mut vault, 1, &Target::File(file(&office, "one-again"))).unwrap();
    assert!(again.repeated);
    let read = |name| fs::read(file(&office, name)).unwrap();
    assert!(read("one") == read("one-again"), "byte for byte");
    let there = export(&mut vault, &Target::File(file(&office, "one")));
    assert!(there.is_err() && read("one") == read("one-again"));
    bring(&mut office, &mut vault, &[], 1);
    let gone = export_again(&mut vault, 1, &Target::File(file(&office, "gone")));
    assert!(gone.is_err(), "the server has it");
    export_again(&mut vault, 2, &Target::File(file(&office, "two-again"))).unwrap();
    assert!(
        fs::read(file(&office, "two")).unwrap() == fs::read(file(&office, "two-again")).unwrap()
    );
}

#[test]
fn an_export_carries_the_signed_head_that_shows_a_vault_set_back() {
    let (mut office, mut vault) = office();
    let person = Person::new(&office);
    settled(&mut office, &mut vault, &person, SealedBy::Browser);
    vault.close();
    let earlier = fs::read(office.directory().join("vault.db")).unwrap();
    let mut vault = office.reopen();
    let (exported, _) = send(&office, &mut vault, "one");
    let head = fs::read_to_string(head_beside(&exported.file)).unwrap();
    let head = HeadNote::parse(&head).unwrap();
    vault.check_head(&head).unwrap();
    vault.close();
    fs::write(office.directory().join("vault.db"), earlier).unwrap();
    let mut vault = office.reopen();
    assert!(matches!(
        vault.check_head(&head),
        Err(HeadError::NotInChain(_))
    ));
    // A head is no more written over than a bundle.
    fs::remove_file(&exported.file).unwrap();
    assert!(export(&mut vault, &Target::File(exported.file)).is_err());
}

#[test]
fn a_paired_server_is_held_to_and_another_key_takes_its_place_by_hand_only() {
    let (mut office, mut vault) = office();
    let ours = office.server.verifying_key();
    pair(&mut vault, &ours, false).unwrap();
    let other = SigningKey::generate(&mut OsRng);
    let paired = std::mem::replace(&mut office.server, other);
    let forged = office.pack(&[]);
    assert!(
        take(&mut vault, &forged).is_err(),
        "not the first one that comes"
    );
    let replaced = pair(&mut vault, &office.server.verifying_key(), false);
    assert!(matches!(replaced, Err(PairError::OtherKey)));
    office.server = paired;
    (office.previous, office.next) = (None, 1);
    let person = Person::new(&office);
    settled(&mut office, &mut vault, &person, SealedBy::Browser);
    send(&office, &mut vault, "one");
    office.server = SigningKey::generate(&mut OsRng);
    office.epoch = EpochId::generate(&mut OsRng);
    (office.previous, office.next) = (None, 1);
    pair(&mut vault, &office.server.verifying_key(), true).unwrap();
    bring(&mut office, &mut vault, &[], 0);
    let (exported, carried) = send(&office, &mut vault, "two");
    assert_eq!((exported.sequence, exported.replies), (1, 1));
    assert_eq!(person.read(&office, &carried).len(), 1);
}

#[test]
fn without_a_listed_signing_key_nothing_is_exported() {
    let mut office = Office::new();
    let mut vault = office.vault();
    take(&mut vault, &office.pack(&[])).unwrap();
    let out = file(&office, "one");
    let refused = export(&mut vault, &Target::File(out.clone())).unwrap_err();
    assert!(refused.to_string().contains("no signing key"));
    let instance = office.bundle.content().instance;
    let unlisted = SigningKey::generate(&mut OsRng);
    vault.put_office_key(instance, &unlisted).unwrap();
    let refused = export(&mut vault, &Target::File(out.clone())).unwrap_err();
    assert!(refused.to_string().contains("not in the key bundle"));
    assert!(!out.exists());
    vault
        .put_office_key(instance, &office.demo.office_key)
        .unwrap();
    vault.close();
    let mut vault = office.reopen();
    assert!(export(&mut vault, &Target::File(out)).is_ok());
    assert!(vault.verify().unwrap().faults.is_empty());
}

/// Two reports that were sent twice, and one that claims somebody else's mailbox: one first reply each, to the
/// first.
#[test]
fn a_report_that_was_sent_twice_is_answered_once() {
    let (mut office, mut vault) = office();
    let person = Person::new(&office);
    let mut report = person.report("twice", SealedBy::Browser);
    report.submission_id = Some(SubmissionId([4; 16]));
    let records = [office.seal(&report), office.seal(&report)];
    bring(&mut office, &mut vault, &records, 0);
    bring(&mut office, &mut vault, &[], 0);
    let (exported, carried) = send(&office, &mut vault, "one");
    assert_eq!(exported.replies, 1);
    assert_eq!(person.read(&office, &carried).len(), 1);
}
