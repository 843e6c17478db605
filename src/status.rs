//! `asylia status`: what is stored and whether the form is open, as lines or as JSON.

use std::io::{self, Write};

use asylia_envelope::day::Day;
use serde::Serialize;

use crate::{
    clock::{Clock, Rng},
    data_folder::DataFolder,
    keys_install::last_day,
    storage::{AnyStore, Store, StoreAddress},
};

/// What an operator may know: counts and public keys.
#[derive(Debug, Serialize)]
pub struct Status {
    /// Sealed records.
    pub records: i64,
    /// Those that no bundle carried yet.
    pub unexported: i64,
    /// Bytes of all records, in size classes.
    pub bytes: i64,
    /// The first day on which a record arrived that nobody has acknowledged yet.
    pub waiting_since: Option<Day>,
    /// Whether reports can be taken today.
    pub accepting: bool,
    /// The key that signs this server's bundles, base64; `import --server-key` compares it.
    pub server_key: String,
    /// The key bundle in force, if there is one.
    pub bundle: Option<BundleStatus>,
}

/// The key bundle, as far as an operator needs it.
#[derive(Debug, Serialize)]
pub struct BundleStatus {
    /// The office, in the bundle's words.
    pub office: String,
    /// Its number.
    pub sequence: u64,
    /// Its last day.
    pub not_after: Day,
    /// The last day on which reports can be taken with it: its own, or its last period's.
    pub last_day: Day,
    /// Whether it is a throwaway office's.
    pub demo: bool,
}

/// Gathers the status of a data folder; may run while `serve` does.
///
/// # Errors
/// When the folder or its store cannot be read.
pub async fn status(data: &DataFolder, clock: Clock, rng: &mut Rng) -> anyhow::Result<Status> {
    let address: StoreAddress = data.store_address()?.parse()?;
    let store = AnyStore::open(&address).await?;
    let counts = store.counts().await?;
    let oldest = store.oldest_day().await?;
    // Closing scrubs, which a reader of the serving process may be in the way of. Nothing was deleted here.
    let _scrubbed = store.close().await;
    let bundle = data.bundle();
    let today = Day::from_days_since_1970(i64::from(clock.today()));
    let accepting = bundle
        .as_ref()
        .zip(today)
        .is_some_and(|(bundle, today)| bundle.period_on(today).is_ok());
    Ok(Status {
        records: counts.records,
        unexported: counts.unexported,
        bytes: counts.stored_bytes,
        waiting_since: oldest.and_then(Day::from_days_since_1970),
        accepting,
        server_key: data.transfer_key(rng)?.verifying_key().to_string(),
        bundle: bundle.map(|bundle| BundleStatus {
            office: bundle.content().office.clone(),
            sequence: bundle.sequence(),
            not_after: bundle.content().not_after,
            last_day: last_day(&bundle),
            demo: bundle.content().demo,
        }),
    })
}

/// Prints a status.
///
/// # Errors
/// Those of standard output.
pub fn print(status: &Status, json: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut out, status)?;
        writeln!(out)?;
        return Ok(());
    }
    writeln!(
        out,
        "records     {} ({} not exported yet)",
        status.records, status.unexported
    )?;
    writeln!(out, "bytes       {}", status.bytes)?;
    if let Some(day) = status.waiting_since {
        writeln!(
            out,
            "waiting     since {day} for the office's acknowledgement"
        )?;
    }
    writeln!(
        out,
        "form        {}",
        if status.accepting { "open" } else { "closed" }
    )?;
    writeln!(out, "server key  {}", status.server_key)?;
    match &status.bundle {
        Some(bundle) => {
            let demo = if bundle.demo { ", DEMO KEYS" } else { "" };
            writeln!(
                out,
                "key bundle  number {} of “{}”, valid to {}{demo}",
                bundle.sequence, bundle.office, bundle.not_after
            )?;
        }
        None => writeln!(out, "key bundle  none accepted yet")?,
    }
    Ok(())
}
