//! The USB side: `asylia export` writes what was taken in as one signed, numbered bundle.
//!
//! A bundle carries every record that was not acknowledged, those never exported first, so that a lost stick
//! costs nothing. A damaged record goes along as it is: the console names it. Order of the last steps: the
//! file is on its medium, then the store notes it, then it gets its name; a crash between leaves a gap in the
//! numbers, which the console reports, and never two bundles of one number.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use anyhow::Context;
use asylia_envelope::{
    acknowledgement::AcknowledgementToken,
    day::Day,
    ids::{EpochId, InstanceId, RecordId},
    key_bundle::KeyBundle,
    transfer::{
        BUNDLE_LIMIT_BYTES, BlobLine, RecordSubject, TransferNote, bundle_bytes, write_blob_length,
        write_head,
    },
};
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::{
    clock::{Clock, Rng},
    data_folder::DataFolder,
    error::Advice,
    import,
    storage::{AnyStore, Envelope, Export, Store, StoreAddress, TransferState, WINDOW_CHUNKS},
};

/// What an export wrote.
#[derive(Debug, PartialEq, Eq)]
pub struct Exported {
    /// Number of the bundle.
    pub sequence: u64,
    /// Records in it.
    pub records: usize,
    /// Bytes of the file.
    pub bytes: u64,
    /// Records that did not fit and wait for the next bundle.
    pub waiting: u64,
}

/// Writes the next bundle to `out`, which must not exist.
///
/// # Errors
/// [`Advice`] when the folder is none of a server, its bundle is missing, or `out` exists or cannot be written.
pub async fn export(
    data: &DataFolder,
    out: &Path,
    clock: Clock,
    rng: &mut Rng,
) -> anyhow::Result<Exported> {
    if out.exists() {
        return Err(
            Advice::failed("The file exists already", "Give another name with --out").into(),
        );
    }
    let bundle = data.bundle().ok_or_else(|| {
        Advice::failed(
            "The server has accepted no key bundle yet",
            "Start `asylia serve` with a valid key bundle once, then export",
        )
    })?;
    let address: StoreAddress = data.store_address()?.parse()?;
    let store = AnyStore::open(&address).await?;
    let state = transfer_state(&store, rng).await?;
    let batch = store.take_export_batch(BATCH_LIMIT_BYTES).await?;
    let waiting = waiting(&store, batch.len()).await?;
    let progress = progress_bar(&batch);
    let blobs = digests(&store, &batch, &progress).await?;
    let acknowledged = import::arrived_without_gap(store.incoming_state().await?.as_ref());
    let (note, token_hash) = note(
        &bundle,
        &state,
        (acknowledged, waiting),
        blobs,
        data,
        clock,
        rng,
    )?;
    let signed = note.to_signed(&data.transfer_key(rng)?);
    let file = write_bundle(&store, &note, &signed, out, &progress).await?;
    store
        .record_export(Export {
            epoch: state.epoch,
            sequence: state.sequence + 1,
            digest: note.digest(),
            token_hash,
            records: batch.iter().map(|envelope| envelope.record).collect(),
        })
        .await?;
    file.persist_noclobber(out).map_err(|_| cannot_write())?;
    sync_folder(out)?;
    store.note_collected(i64::from(clock.today())).await?;
    progress.finish_and_clear();
    store.close().await?;
    let bytes = bundle_bytes(signed.len() as u64, &note.blobs);
    Ok(Exported {
        sequence: note.sequence,
        records: note.blobs.len(),
        bytes,
        waiting,
    })
}

/// Where the numbering stands; the first export begins the epoch.
async fn transfer_state(store: &AnyStore, rng: &mut Rng) -> anyhow::Result<TransferState> {
    if let Some(state) = store.transfer_state().await? {
        return Ok(state);
    }
    store.start_epoch(EpochId::generate(rng).0).await?;
    store
        .transfer_state()
        .await?
        .context("the store does not keep its epoch")
}

async fn waiting(store: &AnyStore, taken: usize) -> anyhow::Result<u64> {
    let records = u64::try_from(store.counts().await?.records).unwrap_or_default();
    Ok(records.saturating_sub(taken as u64))
}

/// First pass: what each record's bytes are today, damage included.
async fn digests(
    store: &AnyStore,
    batch: &[Envelope],
    progress: &ProgressBar,
) -> anyhow::Result<Vec<BlobLine>> {
    let mut blobs = Vec::with_capacity(batch.len());
    for envelope in batch {
        let (mut digest, mut size) = (Sha256::new(), 0);
        each_chunk(store, envelope, |bytes| {
            digest.update(bytes);
            size += bytes.len() as u64;
            progress.inc(bytes.len() as u64);
            Ok(())
        })
        .await?;
        blobs.push(BlobLine {
            sha256: digest.finalize().into(),
            subject: RecordSubject {
                record_id: RecordId(envelope.record),
                period: envelope.period.clone(),
            },
            size,
        });
    }
    Ok(blobs)
}

fn note(
    bundle: &KeyBundle,
    state: &TransferState,
    (acknowledged, waiting): (u64, u64),
    blobs: Vec<BlobLine>,
    data: &DataFolder,
    clock: Clock,
    rng: &mut Rng,
) -> anyhow::Result<(TransferNote, [u8; 32])> {
    let day =
        Day::from_days_since_1970(i64::from(clock.today())).context("the clock is out of range")?;
    let token = AcknowledgementToken::generate(rng);
    // Whoever opens the bundle's last period can acknowledge; after its end the newest one still can.
    let period = bundle
        .period_on(day)
        .ok()
        .or(bundle.content().periods.last());
    let intake = &period.context("the key bundle holds no period")?.intake;
    let note = TransferNote {
        instance: InstanceId(bundle.content().instance.0),
        epoch: EpochId(state.epoch),
        sequence: u64::try_from(state.sequence).unwrap_or_default() + 1,
        previous: (state.sequence > 0).then_some(state.digest),
        day,
        acknowledged,
        waiting,
        token: token.seal(intake).context("the token cannot be sealed")?,
        signer: data.transfer_key(rng)?.verifying_key(),
        blobs,
    };
    Ok((note, token.hash()))
}

/// Second pass: writes the file beside its later name and syncs it.
async fn write_bundle(
    store: &AnyStore,
    note: &TransferNote,
    signed: &str,
    out: &Path,
    progress: &ProgressBar,
) -> anyhow::Result<NamedTempFile> {
    let folder = folder_of(out);
    let mut file = tempfile::Builder::new()
        .prefix(".asylia-")
        .suffix(".partial")
        .tempfile_in(folder)
        .map_err(|_| cannot_write())?;
    let mut writer = BufWriter::with_capacity(1 << 20, file.as_file_mut());
    write_head(&mut writer, signed).map_err(|_| cannot_write())?;
    for blob in &note.blobs {
        write_blob_length(&mut writer, blob.size).map_err(|_| cannot_write())?;
        let mut digest = Sha256::new();
        let record = Envelope {
            record: blob.subject.record_id.0,
            day: 0,
            period: String::new(),
            bundle_sequence: 0,
            stored_bytes: 0,
        };
        each_chunk(store, &record, |bytes| {
            digest.update(bytes);
            progress.inc(bytes.len() as u64);
            writer.write_all(bytes)
        })
        .await?;
        if <[u8; 32]>::from(digest.finalize()) != blob.sha256 {
            return Err(Advice::failed(
                "A record changed while it was read",
                "Check the disk, then export again",
            )
            .into());
        }
    }
    writer.flush().map_err(|_| cannot_write())?;
    drop(writer);
    file.as_file().sync_all().map_err(|_| cannot_write())?;
    Ok(file)
}

async fn each_chunk(
    store: &AnyStore,
    envelope: &Envelope,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> anyhow::Result<()> {
    let mut from = Some(0);
    while let Some(number) = from {
        let window = store
            .read_chunks(envelope.record, number, WINDOW_CHUNKS)
            .await?;
        for chunk in &window.chunks {
            take(&chunk.bytes).map_err(|_| cannot_write())?;
        }
        from = window.next;
    }
    Ok(())
}

fn progress_bar(batch: &[Envelope]) -> ProgressBar {
    let bytes: i64 = batch.iter().map(|envelope| envelope.stored_bytes).sum();
    // Hidden by itself when standard error is no terminal.
    let bar = ProgressBar::new(2 * u64::try_from(bytes).unwrap_or_default());
    let style = ProgressStyle::with_template("exporting {wide_bar} {bytes}/{total_bytes} {eta}");
    bar.set_style(style.expect("the template is well formed"));
    bar
}

/// The name of a file is durable only when its folder is.
fn sync_folder(out: &Path) -> anyhow::Result<()> {
    File::open(folder_of(out))
        .and_then(|folder| folder.sync_all())
        .map_err(|_| cannot_write().into())
}

fn folder_of(out: &Path) -> &Path {
    out.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."))
}

fn cannot_write() -> Advice {
    Advice::failed(
        "The bundle cannot be written",
        "Check that the stick is there, writable and has room, then export again",
    )
}

/// Room for the note (some 150 bytes a record, so 100 000 records) and the frames.
const BATCH_LIMIT_BYTES: i64 = BUNDLE_LIMIT_BYTES as i64 - 16 * 1024 * 1024;
