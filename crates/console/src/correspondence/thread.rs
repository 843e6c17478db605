//! The thread of a report: what the office wrote and how far each answer is, what came back and what it changed.

use asylia_envelope::{
    follow_up::FollowUp,
    ids::RecordId,
    reply::{Reply, ReplyKind},
};
use serde::Serialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::{
    l10n::Texts,
    opening::Refused,
    report::read_document,
    vault::{
        Vault, VaultError,
        audit::{Act, AuditItem},
        correspondence::Way,
        item::{FollowUpItem, Raises},
    },
    words,
};

/// Everything between the office and the submitter of one report, oldest first. Plaintext: no `Debug`.
pub struct Thread {
    /// What was written and what came.
    pub entries: Vec<Entry>,
    /// Whether the submitter can be written to.
    pub writable: bool,
    /// Whether code or answers passed through the server.
    pub through_server: bool,
}

/// One of them.
pub enum Entry {
    /// The office wrote.
    Out(Box<Written>),
    /// The submitter wrote.
    In(Box<Received>),
}

/// A reply.
pub struct Written {
    /// What it says.
    pub reply: Reply,
    /// How far it is.
    pub way: Way,
    /// Who wrote it; `None` for what the console wrote by itself.
    pub by: Option<String>,
}

/// A follow-up.
pub struct Received {
    /// What became of it.
    pub verdict: FollowUpItem,
    /// What it tells; `None` for nothing, or when it was refused as altered.
    pub story: Option<Zeroizing<String>>,
    /// How many files came with it.
    pub attachments: u16,
}

/// A change of permissions that a follow-up made, for the matrix of the case: in the order in which they came.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Change {
    /// The follow-up that made it.
    pub follow_up: RecordId,
    /// Takes back every permission before what follows.
    pub withdraw_all: bool,
    /// Purposes and the permission from now on.
    pub permissions: std::collections::BTreeMap<
        asylia_envelope::follow_up::Purpose,
        asylia_envelope::follow_up::Permission,
    >,
    /// Whether what is higher than before may count; what is lower always does.
    pub raises: Raises,
    /// Asks to delete what was told.
    pub delete_report: bool,
}

impl Thread {
    /// The thread of a report; that it was looked at is written down first. `None` without such a report.
    ///
    /// # Errors
    /// [`Refused`] when the vault cannot be read.
    pub fn open(vault: &mut Vault, report: RecordId) -> Result<Option<Self>, Refused> {
        let record = vault.contents().record(report);
        if record.and_then(|record| record.imported()).is_none() {
            return Ok(None);
        }
        let viewed = vault.log(AuditItem::of(Act::CaseViewed).on_record(report));
        viewed.map_err(|_: VaultError| Refused::Io(std::io::ErrorKind::Other))?;
        Self::of(vault, report).map(Some)
    }

    /// The same for somebody whose look at the report is written down already.
    ///
    /// # Errors
    /// [`Refused`] when the vault cannot be read.
    pub(crate) fn of(vault: &mut Vault, report: RecordId) -> Result<Self, Refused> {
        let contents = vault.contents();
        let correspondence = &contents.correspondence;
        let mut entries: Vec<(u64, Entry)> = correspondence
            .replies_of(report)
            .map(|(number, item)| {
                let written = Written {
                    reply: item.reply.clone(),
                    way: correspondence.way(number),
                    by: item.by.as_ref().map(|by| name(contents, by)),
                };
                (number, Entry::Out(Box::new(written)))
            })
            .collect();
        let verdicts: Vec<(u64, FollowUpItem)> = correspondence
            .follow_ups_of(report)
            .map(|row| (row.sequence, row.item.clone()))
            .collect();
        let mailbox = correspondence.mailbox_of(report);
        let (writable, through_server) = (
            mailbox.is_some(),
            mailbox.is_some_and(|mailbox| mailbox.through_server),
        );
        for (number, verdict) in verdicts {
            let received = received(vault, verdict)?;
            entries.push((number, Entry::In(Box::new(received))));
        }
        entries.sort_by_key(|(number, _)| *number);
        Ok(Self {
            entries: entries.into_iter().map(|(_, entry)| entry).collect(),
            writable,
            through_server,
        })
    }

    /// As an array, oldest first.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let entries = self.entries.iter();
        entries
            .map(|entry| match entry {
                Entry::Out(written) => written.to_json(),
                Entry::In(received) => received.to_json(),
            })
            .collect()
    }
}

/// The changes of permissions that the submitter of a report has made, in their order.
#[must_use]
pub fn changes(vault: &Vault, report: RecordId) -> Vec<Change> {
    let verdicts = vault.contents().correspondence.follow_ups_of(report);
    verdicts
        .map(|row| &row.item)
        .filter(|verdict| verdict.refused.is_none() && verdict.changes())
        .map(|verdict| Change {
            follow_up: verdict.record_id,
            withdraw_all: verdict.withdraw_all,
            permissions: verdict.permissions.clone(),
            raises: verdict.raises,
            delete_report: verdict.delete_report,
        })
        .collect()
}

fn name(contents: &crate::vault::Contents, by: &str) -> String {
    let id = hex::decode(by).ok().and_then(|id| id.try_into().ok());
    id.map_or_else(|| by.to_owned(), |id| contents.name_of(&id))
}

fn received(vault: &mut Vault, verdict: FollowUpItem) -> Result<Received, Refused> {
    let record = vault.contents().record(verdict.record_id);
    let imported = record.and_then(|record| record.imported());
    let attachments = imported.map_or(0, |imported| imported.attachments);
    let account = imported.and_then(|imported| imported.account.clone());
    let mut story = None;
    if let Some(blob) = account {
        match read_document(vault, &blob) {
            Ok(json) => {
                let said = FollowUp::parse(&json).ok();
                let text = said.and_then(|said| said.answers.text("story").map(str::to_owned));
                story = text.map(Zeroizing::new);
            }
            Err(Refused::Record(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Received {
        verdict,
        story,
        attachments,
    })
}

impl Written {
    /// What it is, as in JSON and in texts.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.reply.kind {
            ReplyKind::Received { .. } => "received",
            ReplyKind::Message => "message",
            ReplyKind::Question { .. } => "question",
            ReplyKind::Confirmation => "confirmation",
        }
    }

    /// How far it is, likewise.
    #[must_use]
    pub fn way_code(&self) -> &'static str {
        match self.way {
            Way::Waits => "waits",
            Way::Sent(_) => "sent",
            Way::Delivered => "delivered",
            Way::Ended => "ended",
        }
    }

    /// Who, when, what and how far.
    #[must_use]
    pub fn heading(&self, texts: &Texts) -> String {
        let (day, way) = (self.reply.day.to_string(), self.way_text(texts));
        let kind = texts.get(&format!("console-kind-{}", self.kind()));
        let said = [
            ("day", (&day).into()),
            ("kind", (&kind).into()),
            ("counter", self.reply.counter.into()),
            ("way", (&way).into()),
        ];
        texts.with("console-thread-out", &said)
    }

    /// Who wrote it.
    #[must_use]
    pub fn author(&self, texts: &Texts) -> String {
        match &self.by {
            Some(name) => texts.with("console-thread-by", &[("name", name.as_str().into())]),
            None => texts.get("console-thread-by-console"),
        }
    }

    fn way_text(&self, texts: &Texts) -> String {
        let id = format!("console-way-{}", self.way_code());
        match self.way {
            Way::Sent(bundle) => texts.with(&id, &[("bundle", bundle.into())]),
            _ => texts.get(&id),
        }
    }

    fn to_json(&self) -> Value {
        let bundle = match self.way {
            Way::Sent(number) => Some(number),
            _ => None,
        };
        json!({
            "direction": "out",
            "counter": self.reply.counter,
            "day": self.reply.day.to_string(),
            "kind": self.kind(),
            "way": self.way_code(),
            "bundle": bundle,
            "by": self.by,
            "text": self.reply.text,
        })
    }
}

impl Received {
    /// Who, when, and whether it counts.
    #[must_use]
    pub fn heading(&self, texts: &Texts) -> String {
        let day = self.verdict.day.to_string();
        let said = [
            ("day", (&day).into()),
            ("counter", self.verdict.counter.into()),
        ];
        let id = match self.verdict.refused {
            None => "console-thread-in",
            Some(_) => "console-thread-in-refused",
        };
        texts.with(id, &said)
    }

    /// What it changes, or why it does not count: a sentence each.
    #[must_use]
    pub fn notes(&self, texts: &Texts) -> Vec<String> {
        let verdict = &self.verdict;
        if let Some(why) = verdict.refused {
            return vec![words::refused_follow_up(texts, why)];
        }
        let mut notes = Vec::new();
        for (says, id) in [
            (verdict.withdraw_all, "console-thread-withdrawn"),
            (verdict.delete_report, "console-thread-delete"),
            (verdict.new_mailbox.is_some(), "console-thread-new-code"),
        ] {
            if says {
                notes.push(texts.get(id));
            }
        }
        for (purpose, permission) in &verdict.permissions {
            let purpose = words::purpose(texts, *purpose);
            let permission = words::permission(texts, *permission);
            let said = [
                ("purpose", (&purpose).into()),
                ("permission", (&permission).into()),
            ];
            notes.push(texts.with("console-thread-permission", &said));
        }
        if !verdict.permissions.is_empty() {
            notes.push(texts.get(match verdict.raises {
                Raises::No => "console-thread-raises-no",
                Raises::Unproven => "console-thread-raises-unproven",
                Raises::Answered => "console-thread-raises-answered",
            }));
        }
        if self.attachments > 0 {
            let count = [("count", u64::from(self.attachments).into())];
            notes.push(texts.with("console-thread-files", &count));
        }
        notes
    }

    fn to_json(&self) -> Value {
        let verdict = &self.verdict;
        json!({
            "direction": "in",
            "record": verdict.record_id,
            "counter": verdict.counter,
            "day": verdict.day.to_string(),
            "refused": verdict.refused.map(|why| why.code()),
            "permissions": verdict.permissions,
            "withdraw_all": verdict.withdraw_all,
            "delete_report": verdict.delete_report,
            "raises": verdict.raises,
            "new_code": verdict.new_mailbox.is_some(),
            "through_server": verdict.through_server,
            "attachments": self.attachments,
            "text": self.story.as_ref().map(|story| story.as_str()),
        })
    }
}
