//! `asylia restore`: a backup becomes the data folder of a new server.
//!
//! The restored server begins a new epoch: its next transfer bundle is number 1 and carries everything, since nobody
//! knows which bundles left after the backup was made; the console asks its person to confirm that. Trusts nothing
//! in the file before its end was read: a folder that is not finished is removed again.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::Path,
    str::FromStr,
};

use anyhow::Context;
use asylia_envelope::{
    hybrid::HybridIdentity,
    ids::EpochId,
    key_bundle::{Anchor, UnverifiedBundle},
    seal,
    signing::{SigningKey, Transfer},
};
use rand_core::{CryptoRng, RngCore};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::{
    AnyStore, BundlePin, CHUNK_BYTES, Chunk, DataFolder, EndLine, Envelope, HEADING, Head,
    LINE_BYTES, RecordLine, Store, StoreAddress,
};
use crate::{config::StoreAt, error::Advice};

/// Makes `data`, which must not exist, out of a backup; how many records it holds.
///
/// # Errors
/// [`Advice`] for a folder that exists, a file that `identity` does not open, or one that is damaged or cut.
pub async fn restore(
    data: &Path,
    store: &StoreAt,
    identity: &Path,
    backup: &Path,
    rng: &mut (impl RngCore + CryptoRng),
) -> anyhow::Result<u64> {
    if data.exists() {
        let advice = "Name a folder that does not exist yet with --data; nothing is restored over another server";
        return Err(Advice::failed("The data folder exists already", advice).into());
    }
    let identity = read_identity(identity)?;
    let file = File::open(backup).map_err(|_| unreadable())?;
    let opened = seal::open_with(file, &identity).map_err(|_| unreadable())?;
    let done = fill(data, store, &mut BufReader::new(opened), rng).await;
    if done.is_err() {
        // Only what was made here.
        let _ = fs::remove_dir_all(data);
    }
    done
}

async fn fill(
    data: &Path,
    store_at: &StoreAt,
    from: &mut impl BufRead,
    rng: &mut (impl RngCore + CryptoRng),
) -> anyhow::Result<u64> {
    let mut heading = String::new();
    let length = HEADING.len() as u64;
    from.by_ref()
        .take(length)
        .read_to_string(&mut heading)
        .map_err(|_| unreadable())?;
    if heading != HEADING {
        return Err(unreadable().into());
    }
    let head: Head = parse(&line(from)?)?;
    let folder = DataFolder::create(data)?;
    let address: StoreAddress = store_at.to_string().parse()?;
    let store = AnyStore::open(&address).await?;
    if store.counts().await?.records > 0 || store.bundle_pin().await?.is_some() {
        let advice = "Give an empty database with --store";
        return Err(Advice::failed("The store holds something already", advice).into());
    }
    let unverified = UnverifiedBundle::parse(head.key_bundle.as_bytes());
    let unverified = unverified.map_err(|_| unreadable())?;
    // The backup was sealed by whoever held the server; what the words are worth is judged at its start.
    let anchor = Anchor::Fingerprint(unverified.claimed().fingerprint());
    let bundle = unverified.verify(&anchor, None).map_err(|_| unreadable())?;
    store.pin_instance(fixed(&head.instance)?).await?;
    store
        .set_bundle_pin(BundlePin {
            sequence: head.pin_sequence,
            digest: fixed(&head.pin_digest)?,
        })
        .await?;
    let records = take_records(&store, from).await?;
    store.start_epoch(EpochId::generate(rng).0).await?;
    let seed = Zeroizing::new(fixed(&head.transfer_seed)?);
    folder.set_transfer_key(&SigningKey::<Transfer>::from_seed(&seed))?;
    folder.note_serving(store_at, Some(&bundle))?;
    store.close().await?;
    Ok(records)
}

/// Reads records to the last line, which says how many there must have been, and to the end of the seal.
async fn take_records(store: &AnyStore, from: &mut impl BufRead) -> anyhow::Result<u64> {
    let mut records = 0;
    loop {
        let text = line(from)?;
        let Ok(head) = parse::<RecordLine>(&text) else {
            let end: EndLine = parse(&text)?;
            let nothing = from.fill_buf().map_err(|_| unreadable())?.is_empty();
            return match end.records == records && nothing {
                true => Ok(records),
                false => Err(unreadable().into()),
            };
        };
        take_record(store, &head, from).await?;
        records += 1;
    }
}

async fn take_record(
    store: &AnyStore,
    head: &RecordLine,
    from: &mut impl BufRead,
) -> anyhow::Result<()> {
    let envelope = Envelope {
        record: fixed(&head.record)?,
        day: head.day,
        period: head.period.clone(),
        bundle_sequence: head.bundle_sequence,
        stored_bytes: i64::try_from(head.stored_bytes).map_err(|_| unreadable())?,
    };
    store.begin_upload(envelope.record).await?;
    let (mut left, mut waiting) = (head.stored_bytes, Vec::new());
    for number in 0.. {
        if left == 0 {
            break;
        }
        let now = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK_BYTES);
        let mut bytes = vec![0; now];
        from.read_exact(&mut bytes).map_err(|_| unreadable())?;
        left -= now as u64;
        waiting.push(Chunk { number, bytes });
        if waiting.len() == CHUNKS_TOGETHER && left > 0 {
            let now = std::mem::take(&mut waiting);
            store.append_chunks(envelope.record, now).await?;
        }
    }
    Ok(store.seal_upload(envelope, waiting).await?)
}

fn line(from: &mut impl BufRead) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let mut text = Zeroizing::new(Vec::new());
    from.by_ref()
        .take(LINE_BYTES)
        .read_until(b'\n', &mut text)
        .map_err(|_| unreadable())?;
    match text.pop() {
        Some(b'\n') => Ok(text),
        _ => Err(unreadable().into()),
    }
}

fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, Advice> {
    serde_json::from_slice(text).map_err(|_| unreadable())
}

fn fixed<const N: usize>(text: &str) -> Result<[u8; N], Advice> {
    let mut bytes = [0; N];
    match hex::decode_to_slice(text, &mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(unreadable()),
    }
}

fn read_identity(path: &Path) -> anyhow::Result<HybridIdentity> {
    let text = Zeroizing::new(fs::read_to_string(path).unwrap_or_default());
    let line = text.lines().find(|line| line.starts_with(IDENTITY));
    let identity = line.and_then(|line| HybridIdentity::from_str(line.trim()).ok());
    let advice = "Give the file that `asylia backup-key` made with --identity";
    identity
        .ok_or_else(|| Advice::failed("The file holds no backup key", advice))
        .context("restoring")
}

fn unreadable() -> Advice {
    Advice::failed(
        "The backup cannot be read: it is for another key, damaged or cut off",
        "Check which key it was made for, or take another copy; nothing was restored",
    )
}

const IDENTITY: &str = "AGE-SECRET-KEY-PQ-";
/// 1 MiB.
const CHUNKS_TOGETHER: usize = 16;
