//! What the office does for a mailbox: opens the report, writes replies, and has them carried to the server.

use asylia::storage::{
    AnyStore, Incoming, IncomingAction, IncomingBundle, SqliteOptions, Store, StoreAddress,
};
use asylia_envelope::{
    day::Day,
    hybrid::HybridRecipient,
    ids::{LookupId, ReplyDigest, SubmissionId},
    reply::{Reply, ReplyKind},
    return_code::MailboxKeys,
    submission::FORMAT_VERSION,
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
            follow_up_counter: 0,
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

/// Puts replies into the store of a server that may run.
pub(crate) fn deliver(place: &Place, letters: &[&Letter]) {
    let put = |letter: &&Letter| IncomingAction::Reply {
        lookup: letter.lookup_id.0,
        digest: Sha256::digest(&letter.slot).into(),
        slot: letter.slot.clone(),
    };
    take_in(place, letters.iter().map(put).collect());
}

/// Empties a mailbox, as the office asks for when its code was exchanged.
pub(crate) fn empty(place: &Place, keys: &MailboxKeys) {
    take_in(place, vec![IncomingAction::Purge(keys.lookup_id().0)]);
}

fn take_in(place: &Place, actions: Vec<IncomingAction>) {
    let address = StoreAddress::Sqlite(SqliteOptions::new(place.database()));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = AnyStore::open(&address).await.expect("the store opens");
        let state = store.incoming_state().await.expect("a state");
        let last = state.and_then(|state| state.bundles.last().copied());
        let sequence = last.map_or(0, |last| last.sequence) + 1;
        let bundle = IncomingBundle {
            sequence,
            digest: [0; 32],
            previous: [0; 32],
        };
        let incoming = Incoming {
            epoch: [7; 16],
            bundle,
            actions,
        };
        store.take_incoming(incoming).await.expect("it is taken in");
        store.close().await.expect("it closes");
    });
}
