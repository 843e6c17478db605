//! The USB side: `asylia export` writes what was taken in as one signed, numbered bundle.
//!
//! An export carries every record that was not acknowledged, those never exported first, so that a lost stick
//! costs nothing; what does not fit 2 GiB, the limit of FAT32, goes into further bundles. A damaged record goes along as it is: the console names it. Order of the last steps: the
//! file is on its medium, then the store notes it, then it gets its name; a crash between leaves a gap in the
//! numbers, which the console reports, and never two bundles of one number.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
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
    decoys,
    error::Advice,
    import,
    storage::{AnyStore, Envelope, Export, Store, StoreAddress, TransferState, WINDOW_CHUNKS},
};

/// What an export wrote: one bundle of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Exported {
    /// The file.
    pub file: PathBuf,
    /// Number of the bundle.
    pub sequence: u64,
    /// Records in it.
    pub records: usize,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Writes everything that was not acknowledged to `out`, which must not exist; what does not fit one bundle goes
/// into further ones beside it, `-2` and so on behind the name.
///
/// # Errors
/// [`Advice`] when the folder is none of a server, its bundle is missing, or a file exists or cannot be written.
pub async fn export(
    data: &DataFolder,
    out: &Path,
    clock: Clock,
    rng: &mut Rng,
) -> anyhow::Result<Vec<Exported>> {
    export_in_bundles_of(BATCH_LIMIT_BYTES, data, out, clock, rng).await
}

/// As [`export`], with another limit, so that a test can reach it.
///
/// # Errors
/// As [`export`].
pub async fn export_in_bundles_of(
    limit_bytes: i64,
    data: &DataFolder,
    out: &Path,
    clock: Clock,
    rng: &mut Rng,
) -> anyhow::Result<Vec<Exported>> {
    let address: StoreAddress = data.store_address()?.parse()?;
    // Before the store is opened: most slips are in the name.
    free(out)?;
    let keys = data.bundle().ok_or_else(|| {
        Advice::failed(
            "The server has accepted no key bundle yet",
            "Start `asylia serve` with a valid key bundle once, then export",
        )
    })?;
    let store = AnyStore::open(&address).await?;
    let exporting = Exporting {
        store: &store,
        data,
        keys,
        clock,
    };
    let exported = exporting.everything(limit_bytes, out, rng).await;
    store.close().await?;
    exported
}

/// What every bundle of one export shares.
struct Exporting<'a> {
    store: &'a AnyStore,
    data: &'a DataFolder,
    keys: KeyBundle,
    clock: Clock,
}

impl Exporting<'_> {
    async fn everything(
        &self,
        limit_bytes: i64,
        out: &Path,
        rng: &mut Rng,
    ) -> anyhow::Result<Vec<Exported>> {
        // The stick must not tell how many reports came today either.
        let (day, a_day) = (self.today()?, self.data.decoys_a_day());
        decoys::fill(self.store, &self.keys, day, a_day, rng).await?;
        let all = self.store.take_export_batch(i64::MAX).await?;
        let total = all.len();
        let bundles = split(all, limit_bytes);
        let files: Vec<PathBuf> = (1..=bundles.len())
            .map(|number| named(out, number))
            .collect();
        files.iter().try_for_each(|file| free(file))?;
        let mut exported = Vec::with_capacity(files.len());
        for (batch, file) in bundles.iter().zip(&files) {
            let waiting = total.saturating_sub(batch.len()) as u64;
            exported.push(self.bundle(batch, waiting, file, rng).await?);
        }
        Ok(exported)
    }

    async fn bundle(
        &self,
        batch: &[Envelope],
        waiting: u64,
        out: &Path,
        rng: &mut Rng,
    ) -> anyhow::Result<Exported> {
        let store = self.store;
        let state = transfer_state(store, rng).await?;
        let progress = progress_bar(batch);
        let blobs = digests(store, batch, &progress).await?;
        let acknowledged = import::arrived_without_gap(store.incoming_state().await?.as_ref());
        let (note, token_hash) = self.note(&state, (acknowledged, waiting), blobs, rng)?;
        let signed = note.to_signed(&self.data.transfer_key(rng)?);
        let file = write_bundle(store, &note, &signed, out, &progress).await?;
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
        store.note_collected(i64::from(self.clock.today())).await?;
        progress.finish_and_clear();
        Ok(Exported {
            file: out.to_owned(),
            sequence: note.sequence,
            records: note.blobs.len(),
            bytes: bundle_bytes(signed.len() as u64, &note.blobs),
        })
    }

    fn today(&self) -> anyhow::Result<Day> {
        let today = i64::from(self.clock.today());
        Day::from_days_since_1970(today).context("the clock is out of range")
    }

    fn note(
        &self,
        state: &TransferState,
        (acknowledged, waiting): (u64, u64),
        blobs: Vec<BlobLine>,
        rng: &mut Rng,
    ) -> anyhow::Result<(TransferNote, [u8; 32])> {
        let day = self.today()?;
        let token = AcknowledgementToken::generate(rng);
        // Whoever opens the bundle's last period can acknowledge; after its end the newest one still can.
        let period = self.keys.period_on(day).ok();
        let period = period.or(self.keys.content().periods.last());
        let intake = &period.context("the key bundle holds no period")?.intake;
        let note = TransferNote {
            instance: InstanceId(self.keys.content().instance.0),
            epoch: EpochId(state.epoch),
            sequence: u64::try_from(state.sequence).unwrap_or_default() + 1,
            previous: (state.sequence > 0).then_some(state.digest),
            day,
            acknowledged,
            waiting,
            token: token.seal(intake).context("the token cannot be sealed")?,
            signer: self.data.transfer_key(rng)?.verifying_key(),
            blobs,
        };
        Ok((note, token.hash()))
    }
}

/// Cuts an export into bundles of at most `limit_bytes` of records; one bundle at least, though it be empty.
fn split(all: Vec<Envelope>, limit_bytes: i64) -> Vec<Vec<Envelope>> {
    let (mut bundles, mut bytes) = (vec![Vec::new()], 0);
    for envelope in all {
        let full = bytes > 0 && bytes + envelope.stored_bytes > limit_bytes;
        if full {
            bundles.push(Vec::new());
            bytes = 0;
        }
        bytes += envelope.stored_bytes;
        if let Some(last) = bundles.last_mut() {
            last.push(envelope);
        }
    }
    bundles
}

/// The file of the bundle with this number, from 1, of one export.
fn named(out: &Path, number: usize) -> PathBuf {
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    if number == 1 {
        return out.to_owned();
    }
    let ending = out.extension().map(|ending| ending.to_string_lossy());
    let ending = ending.map_or_else(String::new, |ending| format!(".{ending}"));
    out.with_file_name(format!("{stem}-{number}{ending}"))
}

fn free(file: &Path) -> Result<(), Advice> {
    match file.exists() {
        true => Err(Advice::failed(
            "The file exists already",
            "Give another name with --out",
        )),
        false => Ok(()),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sizes: &[i64]) -> Vec<Envelope> {
        let envelope = |(record, stored_bytes): (u8, &i64)| Envelope {
            record: [record; 16],
            day: 20_780,
            period: "2026-Q4".to_owned(),
            bundle_sequence: 1,
            stored_bytes: *stored_bytes,
        };
        (0..).zip(sizes).map(envelope).collect()
    }

    #[test]
    fn an_export_is_cut_where_a_bundle_is_full_and_never_loses_a_record() {
        let counts = |sizes: &[i64]| -> Vec<usize> {
            let bundles = split(of(sizes), 100);
            assert_eq!(bundles.concat(), of(sizes), "in their order, each once");
            bundles.iter().map(Vec::len).collect()
        };
        assert_eq!(counts(&[]), [0]);
        assert_eq!(counts(&[40, 60]), [2]);
        assert_eq!(counts(&[40, 61, 39, 1]), [1, 2, 1]);
        // Larger than a bundle: alone, so that writing it fails and names it rather than the rest.
        assert_eq!(counts(&[10, 200, 10]), [1, 1, 1]);
    }

    #[test]
    fn further_bundles_lie_beside_the_first() {
        let names = |out: &str| {
            [1, 2, 10].map(|number| named(Path::new(out), number).display().to_string())
        };
        assert_eq!(
            names("/media/a.b.asylia"),
            [
                "/media/a.b.asylia",
                "/media/a.b-2.asylia",
                "/media/a.b-10.asylia"
            ]
        );
        assert_eq!(
            names("stick/out"),
            ["stick/out", "stick/out-2", "stick/out-10"]
        );
    }
}
