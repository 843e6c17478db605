//! The USB side, the other way: `asylia import` takes in what the office sends: replies, mailboxes to empty, and
//! the list of records that arrived.
//!
//! Trusted is the key bundle that `serve` accepted, and nothing of the file before its signature, place and hashes
//! were checked. A bundle is taken in whole or not at all, and once. What does not fit the bundles before it is an
//! alarm by number, and nothing of it is done.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

use asylia_envelope::{
    signing::OfficeTransfer,
    transfer::{
        BlobLine, OfficeSubject, ToServerNote, TransferError, UntrustedBundle, read_arrived_list,
    },
};

use crate::{
    clock::Clock,
    data_folder::DataFolder,
    error::Advice,
    storage::{
        AnyStore, Incoming, IncomingAction, IncomingBundle, IncomingDone, Store, StoreAddress,
        StoreError,
    },
};

mod place;

pub use place::{Alarm, Place, arrived_without_gap, place};

/// What an import did.
#[derive(Debug, PartialEq, Eq)]
pub struct Imported {
    /// Number of the bundle.
    pub sequence: u64,
    /// What was done; `None` for a bundle that was taken in before.
    pub done: Option<IncomingDone>,
    /// Numbers below the newest that never came, the first of them.
    pub missing: Vec<i64>,
}

/// Takes in the bundle at `file`; `new_count` permits that the office counts anew.
///
/// # Errors
/// [`Advice`] for every reason to refuse; nothing was changed then.
pub async fn import(
    data: &DataFolder,
    file: &Path,
    new_count: bool,
    clock: Clock,
) -> anyhow::Result<Imported> {
    let keys = data.bundle().ok_or_else(|| {
        Advice::failed(
            "The server has accepted no key bundle yet, so no signature of the office can be checked",
            "Start `asylia serve` with a valid key bundle once, then import",
        )
    })?;
    let (file, length) = open(file)?;
    let mut bundle = UntrustedBundle::open_from_office(file, length, &keys.content().office_keys)
        .map_err(|error| refused(&error))?;
    if bundle.note().instance != keys.content().instance {
        return Err(Advice::failed(
            "The bundle is for another office's installation, and nothing was imported",
            "Take the stick to the server that it was made for",
        )
        .into());
    }
    let address: StoreAddress = data.store_address()?.parse()?;
    let store = AnyStore::open(&address).await?;
    let imported = take_in(&store, &mut bundle, new_count, clock).await;
    store.close().await?;
    imported
}

async fn take_in(
    store: &AnyStore,
    bundle: &mut UntrustedBundle<impl Read, OfficeTransfer>,
    new_count: bool,
    clock: Clock,
) -> anyhow::Result<Imported> {
    let state = store.incoming_state().await?;
    let place = place(state.as_ref(), bundle.note(), new_count)?;
    let incoming = Incoming {
        epoch: bundle.note().epoch.0,
        bundle: remembered(bundle.note())?,
        // Every hash is compared before anything is done.
        actions: actions(bundle)?,
    };
    let collected = incoming
        .actions
        .iter()
        .any(|action| matches!(action, IncomingAction::Arrived(_)));
    let done = match place {
        Place::Known => None,
        Place::New => match store.take_incoming(incoming).await {
            Err(StoreError::Exists) => None,
            done => Some(done?),
        },
    };
    if done.is_some() {
        store.scrub().await?;
        if collected {
            store.note_collected(i64::from(clock.today())).await?;
        }
    }
    let state = store.incoming_state().await?;
    Ok(Imported {
        sequence: bundle.note().sequence,
        done,
        missing: state.map_or_else(Vec::new, |state| place::missing(&state)),
    })
}

fn open(path: &Path) -> Result<(BufReader<File>, u64), Advice> {
    let unreadable = || {
        Advice::failed(
            "The file cannot be read",
            "Check that the stick is there, and give the path of the bundle on it",
        )
    };
    let file = File::open(path).map_err(|_| unreadable())?;
    let metadata = file.metadata().map_err(|_| unreadable())?;
    if !metadata.is_file() {
        return Err(unreadable());
    }
    Ok((BufReader::with_capacity(1 << 20, file), metadata.len()))
}

fn remembered(note: &ToServerNote) -> anyhow::Result<IncomingBundle> {
    Ok(IncomingBundle {
        sequence: i64::try_from(note.sequence)?,
        digest: note.digest(),
        previous: note.previous.unwrap_or_default(),
    })
}

/// Reads all blobs into memory, each compared with its digest.
fn actions(
    bundle: &mut UntrustedBundle<impl Read, OfficeTransfer>,
) -> Result<Vec<IncomingAction>, Advice> {
    if bundle.note().blob_bytes() > BLOBS_LIMIT_BYTES {
        return Err(Advice::failed(
            "The bundle is larger than a server takes in at once, and nothing was imported",
            "Ask the office to send its answers in several bundles",
        ));
    }
    let mut actions = Vec::with_capacity(bundle.note().blobs.len());
    loop {
        let mut bytes = Vec::new();
        let blob = bundle.next_blob(|some| {
            bytes.extend_from_slice(some);
            Ok(())
        });
        match blob.map_err(|error| refused(&error))? {
            Some(blob) => actions.push(action(&blob, bytes)?),
            None => return Ok(actions),
        }
    }
}

fn action(blob: &BlobLine<OfficeSubject>, bytes: Vec<u8>) -> Result<IncomingAction, Advice> {
    Ok(match blob.subject {
        OfficeSubject::Reply(lookup) => IncomingAction::Reply {
            lookup: lookup.0,
            digest: blob.sha256,
            slot: bytes,
        },
        OfficeSubject::Purge(lookup) => IncomingAction::Purge(lookup.0),
        OfficeSubject::Arrived => {
            let records = read_arrived_list(&bytes).map_err(|_| damaged())?;
            IncomingAction::Arrived(records.into_iter().map(|record| record.0).collect())
        }
    })
}

fn refused(error: &TransferError) -> Advice {
    let failed = |failed: &str, advice: &str| {
        Advice::failed(format!("{failed}, and nothing was imported"), advice)
    };
    match error {
        TransferError::WrongWay => failed(
            "This is a bundle for the office",
            "Take it to the office's console; import here what the console wrote",
        ),
        TransferError::OtherOffice => failed(
            "The bundle is signed by no key of the office whose key bundle is in force here",
            "Keep the stick and tell the focal point; if the office has new keys, start `asylia serve` with its \
             newest keys.note first",
        ),
        TransferError::Signature => failed(
            "ALARM: the bundle's signature does not verify",
            "Keep the stick and tell the focal point: it was changed or forged on its way",
        ),
        _ => damaged(),
    }
}

fn damaged() -> Advice {
    Advice::failed(
        "The bundle is damaged or is none of this version, and nothing was imported",
        "Copy it from the console to another stick, and import that",
    )
}

/// Some 32 000 replies; they are held in memory until every hash was compared.
const BLOBS_LIMIT_BYTES: u64 = 256 * 1024 * 1024;
