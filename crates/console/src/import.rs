//! Import: from the stick into the vault.
//!
//! Trusts nothing before its check, in the order that never changes: caps, signature, instance, direction, epoch,
//! number and digest of the bundle before it, digest of each blob, then the record's own seals. One transaction
//! a record: a crash leaves whole records, and the same bundle again goes on where it stopped.

use std::io::Read;

use asylia_envelope::{
    ids::RecordId,
    signing::{Transfer, VerifyingKey},
    transfer::{BlobLine, TransferError, TransferNote, UntrustedBundle},
};
use serde::Serialize;

use crate::{
    correspondence::{
        acknowledge::{self, Acknowledgement},
        follow_ups,
    },
    import::{
        record::Outcome,
        sequence::{Alarm, Count},
    },
    vault::{
        Vault, VaultError,
        audit::{Act, AuditItem},
        domain::Domain,
        item::{Item, Reason, RefusedFollowUp, SentState, ServerPin},
    },
};

mod record;
pub(crate) mod report;
pub mod sequence;

/// What an import did.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ImportReport {
    /// Records that were not here before and opened.
    pub new: u64,
    /// Records that were here already.
    pub known: u64,
    /// Records that were not here before and went into quarantine.
    pub quarantined: u64,
    /// Numbers of bundles that never came, ascending; the first thousand of them.
    pub missing: Vec<u64>,
    /// How many there are of them.
    pub missing_count: u64,
    /// Number of this bundle.
    pub sequence: u64,
    /// Whether the server's key was taken over from this bundle.
    pub pinned: bool,
    /// What went into quarantine, and why.
    pub refused: Vec<RefusedRecord>,
    /// New records of which some part did not verify.
    pub with_problems: Vec<RecordId>,
    /// Records that were decoys of the server; they are kept nowhere.
    pub decoys: Vec<RecordId>,
    /// Follow-ups that count: the reports to which they belong.
    pub followed_up: Vec<RecordId>,
    /// Follow-ups that do not count: the report, and why.
    pub refused_follow_ups: Vec<RefusedAnswer>,
    /// Follow-ups whose report is not here.
    pub waiting_follow_ups: u64,
    /// The twelve words that acknowledge the bundle to the server; `None` when not all of it is here, or when they
    /// do not open: then the next export carries a list.
    pub acknowledge: Option<acknowledge::Words>,
    /// Records of the bundle that are not here for good, and so are not acknowledged.
    pub unacknowledged: u64,
    /// Whether the server has confirmed bundles of the office up to a higher number than before, and which.
    pub confirmed: Option<u64>,
    /// New records that carry the submission number of another one: one report, sent twice.
    pub sent_twice: Vec<RecordId>,
}

/// A record that went into quarantine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RefusedRecord {
    /// Its number, as the bundle names it.
    pub record: RecordId,
    /// Why.
    pub reason: Reason,
}

/// A follow-up that does not count.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RefusedAnswer {
    /// The report that it names.
    pub report: RecordId,
    /// Why.
    pub reason: RefusedFollowUp,
}

/// What is known of the server from elsewhere than the bundle.
#[derive(Clone, Copy, Default)]
pub struct Known<'a> {
    /// Its key, if somebody gave it; otherwise the pinned one counts, then the one that the key bundle lists, and with
    /// none of them the first bundle's own key is pinned.
    pub key: Option<&'a VerifyingKey<Transfer>>,
    /// Whether somebody has confirmed with the operator that it counts anew.
    pub new_count: bool,
}

/// Why a bundle is refused, or its import stopped. Each text has two sentences.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// What the format says; nothing was taken in.
    #[error("{}", words_of(.0))]
    Bundle(TransferError),
    /// It breaks off or its frames do not fit; what was taken in before is whole.
    #[error(
        "The bundle breaks off or its lengths do not fit after {taken} of its records. What was taken in is safe; copy the file again and repeat the import."
    )]
    BrokenOff {
        /// Records handled before.
        taken: u64,
    },
    /// `--server-key` is not the key that is pinned.
    #[error(
        "The vault has pinned another server key than the one given. Compare the key with the server's operator by telephone; nothing was imported."
    )]
    OtherPin,
    /// Made for the server.
    #[error(
        "This bundle goes from the office to a server, not to the office. Choose the file that the server exported."
    )]
    WrongWay,
    /// Of another office.
    #[error(
        "This bundle belongs to another office's installation ({0}). Return the stick to whoever gave it to you; nothing was imported."
    )]
    OtherInstance(asylia_envelope::ids::InstanceId),
    /// The bundle's place among the others is wrong.
    #[error("{0}")]
    Alarm(#[from] Alarm),
    /// The vault's row of the key bundle is damaged.
    #[error(
        "The vault's copy of the key bundle is damaged. Run `asylia-console doctor`, and restore the vault from the last backup."
    )]
    NoBundle,
    /// The vault failed.
    #[error("{0}")]
    Vault(#[from] VaultError),
}

/// Takes in the bundle `source` of `length` bytes; `progress` is told the bytes of blobs that are done.
///
/// # Errors
/// See [`ImportError`].
pub fn import(
    vault: &mut Vault,
    source: impl Read,
    length: u64,
    known: Known<'_>,
    progress: &mut dyn FnMut(u64),
) -> Result<ImportReport, ImportError> {
    let expected = expected_key(vault, known.key)?;
    let bundle = UntrustedBundle::open(source, length, expected.as_ref());
    let mut bundle = bundle.map_err(|error| match error {
        TransferError::WrongWay => ImportError::WrongWay,
        error => ImportError::Bundle(error),
    })?;
    let note = bundle.note().clone();
    check_destination(vault, &note)?;
    let pin = vault.contents().server.as_ref().map(|row| &row.item);
    let count = sequence::check(pin, &note, known.new_count)?;
    let mut report = ImportReport {
        sequence: note.sequence,
        pinned: pin.is_none(),
        ..ImportReport::default()
    };
    vault.log(AuditItem::of(Act::ImportBegun).with_number(note.sequence))?;
    begin_count(vault, &note, count)?;
    take_records(vault, &mut bundle, &note, &mut report, progress)?;
    let seen = vault.contents().server.as_ref().map(|row| row.item.clone());
    let seen = seen.unwrap_or_else(|| sequence::pin(None, &note));
    let seen = sequence::with(seen, &note, &report.decoys);
    (report.missing, report.missing_count) = sequence::missing(&seen);
    write_pin(vault, seen)?;
    end(vault, &note, &mut report)?;
    vault.log(AuditItem::of(Act::ImportEnded).with_number(note.sequence))?;
    Ok(report)
}

/// Pins the server's key and count where they are new.
fn begin_count(vault: &mut Vault, note: &TransferNote, count: Count) -> Result<(), ImportError> {
    let pin = vault.contents().server.as_ref().map(|row| &row.item);
    if count == Count::Known && pin.is_some_and(|pin| pin.epoch.is_some()) {
        return Ok(());
    }
    let pin = sequence::pin(pin, note);
    let mut transaction = vault.begin()?;
    if count == Count::New {
        transaction.send_again()?;
        let entry = AuditItem::of(Act::NewCountConfirmed).with_number(note.sequence);
        transaction.log(entry)?;
    }
    transaction.append(Domain::Case, Item::Server(pin))?;
    Ok(transaction.commit()?)
}

fn take_records(
    vault: &mut Vault,
    bundle: &mut UntrustedBundle<impl Read>,
    note: &TransferNote,
    report: &mut ImportReport,
    progress: &mut dyn FnMut(u64),
) -> Result<(), ImportError> {
    let mut done = 0;
    for (taken, line) in (0..).zip(&note.blobs) {
        let outcome = record::take_in(vault, bundle, note, line).map_err(|error| match error {
            record::Failure::Bundle(TransferError::Io(error)) => {
                ImportError::Bundle(TransferError::Io(error))
            }
            record::Failure::Bundle(_) => ImportError::BrokenOff { taken },
            record::Failure::Vault(error) => ImportError::Vault(error),
        })?;
        report.count(line, &outcome);
        done += line.size;
        progress(done);
    }
    Ok(())
}

/// What comes after the last record: verdicts on follow-ups, what the server confirms, what may be acknowledged.
fn end(
    vault: &mut Vault,
    note: &TransferNote,
    report: &mut ImportReport,
) -> Result<(), ImportError> {
    let settled = follow_ups::settle(vault)?;
    report.followed_up = settled.accepted;
    let refused = settled.refused.into_iter();
    report.refused_follow_ups = refused
        .map(|(report, reason)| RefusedAnswer { report, reason })
        .collect();
    report.waiting_follow_ups = settled.waiting;
    report.confirmed = take_confirmation(vault, note.acknowledged)?;
    match acknowledge::of(vault, note, &report.decoys) {
        Acknowledgement::Words(words) => report.acknowledge = Some(words),
        Acknowledgement::Closed => {}
        Acknowledgement::Partial(missing) => report.unacknowledged = missing,
    }
    Ok(())
}

/// Takes note of which of our bundles the server has, and drops what was kept in case it had not; a number that was
/// never reached in this count is of an earlier one.
fn take_confirmation(vault: &mut Vault, number: u64) -> Result<Option<u64>, VaultError> {
    let correspondence = &vault.contents().correspondence;
    let newest = correspondence
        .sent()
        .last()
        .map_or(0, |row| row.item.sequence);
    if number <= correspondence.confirmed() || number > newest {
        return Ok(None);
    }
    let takes = correspondence.superfluous_after(number);
    let mut transaction = vault.begin()?;
    for blob in &takes {
        transaction.discard(blob)?;
    }
    let item = Item::SentState(SentState::Confirmed(number));
    transaction.append_with(Domain::Case, item, &[], &takes)?;
    transaction.commit()?;
    Ok(Some(number))
}

fn expected_key(
    vault: &Vault,
    given: Option<&VerifyingKey<Transfer>>,
) -> Result<Option<VerifyingKey<Transfer>>, ImportError> {
    let pinned = vault.contents().server.as_ref().map(|row| &row.item);
    // A pin that is no key would be a defect of this program; then no bundle fits it.
    let pinned = pinned.map(|pin| pin.key().ok_or(ImportError::OtherPin));
    match (pinned.transpose()?, given) {
        (Some(pinned), Some(given)) if pinned != *given => Err(ImportError::OtherPin),
        (Some(pinned), _) => Ok(Some(pinned)),
        (None, Some(given)) => Ok(Some(given.clone())),
        (None, None) => {
            let bundle = vault.contents().bundle.as_ref();
            Ok(bundle.and_then(|bundle| bundle.content().transfer_key.clone()))
        }
    }
}

fn check_destination(vault: &Vault, note: &TransferNote) -> Result<(), ImportError> {
    let bundle = vault.contents().bundle.as_ref();
    let bundle = bundle.ok_or(ImportError::NoBundle)?;
    if note.instance == bundle.content().instance {
        Ok(())
    } else {
        Err(ImportError::OtherInstance(note.instance))
    }
}

fn write_pin(vault: &mut Vault, pin: ServerPin) -> Result<(), ImportError> {
    let mut transaction = vault.begin()?;
    transaction.append(Domain::Case, Item::Server(pin))?;
    Ok(transaction.commit()?)
}

impl ImportReport {
    fn count(&mut self, line: &BlobLine, outcome: &Outcome) {
        match outcome {
            Outcome::Known => self.known += 1,
            Outcome::Decoy => self.decoys.push(line.subject.record_id),
            Outcome::Quarantined(reason) => {
                self.quarantined += 1;
                self.refused.push(RefusedRecord {
                    record: line.subject.record_id,
                    reason: *reason,
                });
            }
            Outcome::New {
                problems,
                sent_twice,
            } => {
                self.new += 1;
                if *problems {
                    self.with_problems.push(line.subject.record_id);
                }
                if *sent_twice {
                    self.sent_twice.push(line.subject.record_id);
                }
            }
        }
    }
}

fn words_of(error: &TransferError) -> String {
    let advice = match error {
        TransferError::NotABundle => "Choose the file that the server's `asylia export` wrote.",
        TransferError::Lengths | TransferError::Truncated => {
            "The copy is probably incomplete: copy the file again and repeat the import."
        }
        TransferError::Signature => {
            "Do not use this stick; ask the server's operator for a new export, and say why."
        }
        TransferError::OtherServer => {
            "Ask the server's operator by telephone whether the server was replaced; nothing was imported."
        }
        _ => "Check the stick and try again.",
    };
    let mut what = error.to_string();
    if let Some(first) = what.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    format!("{what}. {advice}")
}
