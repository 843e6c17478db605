//! Follow-ups: each is matched to its report by the mailbox that it names, its signatures, altered parts and counter
//! are looked at, and a verdict is written down. Lowering and withdrawing act with the verdict.
//!
//! A bundle's records come in no order, so this runs after all of them, by counter; what has no report yet waits.
//! One transaction a follow-up: the verdict, its effects and the confirmation are there together or not at all.

use asylia_envelope::{
    follow_up::{FollowUp, FollowUpProof, FollowUpStatement, ProofError, counter_is_plausible},
    ids::{InstanceId, RecordId},
    record::SealedBy,
    reply::ReplyKind,
    submission::MailboxAddress,
};

use super::writing::WriteError;
use crate::{
    l10n::Texts,
    opening::Refused,
    report::read_document,
    vault::{
        Vault, VaultError, VaultTransaction,
        audit::{Act, AuditItem},
        correspondence::MailboxState,
        domain::Domain,
        item::{
            Flaw, FlawKind, FollowUpItem, FollowUpPart, Imported, Item, MailboxItem, Raises,
            Reason, RefusedFollowUp,
        },
    },
};

/// What was decided on follow-ups.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settled {
    /// Reports to which accepted follow-ups belong.
    pub accepted: Vec<RecordId>,
    /// Refused follow-ups: the report, and why.
    pub refused: Vec<(RecordId, RefusedFollowUp)>,
    /// Follow-ups whose report is not here: it may be in quarantine, or in a bundle that is missing.
    pub waiting: u64,
}

/// Gives a verdict on every follow-up that can have one. Doing it again changes nothing.
///
/// # Errors
/// Those of the vault.
pub fn settle(vault: &mut Vault) -> Result<Settled, VaultError> {
    let mut settled = Settled::default();
    loop {
        // A verdict may make the mailbox of a new code known, which later ones name.
        let (ready, waiting) = ready(vault);
        settled.waiting = waiting;
        let mut given = 0;
        for record in ready {
            let Some(verdict) = settle_one(vault, record)? else {
                continue;
            };
            given += 1;
            match verdict.refused {
                None => settled.accepted.push(verdict.report),
                Some(why) => settled.refused.push((verdict.report, why)),
            }
        }
        if given == 0 {
            return Ok(settled);
        }
    }
}

/// Those whose mailbox is known, by their counters; and how many wait.
fn ready(vault: &Vault) -> (Vec<RecordId>, u64) {
    let contents = vault.contents();
    let correspondence = &contents.correspondence;
    let (mut ready, mut waiting) = (Vec::new(), 0);
    for record in correspondence.unsettled() {
        let imported = contents.record(record).and_then(|record| record.imported());
        let part = imported.and_then(|imported| imported.follow_up.as_ref());
        let known = part.filter(|part| correspondence.mailbox(&part.lookup_id).is_some());
        match known {
            Some(part) => ready.push((part.lookup_id, part.counter, record)),
            None => waiting += 1,
        }
    }
    ready.sort_unstable();
    (
        ready.into_iter().map(|(_, _, record)| record).collect(),
        waiting,
    )
}

fn settle_one(vault: &mut Vault, record: RecordId) -> Result<Option<FollowUpItem>, VaultError> {
    let imported = vault
        .contents()
        .record(record)
        .and_then(|record| record.imported());
    let Some(imported) = imported.cloned() else {
        return Ok(None);
    };
    let Some(part) = imported.follow_up.clone() else {
        return Ok(None);
    };
    let text = match read(vault, &imported) {
        Ok(text) => text,
        Err(Refused::Record(_)) => None,
        Err(Refused::Io(kind)) => return Err(VaultError::Io(kind.into())),
    };
    let mut transaction = vault.begin()?;
    let contents = transaction.contents();
    let mailbox = contents.correspondence.mailbox(&part.lookup_id).cloned();
    let (Some(mailbox), None) = (mailbox, contents.correspondence.verdict(record)) else {
        return Ok(None);
    };
    let bundle = contents.bundle.as_ref().ok_or(VaultError::Damaged)?;
    let candidate = Candidate {
        record,
        imported: &imported,
        part: &part,
        text: text.as_ref(),
        mailbox: &mailbox,
    };
    let verdict = candidate.verdict(&transaction, bundle.content().instance);
    transaction.take_verdict(&verdict, &mailbox)?;
    transaction.commit()?;
    Ok(Some(verdict))
}

fn read(vault: &mut Vault, imported: &Imported) -> Result<Option<FollowUp>, Refused> {
    let Some(blob) = &imported.account else {
        return Ok(None);
    };
    let json = read_document(vault, blob)?;
    let read = FollowUp::parse(&json).map_err(|_| Refused::Record(Reason::Format))?;
    Ok(Some(read))
}

/// A follow-up that is being looked at.
struct Candidate<'a> {
    record: RecordId,
    imported: &'a Imported,
    part: &'a FollowUpPart,
    text: Option<&'a FollowUp>,
    mailbox: &'a MailboxState,
}

impl Candidate<'_> {
    fn verdict(&self, transaction: &VaultTransaction<'_>, instance: InstanceId) -> FollowUpItem {
        let refused = self.refused(transaction, instance);
        let said = self.text.filter(|_| refused.is_none());
        let through_server = self.mailbox.through_server || self.imported.path == SealedBy::Server;
        FollowUpItem {
            record_id: self.record,
            report: self.mailbox.report,
            lookup_id: self.part.lookup_id,
            counter: self.part.counter,
            day: self.imported.received_day,
            refused,
            permissions: said
                .map(|said| said.permissions.clone())
                .unwrap_or_default(),
            withdraw_all: said.is_some_and(|said| said.withdraw_all),
            delete_report: said.is_some_and(|said| said.delete_report),
            raises: said.map_or(Raises::No, |said| {
                self.raises(transaction, said, through_server)
            }),
            new_mailbox: said
                .and_then(|said| said.new_mailbox.as_ref())
                .map(MailboxItem::of),
            through_server,
        }
    }

    /// Altered parts come first: a signature over the list says nothing of a text that is not the listed one.
    fn refused(
        &self,
        transaction: &VaultTransaction<'_>,
        instance: InstanceId,
    ) -> Option<RefusedFollowUp> {
        let (Some(said), Some(submission_id)) = (self.text, self.imported.submission_id) else {
            return Some(RefusedFollowUp::Altered);
        };
        if self.imported.problems.iter().any(is_altered) {
            return Some(RefusedFollowUp::Altered);
        }
        let proof = self.part.proof.as_deref();
        let Some(proof) = proof.and_then(|proof| FollowUpProof::parse(proof.as_bytes()).ok())
        else {
            return Some(RefusedFollowUp::Unsigned);
        };
        let statement = FollowUpStatement {
            instance,
            submission_id,
            tie: said.tie(),
            manifest_sha256: self.part.manifest_sha256,
        };
        let known = &self.mailbox.mailbox;
        let address = MailboxAddress {
            recipient: String::new(),
            lookup_id: known.lookup_id,
            verifying_key: known.verifying_key.clone(),
        };
        match proof.verify(&statement, &address) {
            Ok(()) => {}
            Err(ProofError::NotTheNewCode) => return Some(RefusedFollowUp::NotTheNewCode),
            Err(_) => return Some(RefusedFollowUp::NotTheCode),
        }
        self.out_of_place(transaction, said)
    }

    fn out_of_place(
        &self,
        transaction: &VaultTransaction<'_>,
        said: &FollowUp,
    ) -> Option<RefusedFollowUp> {
        let correspondence = &transaction.contents().correspondence;
        let copies = transaction.contents().records_of(self.imported);
        let new_code = said.new_mailbox.as_ref().map(|new| new.lookup_id);
        let accepted = |record: RecordId| {
            let verdict = correspondence.verdict(record);
            verdict.is_some_and(|verdict| {
                let named = verdict.new_mailbox.as_ref().map(|new| new.lookup_id);
                // One that names another code says something else, whatever its page: nobody is to hold it in vain.
                verdict.refused.is_none() && (new_code.is_none() || new_code == named)
            })
        };
        // Before the code's end: the first of the two may be what ended it, and the second is no alarm.
        if copies.into_iter().any(accepted) {
            return Some(RefusedFollowUp::SentTwice);
        }
        if self.mailbox.ended {
            // Withdrawing would be the one thing to honour still, and who has an old code may be anybody.
            return Some(match said.new_mailbox.is_some() {
                true => RefusedFollowUp::SecondNewCode,
                false => RefusedFollowUp::EndedCode,
            });
        }
        if said.counter <= self.mailbox.follow_up_counter {
            return Some(RefusedFollowUp::OldCounter);
        }
        if !counter_is_plausible(said.counter, transaction.today()) {
            return Some(RefusedFollowUp::FarAhead);
        }
        let taken = |new: &MailboxAddress| correspondence.mailbox(&new.lookup_id).is_some();
        let taken = said.new_mailbox.as_ref().is_some_and(taken);
        taken.then_some(RefusedFollowUp::TakenCode)
    }

    fn raises(
        &self,
        transaction: &VaultTransaction<'_>,
        said: &FollowUp,
        through_server: bool,
    ) -> Raises {
        let correspondence = &transaction.contents().correspondence;
        let lookup_id = &self.part.lookup_id;
        let fresh = |nonce| correspondence.is_fresh(lookup_id, nonce);
        match (said.nonce.is_some_and(fresh), through_server) {
            (false, _) => Raises::No,
            (true, true) => Raises::Unproven,
            (true, false) => Raises::Answered,
        }
    }
}

/// A part that is closed for want of the identity key is as it was sent, or the list would say so.
fn is_altered(flaw: &Flaw) -> bool {
    flaw.kind != FlawKind::Closed
}

impl VaultTransaction<'_> {
    fn take_verdict(
        &mut self,
        verdict: &FollowUpItem,
        mailbox: &MailboxState,
    ) -> Result<(), VaultError> {
        let item = Item::FollowUp(Box::new(verdict.clone()));
        self.append(Domain::Case, item)?;
        let act = match verdict.refused {
            None => Act::FollowUpAccepted,
            Some(_) => Act::FollowUpRefused,
        };
        let entry = AuditItem::of(act).on_record(verdict.report);
        self.log(entry.with_number(verdict.counter))?;
        if verdict.refused.is_some() {
            return Ok(());
        }
        // What the confirmation says holds, holds for the gate from this moment.
        self.heed(verdict)?;
        let (kind, text) = confirmation(verdict);
        let mut reader = mailbox.clone();
        reader.follow_up_counter = verdict.counter;
        if let Some(new) = &verdict.new_mailbox {
            // The holder of the new code reads it, and that mailbox is empty.
            reader.mailbox = new.clone();
            reader.newest = None;
            reader.follow_up_counter = 0;
        }
        match self.write_reply(&reader, kind, &text, None) {
            Ok(_) => Ok(()),
            Err(WriteError::Vault(error)) => Err(error),
            // Our own short texts fit, and the mailbox is the one at hand.
            Err(_) => Err(VaultError::Damaged),
        }
    }
}

/// What the office says of an accepted follow-up by itself: what took effect, and nothing of what was told.
fn confirmation(verdict: &FollowUpItem) -> (ReplyKind, String) {
    let texts = Texts::english();
    let mut said = Vec::new();
    if verdict.withdraw_all {
        said.push(texts.get("console-reply-withdrawn"));
    }
    if !verdict.permissions.is_empty() {
        said.push(texts.get(match verdict.raises {
            Raises::No => "console-reply-lowered",
            Raises::Unproven => "console-reply-raise-unproven",
            Raises::Answered => "console-reply-raise-noted",
        }));
    }
    if verdict.delete_report {
        said.push(texts.get("console-reply-delete"));
    }
    if verdict.new_mailbox.is_some() {
        said.push(texts.get("console-reply-new-code"));
    }
    if said.is_empty() {
        return (ReplyKind::Message, texts.get("console-reply-arrived"));
    }
    (ReplyKind::Confirmation, said.join("\n"))
}
