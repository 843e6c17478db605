//! What the office does for a mailbox: opens the report, writes replies, and has them carried to the server.

use std::{fs, path::PathBuf};

use asylia_envelope::{
    day::Day,
    hybrid::HybridRecipient,
    ids::{EpochId, LookupId, QuestionNonce, ReplyDigest, SubmissionId},
    reply::{Reply, ReplyKind},
    return_code::MailboxKeys,
    signing::{Office, SigningKey},
    submission::FORMAT_VERSION,
    transfer::{BlobLine, OfficeSubject, ToServerNote, write_blob_length, write_head},
};
use sha2::{Digest, Sha256};

use crate::server::Place;

/// The office and one submitter.
pub(crate) struct Correspondence<'a> {
    place: &'a Place,
    submission_id: SubmissionId,
    lookup_id: LookupId,
    recipient: HybridRecipient,
    proof_words: [String; 3],
    counter: u64,
    previous: Option<ReplyDigest>,
    follow_up_counter: u64,
}

/// A reply on its way.
pub(crate) struct Letter {
    lookup_id: LookupId,
    slot: Vec<u8>,
}

impl<'a> Correspondence<'a> {
    /// With whoever sent the only report of the next bundle.
    pub(crate) fn with_the_reporter_of(place: &'a Place, bundle: &str) -> Self {
        let mut records = place.open_all(&place.export(bundle));
        let record = records.pop().expect("one report");
        let account = record.account.expect("the account opens");
        Self {
            place,
            submission_id: record.submission_id.expect("every compartment names it"),
            lookup_id: account.mailbox.lookup_id,
            recipient: account.mailbox.recipient.parse().expect("a recipient"),
            proof_words: account.proof_words.each_ref().map(|word| word.to_string()),
            counter: 0,
            previous: None,
            follow_up_counter: 0,
        }
    }

    /// With the holder of a code.
    pub(crate) fn with(place: &'a Place, keys: &MailboxKeys) -> Self {
        Self {
            place,
            submission_id: SubmissionId([1; 16]),
            lookup_id: keys.lookup_id(),
            recipient: keys.identity.to_recipient(),
            proof_words: ["one", "two", "three"].map(str::to_owned),
            counter: 0,
            previous: None,
            follow_up_counter: 0,
        }
    }

    /// The first reply.
    pub(crate) fn received(&mut self, text: &str) -> Letter {
        let proof_words = self.proof_words.clone();
        self.write(ReplyKind::Received { proof_words }, text)
    }

    /// A later one.
    pub(crate) fn message(&mut self, text: &str) -> Letter {
        self.write(ReplyKind::Message, text)
    }

    /// A question, whose nonce an answer repeats.
    pub(crate) fn question(&mut self, nonce: QuestionNonce, text: &str) -> Letter {
        self.write(ReplyKind::Question { nonce }, text)
    }

    /// The digest of the newest reply.
    pub(crate) fn newest(&self) -> Option<ReplyDigest> {
        self.previous
    }

    /// From now on replies confirm a follow-up of this counter.
    pub(crate) fn confirm(&mut self, counter: u64) {
        self.follow_up_counter = counter;
    }

    /// Whichever comes next.
    pub(crate) fn message_or_first(&mut self, text: &str) -> Letter {
        match self.counter {
            0 => self.received(text),
            _ => self.message(text),
        }
    }

    fn write(&mut self, kind: ReplyKind, text: &str) -> Letter {
        self.counter += 1;
        let reply = Reply {
            version: FORMAT_VERSION,
            instance: self.place.office().content.instance,
            lookup_id: self.lookup_id,
            submission_id: self.submission_id,
            counter: self.counter,
            previous: self.previous,
            day: Day::from_days_since_1970(20_780).expect("a day"),
            follow_up_counter: self.follow_up_counter,
            kind,
            language: "en".to_owned(),
            text: text.to_owned(),
        };
        let sealed = reply.seal(&self.place.office().office_key, &self.recipient);
        let (slot, digest) = sealed.expect("a reply of ordinary length");
        self.previous = Some(digest);
        Letter {
            lookup_id: self.lookup_id,
            slot,
        }
    }
}

/// SHA-256 of a slot, in hexadecimal digits.
pub(crate) fn digest(slot: impl AsRef<[u8]>) -> String {
    hex::encode(Sha256::digest(slot))
}

impl AsRef<[u8]> for Letter {
    fn as_ref(&self) -> &[u8] {
        &self.slot
    }
}

/// What the office sends to one server, bundle after bundle.
pub(crate) struct Outbox<'a> {
    place: &'a Place,
    epoch: EpochId,
    sequence: u64,
    previous: Option<[u8; 32]>,
}

impl<'a> Outbox<'a> {
    /// Nothing was sent yet.
    pub(crate) fn new(place: &'a Place) -> Self {
        Self {
            place,
            epoch: EpochId([7; 16]),
            sequence: 0,
            previous: None,
        }
    }

    /// The same, as a restored vault would go on.
    pub(crate) fn restored(&self) -> Self {
        Self {
            epoch: EpochId([8; 16]),
            ..Self::new(self.place)
        }
    }

    /// A copy of the console that does not know what the other one sends.
    pub(crate) fn copied(&self) -> Self {
        Self { ..*self }
    }

    /// Carries replies to the server and imports them there.
    pub(crate) fn deliver(&mut self, letters: &[&Letter]) {
        let bundle = self.write(
            &letters
                .iter()
                .map(|letter| letter.item())
                .collect::<Vec<_>>(),
        );
        let said = self.place.run("import", &[&bundle]);
        assert!(said.contains("is taken in"), "{said}");
    }

    /// Writes the next bundle.
    pub(crate) fn write(&mut self, items: &[Item]) -> PathBuf {
        self.write_signed_by(&self.place.office().office_key, items)
    }

    /// The same with another key.
    pub(crate) fn write_signed_by(&mut self, key: &SigningKey<Office>, items: &[Item]) -> PathBuf {
        self.sequence += 1;
        let key = key.for_bundles();
        let line = |(subject, bytes): &Item| BlobLine {
            sha256: Sha256::digest(bytes).into(),
            subject: *subject,
            size: bytes.len() as u64,
        };
        let note = ToServerNote {
            instance: self.place.office().content.instance,
            epoch: self.epoch,
            sequence: self.sequence,
            previous: self.previous,
            day: Day::from_days_since_1970(20_780).expect("a day"),
            acknowledged: 0,
            waiting: 0,
            token: Vec::new(),
            signer: key.verifying_key(),
            blobs: items.iter().map(line).collect(),
        };
        let mut file = Vec::new();
        write_head(&mut file, &note.to_signed(&key)).expect("memory can be written");
        for (_, bytes) in items {
            write_blob_length(&mut file, bytes.len() as u64).expect("memory can be written");
            file.extend_from_slice(bytes);
        }
        self.previous = Some(note.digest());
        let name = format!("back-{}", hex::encode(note.digest()));
        let path = self.place.path(&name);
        fs::write(&path, file).expect("own folder");
        path
    }
}

impl Letter {
    /// The letter as a bundle has it.
    pub(crate) fn item(&self) -> Item {
        (OfficeSubject::Reply(self.lookup_id), self.slot.clone())
    }
}

/// A blob of a bundle to a server.
pub(crate) type Item = (OfficeSubject, Vec<u8>);
