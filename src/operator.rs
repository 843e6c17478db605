//! The operator's verbs besides `serve`: each opens the data folder, does one thing and says what it did.

use std::{fs, path::Path};

use anyhow::Context;
use asylia_envelope::day::Day;

use crate::{
    acknowledge,
    cli::{AcknowledgeArgs, DoctorArgs, ExportArgs, ImportArgs, StatusArgs},
    clock::{Clock, Rng},
    collection::{CollectionDays, Waiting},
    config,
    data_folder::DataFolder,
    doctor, import,
    process::Check,
    serve, site_manifest,
    status::{self, Status},
    transfer,
};

/// `asylia export`.
///
/// # Errors
/// Those of [`transfer::export`].
pub fn export(args: &ExportArgs) -> anyhow::Result<()> {
    let data = DataFolder::existing(&args.data)?;
    let mut rng = Rng::System;
    let exported =
        serve::runtime()?.block_on(transfer::export(&data, &args.out, Clock::System, &mut rng))?;
    println!(
        "Bundle number {} holds {} records, {} bytes.",
        exported.sequence, exported.records, exported.bytes
    );
    if exported.waiting > 0 {
        println!(
            "{} more records did not fit. Export again to another file until none is left.",
            exported.waiting
        );
    }
    Ok(())
}

/// `asylia acknowledge`.
///
/// # Errors
/// Those of [`acknowledge::read_token`] and [`acknowledge::acknowledge`].
pub fn acknowledge(args: &AcknowledgeArgs) -> anyhow::Result<()> {
    let data = DataFolder::existing(&args.data)?;
    let token = acknowledge::read_token()?;
    let done =
        serve::runtime()?.block_on(acknowledge::acknowledge(&data, &token, Clock::System))?;
    println!(
        "Bundle number {} is acknowledged. {} records were deleted here.",
        done.sequence, done.records
    );
    Ok(())
}

/// `asylia import`.
///
/// # Errors
/// Those of [`import::import`].
pub fn import(args: &ImportArgs) -> anyhow::Result<()> {
    let data = DataFolder::existing(&args.data)?;
    let importing = import::import(&data, &args.file, args.new_count, Clock::System);
    let imported = serve::runtime()?.block_on(importing)?;
    let number = imported.sequence;
    match imported.done {
        Some(done) => println!(
            "Bundle number {number} of the office is taken in: {} new answers for mailboxes (dummies among them), {} \
             answers removed, {} reports that arrived were deleted here.",
            done.replies, done.purged, done.records
        ),
        None => {
            println!("Bundle number {number} of the office was taken in before. Nothing is new.")
        }
    }
    if !imported.missing.is_empty() {
        let numbers: Vec<String> = imported.missing.iter().map(i64::to_string).collect();
        println!(
            "MISSING: bundles of the office that never came here: {}. Ask the office to send what they held again.",
            numbers.join(", ")
        );
    }
    Ok(())
}

/// `asylia status`.
///
/// # Errors
/// Those of [`status::status`].
pub fn status(args: &StatusArgs) -> anyhow::Result<()> {
    status::print(&current(&args.data)?, args.json)
}

/// `asylia doctor`: the process, and what the data folder tells.
///
/// # Errors
/// When a check failed.
pub fn doctor(args: &DoctorArgs) -> anyhow::Result<()> {
    let days = config::collection_days(args.config.as_deref())?;
    let unknown = || Err("unknown".to_owned());
    let (store, bundle, collected) = match current(&args.data) {
        Ok(status) => (
            Ok(format!("{} records", status.records)),
            bundle(&status),
            collected(&status, days),
        ),
        Err(_) => (Err("not readable".to_owned()), unknown(), unknown()),
    };
    let further = vec![
        Check::required(
            "store",
            store,
            "Start `asylia serve` once with this data folder",
        ),
        Check::required(
            "key bundle",
            bundle,
            "Get the office's newest keys.note and start `asylia serve` with it",
        ),
        Check::required(
            "collection",
            collected,
            "Export, have the bundle imported, and acknowledge it; after some more days the form closes itself",
        ),
        Check::required(
            "room on disk",
            room(&args.data),
            "Export, have the bundle imported, or move the data folder to a larger disk",
        ),
        Check::required(
            "site manifest",
            published(&args.data),
            "Publish this release's signed manifest with the key `site_manifest`",
        ),
    ];
    doctor::run(args, further)
}

fn current(data: &Path) -> anyhow::Result<Status> {
    let data = DataFolder::existing(data)?;
    serve::runtime()?.block_on(status::status(&data, Clock::System, &mut Rng::System))
}

/// Warns a fortnight ahead, since a new bundle comes by ceremony and by stick.
fn bundle(status: &Status) -> Result<String, String> {
    let Some(bundle) = &status.bundle else {
        return Err("none accepted".to_owned());
    };
    let finding = format!("number {}, valid to {}", bundle.sequence, bundle.not_after);
    let today = Day::from_days_since_1970(i64::from(Clock::System.today()));
    let soon = today.is_none_or(|today| bundle.not_after < today.plus_days(BUNDLE_WARNING_DAYS));
    if status.accepting && !soon {
        Ok(finding)
    } else {
        Err(finding)
    }
}

/// Warns when the oldest report has waited for days.
fn collected(status: &Status, days: CollectionDays) -> Result<String, String> {
    let Some(day) = status.waiting_since else {
        return Ok("nothing waits".to_owned());
    };
    let finding = format!("the oldest report waits since {day}");
    let today = i64::from(Clock::System.today());
    match days.judge(Some(day.days_since_1970()), today) {
        Waiting::Fine => Ok(finding),
        Waiting::Warn | Waiting::Notice | Waiting::Close => Err(finding),
    }
}

/// Without one nobody can tell what this server sends from what the release serves.
fn published(data: &Path) -> Result<String, String> {
    let unknown = |_| "unknown".to_owned();
    let data = DataFolder::existing(data).map_err(unknown)?;
    let note = data.site_manifest().ok_or("none is published")?;
    site_manifest::check(&note)?;
    let manifest = note.manifest();
    Ok(format!(
        "release {}, {}, signatures: {}",
        manifest.release,
        manifest.day,
        note.signers().len()
    ))
}

/// `asylia site-manifest`.
///
/// # Errors
/// Those of standard output.
pub fn site_manifest() -> anyhow::Result<()> {
    let today = Day::from_days_since_1970(i64::from(Clock::System.today()));
    Ok(site_manifest::print(today.context("the clock is wrong")?)?)
}

fn room(data: &Path) -> Result<String, String> {
    let unknown = || "not readable".to_owned();
    let folder = fs::canonicalize(data).map_err(|_| unknown())?;
    let disk = rustix::fs::statvfs(&folder).map_err(|_| unknown())?;
    let (free, all) = (
        disk.f_bavail.saturating_mul(disk.f_frsize),
        disk.f_blocks.saturating_mul(disk.f_frsize),
    );
    let finding = format!("{} of {} MiB free", free >> 20, all >> 20);
    if free >= LEAST_FREE_BYTES {
        Ok(finding)
    } else {
        Err(finding)
    }
}

const BUNDLE_WARNING_DAYS: i64 = 14;
/// Room for one report of the default limit and its bundle.
const LEAST_FREE_BYTES: u64 = 3 << 30;
