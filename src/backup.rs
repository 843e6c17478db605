//! `asylia backup`: everything that a new server needs to go on, in one age file to a key that is kept offline.
//! Written while the server runs, from either engine; `docs/FORMAT.md#backup` has the bytes.
//!
//! In it: the sealed records, the accepted key bundle, and the key that signs transfer bundles. Not in it: replies
//! (the console sends them again), and what was exported when (a restored server counts anew, see [`restore`]).
//! Whoever finds a backup learns its size; whoever opens one learns what the server's disk tells, and can sign in
//! its name.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
    str::FromStr,
};

use anyhow::Context;
use asylia_envelope::{hybrid::HybridIdentity, hybrid::HybridRecipient, seal::Sealer};
use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use zeroize::{Zeroize, Zeroizing};

use crate::{
    clock::Rng,
    data_folder::DataFolder,
    error::Advice,
    storage::{
        AnyStore, BundlePin, CHUNK_BYTES, Chunk, Envelope, Store, StoreAddress, WINDOW_CHUNKS,
    },
};

pub mod restore;

/// First line of what is sealed.
const HEADING: &str = "asylia backup 1\n";
/// Largest line of it: a key bundle has a few KiB.
const LINE_BYTES: u64 = 1024 * 1024;

/// The second line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    /// Hexadecimal.
    instance: String,
    key_bundle: String,
    pin_sequence: i64,
    pin_digest: String,
    /// Seed of the key that signs transfer bundles, hexadecimal. A secret: no `Debug`.
    transfer_seed: String,
}

impl Drop for Head {
    fn drop(&mut self) {
        self.transfer_seed.zeroize();
    }
}

/// The line before a record's bytes; the last line of all has no `record`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordLine {
    record: String,
    day: i64,
    period: String,
    bundle_sequence: i64,
    stored_bytes: u64,
}

/// The last line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndLine {
    records: u64,
}

/// What a backup holds.
#[derive(Debug, PartialEq, Eq)]
pub struct BackedUp {
    /// Records in it.
    pub records: u64,
    /// Those among them of which the disk lost a part.
    pub damaged: u64,
}

/// Writes a backup of `data` to `out`, which must not exist.
///
/// # Errors
/// [`Advice`] for a folder without a server, a file that is no recipient, or an `out` that cannot be written.
pub async fn backup(data: &DataFolder, to: &Path, out: &Path) -> anyhow::Result<BackedUp> {
    if out.exists() {
        let advice = "Give another name with --out";
        return Err(Advice::failed("The file exists already", advice).into());
    }
    let recipient = recipient(to)?;
    let bundle = data.bundle().ok_or_else(|| {
        Advice::failed(
            "The server has accepted no key bundle yet, so there is nothing to keep",
            "Start `asylia serve` with a valid key bundle once",
        )
    })?;
    let address: StoreAddress = data.store_address()?.parse()?;
    let store = AnyStore::open(&address).await?;
    let pin = store
        .bundle_pin()
        .await?
        .context("no key bundle is pinned")?;
    let seed = data.transfer_key(&mut Rng::System)?.seed();
    let head = Head {
        instance: hex::encode(bundle.content().instance.0),
        key_bundle: bundle.note().to_owned(),
        pin_sequence: pin.sequence,
        pin_digest: hex::encode(pin.digest),
        transfer_seed: hex::encode(*seed),
    };
    let mut file = tempfile::Builder::new()
        .prefix(".asylia-")
        .suffix(".partial")
        .tempfile_in(folder_of(out))
        .map_err(|_| cannot_write())?;
    let done = write(&store, &recipient, &head, &mut file).await?;
    store.close().await?;
    file.as_file().sync_all().map_err(|_| cannot_write())?;
    file.persist_noclobber(out).map_err(|_| cannot_write())?;
    let folder = File::open(folder_of(out)).and_then(|folder| folder.sync_all());
    folder.map_err(|_| cannot_write())?;
    Ok(done)
}

/// Makes the key to which backups are sealed: its secret half into `out`, its public half as the answer.
///
/// # Errors
/// [`Advice`] when `out` exists or cannot be written.
pub fn new_key(out: &Path, rng: &mut (impl RngCore + CryptoRng)) -> anyhow::Result<String> {
    let mut seed = Zeroizing::new([0; 32]);
    rng.fill_bytes(&mut *seed);
    let identity = HybridIdentity::from_seed(&seed);
    let text = identity.to_secret_text();
    // A temporary file has mode 0600 from its first moment.
    let mut file = NamedTempFile::new_in(folder_of(out)).map_err(|_| cannot_write())?;
    writeln!(file, "{}", &*text)
        .and_then(|()| file.as_file().sync_all())
        .map_err(|_| cannot_write())?;
    file.persist_noclobber(out).map_err(|_| cannot_write())?;
    Ok(identity.to_recipient().to_string())
}

async fn write(
    store: &AnyStore,
    recipient: &HybridRecipient,
    head: &Head,
    file: &mut NamedTempFile,
) -> anyhow::Result<BackedUp> {
    let writer = BufWriter::with_capacity(1 << 20, file.as_file_mut());
    let mut sealer = Sealer::new(recipient, writer).map_err(|_| cannot_write())?;
    sealer.write_all(HEADING.as_bytes()).map_err(failed)?;
    line(&mut sealer, head)?;
    let mut done = BackedUp {
        records: 0,
        damaged: 0,
    };
    let mut after = None;
    loop {
        let page = store.list_envelopes(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.envelope.record);
        for listed in &page {
            let lost = record(store, &listed.envelope, &mut sealer).await?;
            done.records += 1;
            done.damaged += u64::from(lost);
        }
    }
    let end = EndLine {
        records: done.records,
    };
    line(&mut sealer, &end)?;
    let mut writer = sealer.finish().map_err(failed)?;
    writer.flush().map_err(failed)?;
    Ok(done)
}

/// Writes one record: its line, then exactly its bytes. What the disk lost of it is zeros, so that the rest goes
/// along and the console names it; whether there was such a place.
async fn record(
    store: &AnyStore,
    envelope: &Envelope,
    out: &mut impl Write,
) -> anyhow::Result<bool> {
    let stored_bytes = u64::try_from(envelope.stored_bytes).context("a record has no length")?;
    let head = RecordLine {
        record: hex::encode(envelope.record),
        day: envelope.day,
        period: envelope.period.clone(),
        bundle_sequence: envelope.bundle_sequence,
        stored_bytes,
    };
    line(out, &head)?;
    let (mut written, mut from, mut lost) = (0, Some(0), false);
    while let Some(number) = from {
        let window = store
            .read_chunks(envelope.record, number, WINDOW_CHUNKS)
            .await?;
        for chunk in &window.chunks {
            let begins = u64::try_from(chunk.number)? * CHUNK_BYTES as u64;
            lost |= begins != written;
            zeros(out, begins.saturating_sub(written))?;
            out.write_all(&chunk.bytes).map_err(failed)?;
            written = begins + chunk.bytes.len() as u64;
        }
        from = window.next;
    }
    lost |= written != stored_bytes;
    zeros(out, stored_bytes.saturating_sub(written))?;
    Ok(lost)
}

fn zeros(out: &mut impl Write, mut count: u64) -> anyhow::Result<()> {
    let some = [0; CHUNK_BYTES];
    while count > 0 {
        let now = usize::try_from(count)
            .unwrap_or(usize::MAX)
            .min(CHUNK_BYTES);
        out.write_all(some.get(..now).unwrap_or(&some))
            .map_err(failed)?;
        count -= now as u64;
    }
    Ok(())
}

fn line(out: &mut impl Write, value: &impl Serialize) -> anyhow::Result<()> {
    let mut text = Zeroizing::new(serde_json::to_vec(value)?);
    text.push(b'\n');
    out.write_all(&text).map_err(failed)
}

fn recipient(path: &Path) -> Result<HybridRecipient, Advice> {
    let text = std::fs::read_to_string(path).ok();
    let recipient = text.and_then(|text| HybridRecipient::from_str(text.trim()).ok());
    recipient.ok_or_else(|| {
        Advice::failed(
            "The file given with --to holds no recipient (age1pq1…)",
            "Make a key with `asylia backup-key` on an offline computer, and bring here what it prints",
        )
    })
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn failed(_: io::Error) -> anyhow::Error {
    cannot_write().into()
}

fn cannot_write() -> Advice {
    Advice::failed(
        "The file cannot be written",
        "Check that its folder is there, has room, and holds no file of that name",
    )
}

/// Records asked for at a time.
const PAGE: u32 = 256;
