//! From the vault onto a stick: bundles to the server.
//!
//! What a bundle holds is fixed in one transaction, sealed slots included, before its first byte is written; then
//! the file is written beside its later name, synced and named; then the vault notes that. A crash before the
//! first step leaves nothing, a crash after it a bundle that the next export writes to its end: no number is used
//! twice, and nothing is lost or sent as something else.
//!
//! Slots come in batches of [`BATCH_SLOTS`] with dummies, at least one batch a bundle, so that their number tells
//! little. A reply leaves only once the server no longer holds the records that it is about: in a bundle that also
//! acknowledges them it would show which record opened which mailbox.

use std::{
    collections::{BTreeSet, HashMap},
    fs::File,
    io::{self, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use asylia_envelope::{
    follow_up::FollowUp,
    hybrid::HybridRecipient,
    ids::{EpochId, LookupId, RecordId},
    reply::{REPLY_SLOT_BYTES, dummy_slot},
    submission::Account,
    transfer::{
        BlobLine, OfficeSubject, ToServerNote, arrived_list, write_blob_length, write_head,
    },
};
use asylia_keys::signing_file::OfficeSigningKey;
use rand_core::RngCore;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{
    l10n::Texts,
    machine::Random,
    vault::{
        Contents, Vault, VaultError, VaultTransaction,
        audit::{Act, AuditItem},
        blob::BlobRef,
        domain::Domain,
        item::{BatchItem, BatchSlot, Item, SentItem, SentState},
    },
};

/// Slots of a batch: 256 KiB.
pub const BATCH_SLOTS: usize = 32;
/// Most replies that one export takes from those that wait; the rest goes with the next.
pub const REPLIES_AT_ONCE: usize = 4096;
/// Most slots of one bundle, those that are sent again among them: half of what a server takes in at once.
pub const SLOTS_LIMIT: usize = 16_384;

/// Where a bundle goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// Into this new file.
    File(PathBuf),
    /// Into a new file of this folder, which is named after the bundle.
    Folder(PathBuf),
}

/// What an export wrote.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Exported {
    /// The file.
    pub file: PathBuf,
    /// Number of the bundle.
    pub sequence: u64,
    /// Replies that leave for the first time.
    pub replies: u64,
    /// Replies that left before and that the server has not confirmed.
    pub again: u64,
    /// Records that it acknowledges.
    pub acknowledged: u64,
    /// Mailboxes that it ends.
    pub ended: u64,
    /// Replies that wait for a later export.
    pub waiting: u64,
    /// Whether it finishes what an interrupted export began, or repeats an earlier one.
    pub repeated: bool,
}

/// Why there is no bundle. Each text has two sentences.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// Nothing to sign with.
    #[error(
        "The vault holds no signing key of the office, so no server would take the bundle. Put it in with `asylia-console identity add --signing FILE`."
    )]
    NoKey,
    /// The key is not in the key bundle.
    #[error(
        "The office's signing key is not in the key bundle, so no server would take the bundle. Take in the newest key bundle with `identity add --keys`."
    )]
    UnlistedKey,
    /// There is a file.
    #[error("There is a file of that name already, and it was not touched. Give another name.")]
    Exists,
    /// The stick.
    #[error(
        "The bundle could not be written ({0}). Check that the stick is in, writable and has room, then export again: it goes on where it stopped."
    )]
    Write(io::ErrorKind),
    /// No such bundle.
    #[error(
        "Bundle {0} cannot be written again: the server has confirmed it, or there was none. Export without `--again`."
    )]
    NoSuch(u64),
    /// The vault failed.
    #[error("{0}")]
    Vault(#[from] VaultError),
}

/// Writes the next bundle to the server, or the one that an interrupted export left.
///
/// # Errors
/// See [`ExportError`].
pub fn export(vault: &mut Vault, target: &Target) -> Result<Exported, ExportError> {
    target.check()?;
    signing_key(vault.contents())?;
    let unwritten = vault.contents().correspondence.unwritten().cloned();
    let (sent, repeated) = match unwritten {
        Some(sent) => (sent, true),
        None => (fix(vault)?, false),
    };
    finish(vault, &sent, repeated, target)
}

/// Writes a bundle that the server has not confirmed once more, byte for byte.
///
/// # Errors
/// See [`ExportError`].
pub fn export_again(
    vault: &mut Vault,
    number: u64,
    target: &Target,
) -> Result<Exported, ExportError> {
    target.check()?;
    let correspondence = &vault.contents().correspondence;
    let mut sent = correspondence.sent().iter().map(|row| &row.item);
    let sent = sent.find(|sent| sent.sequence == number && number > correspondence.confirmed());
    let sent = sent.cloned().ok_or(ExportError::NoSuch(number))?;
    finish(vault, &sent, true, target)
}

fn finish(
    vault: &mut Vault,
    sent: &SentItem,
    repeated: bool,
    target: &Target,
) -> Result<Exported, ExportError> {
    let file = target.file(sent.sequence);
    let exported = counts(vault.contents(), sent, repeated, file);
    write_file(vault, sent, &exported.file)?;
    let mut transaction = vault.begin()?;
    let written = Item::SentState(SentState::Written(sent.sequence));
    transaction.append(Domain::Case, written)?;
    let entry = AuditItem::of(Act::BundleWritten).with_number(sent.sequence);
    transaction.log(entry)?;
    transaction.commit()?;
    carry_head(vault, &exported.file)?;
    Ok(exported)
}

/// Signs the head of the chain, this export in it, and lays it beside the bundle: whoever keeps it sees later
/// whether the vault was set back. It tells how many events there are, and nothing of them.
fn carry_head(vault: &mut Vault, bundle: &Path) -> Result<(), ExportError> {
    let head = vault.signed_head()?;
    let failed = |error: io::Error| ExportError::Write(error.kind());
    let mut file = File::create_new(head_beside(bundle)).map_err(failed)?;
    file.write_all(head.to_text().as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(failed)
}

/// Where the head lies that is carried with a bundle.
#[must_use]
pub fn head_beside(bundle: &Path) -> PathBuf {
    let mut name = bundle.as_os_str().to_owned();
    name.push(".head");
    PathBuf::from(name)
}

fn counts(contents: &Contents, sent: &SentItem, repeated: bool, file: PathBuf) -> Exported {
    let correspondence = &contents.correspondence;
    let earlier: BTreeSet<u64> = correspondence
        .sent()
        .iter()
        .filter(|row| row.item.sequence < sent.sequence)
        .flat_map(|row| row.item.batches.iter().copied())
        .collect();
    let (mut replies, mut again) = (0, 0);
    for batch in &sent.batches {
        let slots = correspondence
            .batches()
            .get(batch)
            .map(|batch| &batch.slots);
        let real = slots
            .into_iter()
            .flatten()
            .filter(|slot| slot.reply.is_some());
        match earlier.contains(batch) {
            true => again += real.count() as u64,
            false => replies += real.count() as u64,
        }
    }
    Exported {
        file,
        sequence: sent.sequence,
        replies,
        again,
        acknowledged: sent.arrived,
        ended: sent.purges.len() as u64,
        waiting: correspondence.waiting().count() as u64,
        repeated,
    }
}

impl Target {
    /// Refuses a file that is there before anything is decided.
    fn check(&self) -> Result<(), ExportError> {
        match self {
            Self::File(file) if file.exists() || head_beside(file).exists() => {
                Err(ExportError::Exists)
            }
            Self::File(_) | Self::Folder(_) => Ok(()),
        }
    }

    fn file(&self, sequence: u64) -> PathBuf {
        match self {
            Self::File(file) => file.clone(),
            Self::Folder(folder) => {
                // What lies there under that name may be whole or not; it is never written over.
                let names = (1..).map(|copy| match copy {
                    1 => format!("asylia-to-server-{sequence}"),
                    copy => format!("asylia-to-server-{sequence}-copy-{copy}"),
                });
                let mut files = names.map(|name| folder.join(name));
                let free = files.find(|file| !file.exists() && !head_beside(file).exists());
                free.expect("a folder holds fewer files than there are numbers")
            }
        }
    }
}

impl Exported {
    /// What was done, a sentence a fact.
    #[must_use]
    pub fn sentences(&self, texts: &Texts) -> Vec<String> {
        let counts = [
            ("sequence", self.sequence.into()),
            ("replies", self.replies.into()),
            ("again", self.again.into()),
        ];
        let what = match self.repeated {
            true => "console-export-repeated",
            false => "console-export-done",
        };
        let mut said = vec![texts.with(what, &counts)];
        for (id, count) in [
            ("console-export-acknowledged", self.acknowledged),
            ("console-export-ended", self.ended),
            ("console-export-waiting", self.waiting),
        ] {
            if count > 0 {
                said.push(texts.with(id, &[("count", count.into())]));
            }
        }
        said.push(texts.get("console-export-next"));
        said
    }
}

/// How many of the replies that wait could leave with an export now.
#[must_use]
pub fn may_leave_now(contents: &Contents) -> u64 {
    due(contents).len() as u64
}

/// The office's key, if a server would believe it.
fn signing_key(contents: &Contents) -> Result<&OfficeSigningKey, ExportError> {
    let key = contents.office_key.as_ref().ok_or(ExportError::NoKey)?;
    let bundle = contents.bundle.as_ref().ok_or(VaultError::Damaged)?;
    match bundle.content().office_keys.contains(&key.verifying_key()) {
        true => Ok(key),
        false => Err(ExportError::UnlistedKey),
    }
}

/// Decides what the next bundle holds, and keeps it.
fn fix(vault: &mut Vault) -> Result<SentItem, ExportError> {
    let mut rng = (vault.machine().random)();
    let mut transaction = vault.begin()?;
    let contents = transaction.contents();
    let due = due(contents);
    let mut batches: Vec<u64> = Vec::new();
    let mut lines = Vec::new();
    for (number, batch) in contents.correspondence.unconfirmed_batches() {
        if lines.len() + batch.slots.len() > SLOTS_LIMIT - REPLIES_AT_ONCE {
            break;
        }
        batches.push(number);
        lines.extend(batch.slots.iter().map(line));
    }
    let (item, blob) = transaction.seal_batch(due, &mut rng)?;
    lines.extend(item.slots.iter().map(line));
    batches.push(transaction.append_with(Domain::Case, Item::Batch(item), &[&blob], &[])?);
    let purges: Vec<LookupId> = transaction
        .contents()
        .correspondence
        .ended()
        .iter()
        .copied()
        .collect();
    lines.extend(purges.iter().map(|mailbox| BlobLine {
        sha256: Sha256::digest([]).into(),
        subject: OfficeSubject::Purge(*mailbox),
        size: 0,
    }));
    let arrived = arrived(transaction.contents());
    let list = match arrived.is_empty() {
        true => None,
        false => {
            let list = arrived_list(&arrived);
            lines.push(BlobLine {
                sha256: Sha256::digest(&list).into(),
                subject: OfficeSubject::Arrived,
                size: list.len() as u64,
            });
            Some(transaction.put_blob(&list)?)
        }
    };
    let note = note(&transaction, lines, &mut rng)?;
    let signed = note.to_signed(&signing_key(transaction.contents())?.for_bundles());
    let sent = SentItem {
        epoch: note.epoch,
        sequence: note.sequence,
        digest: note.digest(),
        day: note.day,
        batches,
        purges,
        arrived: arrived.len() as u64,
        list,
        note: transaction.put_blob(signed.as_bytes())?,
    };
    let brings: Vec<&BlobRef> = sent.list.iter().chain([&sent.note]).collect();
    let item = Item::Sent(Box::new(sent.clone()));
    transaction.append_with(Domain::Case, item, &brings, &[])?;
    transaction.log(AuditItem::of(Act::BundleMade).with_number(sent.sequence))?;
    transaction.commit()?;
    Ok(sent)
}

/// What comes next in the count, with these blobs.
fn note(
    transaction: &VaultTransaction<'_>,
    blobs: Vec<BlobLine<OfficeSubject>>,
    rng: &mut Random,
) -> Result<ToServerNote, ExportError> {
    let contents = transaction.contents();
    let bundle = contents.bundle.as_ref().ok_or(VaultError::Damaged)?;
    let last = contents.correspondence.sent().last().map(|row| &row.item);
    let server = contents.server.as_ref().map(|row| &row.item);
    Ok(ToServerNote {
        instance: bundle.content().instance,
        epoch: last.map_or_else(|| EpochId::generate(rng), |last| last.epoch),
        sequence: last.map_or(1, |last| last.sequence + 1),
        previous: last.map(|last| last.digest),
        day: transaction.today(),
        acknowledged: server
            .and_then(|server| server.bundles.last())
            .map_or(0, |bundle| bundle.sequence),
        waiting: 0,
        token: Vec::new(),
        signer: signing_key(contents)?.for_bundles().verifying_key(),
        blobs,
    })
}

fn line(slot: &BatchSlot) -> BlobLine<OfficeSubject> {
    BlobLine {
        sha256: slot.sha256,
        subject: OfficeSubject::Reply(slot.lookup_id),
        size: REPLY_SLOT_BYTES as u64,
    }
}

/// Records that the server still held when it made the newest bundles that are here, and that are here for good;
/// decoys among them.
fn arrived(contents: &Contents) -> BTreeSet<RecordId> {
    let server = contents.server.as_ref();
    let held = server.into_iter().flat_map(|server| server.item.held());
    let here = |record: RecordId| {
        let record = contents.record(record);
        record.is_some_and(|record| record.is_here())
    };
    held.flat_map(|held| {
        let kept = held.records.iter().filter(|record| here(**record));
        kept.chain(&held.decoys).copied().collect::<Vec<RecordId>>()
    })
    .collect()
}

/// The replies that may leave now, oldest first: numbers of their events.
fn due(contents: &Contents) -> Vec<u64> {
    let Some(server) = contents.server.as_ref() else {
        return Vec::new();
    };
    // Without every bundle of the newest export nobody here knows what the server still holds.
    if !server.item.knows_all_held() {
        return Vec::new();
    }
    let held: BTreeSet<RecordId> = server
        .item
        .held()
        .flat_map(|held| held.records.iter().copied())
        .collect();
    let taken: HashMap<RecordId, u64> = contents
        .records
        .iter()
        .map(|row| (row.item.record_id, row.sequence))
        .collect();
    let gone = |record: RecordId| {
        let before = taken
            .get(&record)
            .is_some_and(|taken| *taken < server.sequence);
        before && !held.contains(&record)
    };
    let correspondence = &contents.correspondence;
    let may_leave = |report: RecordId| {
        let mut follow_ups = correspondence.follow_ups_of(report);
        gone(report) && follow_ups.all(|row| gone(row.item.record_id))
    };
    correspondence
        .waiting()
        .filter(|(_, reply)| may_leave(reply.report))
        .map(|(number, _)| number)
        .take(REPLIES_AT_ONCE)
        .collect()
}

impl VaultTransaction<'_> {
    /// Seals these replies and dummies, in an order of chance.
    fn seal_batch(
        &self,
        replies: Vec<u64>,
        rng: &mut Random,
    ) -> Result<(BatchItem, BlobRef), ExportError> {
        let count = replies.len().next_multiple_of(BATCH_SLOTS).max(BATCH_SLOTS);
        let mut order: Vec<Option<u64>> = replies.into_iter().map(Some).collect();
        order.resize(count, None);
        shuffle(&mut order, rng);
        let mut writer = self.blob_writer();
        let mut slots = Vec::with_capacity(count);
        for reply in order {
            // What cannot be sealed any more gives a dummy, and is told as a reply that waits.
            let sealed = match reply {
                Some(number) => self
                    .seal_reply(number)?
                    .map(|sealed| (sealed, Some(number))),
                None => None,
            };
            let ((lookup_id, slot), reply) = match sealed {
                Some(sealed) => sealed,
                None => (dummy(rng)?, None),
            };
            writer.push(&slot)?;
            slots.push(BatchSlot {
                lookup_id,
                reply,
                sha256: Sha256::digest(&slot).into(),
            });
        }
        let blob = writer.finish()?;
        let item = BatchItem {
            slots,
            blob: blob.clone(),
        };
        Ok((item, blob))
    }

    /// The slot of a reply; `None` where the text that names its recipient is damaged.
    fn seal_reply(&self, number: u64) -> Result<Option<(LookupId, Vec<u8>)>, ExportError> {
        let contents = self.contents();
        let key = signing_key(contents)?;
        let Some(item) = contents.correspondence.reply(number) else {
            return Ok(None);
        };
        let lookup_id = item.reply.lookup_id;
        let Some(recipient) = self.recipient(&lookup_id) else {
            return Ok(None);
        };
        let sealed = item.reply.seal(key, &recipient);
        Ok(sealed.ok().map(|(slot, _)| (lookup_id, slot)))
    }

    /// To whom a mailbox's replies are sealed: it stands in the text that named the mailbox.
    fn recipient(&self, lookup_id: &LookupId) -> Option<HybridRecipient> {
        let contents = self.contents();
        let mailbox = contents.correspondence.mailbox(lookup_id)?;
        let record = contents.record(mailbox.named_by)?.imported()?;
        let blob = record.account.as_ref()?;
        let mut json = Zeroizing::new(Vec::with_capacity(usize::try_from(blob.size).ok()?));
        self.open_blob(blob).read_to_end(&mut json).ok()?;
        let address = match record.follow_up {
            None => Account::parse(&json).ok()?.mailbox,
            Some(_) => FollowUp::parse(&json).ok()?.new_mailbox?,
        };
        // The number is the one that was verified; the recipient stands beside it in the same text.
        (address.lookup_id == *lookup_id).then_some(())?;
        address.recipient.parse().ok()
    }
}

/// A slot that nobody can open, for a mailbox of nobody.
fn dummy(rng: &mut Random) -> Result<(LookupId, Vec<u8>), ExportError> {
    let mut lookup_id = [0; 32];
    rng.fill_bytes(&mut lookup_id);
    let slot = dummy_slot(rng).map_err(|_| VaultError::Damaged)?;
    Ok((LookupId(lookup_id), slot))
}

/// Fisher and Yates; the bias of the remainder is below 2^-50 for so few.
fn shuffle<T>(items: &mut [T], rng: &mut Random) {
    for last in (1..items.len()).rev() {
        let other = rng.next_u64() % (last as u64 + 1);
        items.swap(last, usize::try_from(other).unwrap_or(last));
    }
}

fn write_file(vault: &mut Vault, sent: &SentItem, out: &Path) -> Result<(), ExportError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => ExportError::Exists,
        io::ErrorKind::InvalidData => ExportError::Vault(VaultError::Damaged),
        kind => ExportError::Write(kind),
    };
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".asylia-")
        .suffix(".partial")
        .tempfile_in(folder)
        .map_err(failed)?;
    let mut writer = BufWriter::with_capacity(1 << 20, file.as_file_mut());
    write_bundle(vault, sent, &mut writer).map_err(failed)?;
    writer.flush().map_err(failed)?;
    drop(writer);
    file.as_file().sync_all().map_err(failed)?;
    file.persist_noclobber(out)
        .map_err(|error| failed(error.error))?;
    // The name is durable only when the folder is.
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(failed)
}

fn write_bundle(vault: &mut Vault, sent: &SentItem, out: &mut impl Write) -> io::Result<()> {
    let mut note = String::new();
    vault.open_blob(&sent.note).read_to_string(&mut note)?;
    write_head(out, &note).map_err(io::Error::other)?;
    let batches = vault.contents().correspondence.batches();
    let batches: Option<Vec<BlobRef>> = sent
        .batches
        .iter()
        .map(|batch| batches.get(batch).map(|batch| batch.blob.clone()))
        .collect();
    let mut slot = vec![0; REPLY_SLOT_BYTES];
    for blob in batches.ok_or(io::ErrorKind::InvalidData)? {
        let mut reader = vault.open_blob(&blob);
        for _ in 0..blob.size / REPLY_SLOT_BYTES as u64 {
            reader.read_exact(&mut slot)?;
            write_blob_length(out, slot.len() as u64).map_err(io::Error::other)?;
            out.write_all(&slot)?;
        }
        // To the end: what verifies the last piece.
        io::copy(&mut reader, &mut io::sink())?;
    }
    for _ in &sent.purges {
        write_blob_length(out, 0).map_err(io::Error::other)?;
    }
    if let Some(list) = &sent.list {
        write_blob_length(out, list.size).map_err(io::Error::other)?;
        io::copy(&mut vault.open_blob(list), out)?;
    }
    Ok(())
}
