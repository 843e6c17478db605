//! The operator's verbs besides `serve`: each opens the data folder, does one thing and says what it did.

use std::{fs, os::unix::fs::FileTypeExt, path::Path};

use anyhow::Context;
use asylia_envelope::day::Day;

use crate::{
    acknowledge, backup,
    cli::{
        AcknowledgeArgs, BackupArgs, BackupKeyArgs, DoctorArgs, ExportArgs, ImportArgs, NoticeArgs,
        PairArgs, RestoreArgs, StatusArgs,
    },
    clock::{Clock, Rng},
    collection::{CollectionDays, Waiting},
    config,
    data_folder::DataFolder,
    doctor,
    error::Advice,
    import, notice, pairing,
    process::Check,
    sandbox::Calls,
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
    for bundle in &exported {
        println!(
            "Bundle number {} holds {} records, {} bytes.",
            bundle.sequence, bundle.records, bundle.bytes
        );
        if exported.len() > 1 {
            println!("It is the file {}.", bundle.file.display());
        }
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

/// `asylia backup`.
///
/// # Errors
/// Those of [`backup::backup`].
pub fn backup(args: &BackupArgs) -> anyhow::Result<()> {
    let data = DataFolder::existing(&args.data)?;
    let done = serve::runtime()?.block_on(backup::backup(&data, &args.to, &args.out))?;
    println!("The backup holds {} records.", done.records);
    if done.damaged > 0 {
        println!(
            "DAMAGED: of {} of them the disk lost a part. Check the disk, export, and tell the office.",
            done.damaged
        );
    }
    Ok(())
}

/// `asylia backup-key`.
///
/// # Errors
/// Those of [`backup::new_key`].
pub fn backup_key(args: &BackupKeyArgs) -> anyhow::Result<()> {
    println!("{}", backup::new_key(&args.out, &mut Rng::System)?);
    Ok(())
}

/// `asylia restore`.
///
/// # Errors
/// Those of [`backup::restore::restore`].
pub fn restore(args: &RestoreArgs) -> anyhow::Result<()> {
    let store = config::store_at(args.store.as_deref(), &args.data)?;
    let mut rng = Rng::System;
    let restoring =
        backup::restore::restore(&args.data, &store, &args.identity, &args.backup, &mut rng);
    let records = serve::runtime()?.block_on(restoring)?;
    println!(
        "{records} records are restored. The server counts its bundles anew: tell the office, whose console asks."
    );
    println!("Answers for mailboxes are not in a backup: ask the office to send them again.");
    Ok(())
}

/// `asylia pair`.
///
/// # Errors
/// Those of [`pairing::pair`].
pub fn pair(args: &PairArgs) -> anyhow::Result<()> {
    pairing::pair(&DataFolder::existing(&args.data)?, &mut Rng::System)
}

/// `asylia notice`: once by hand, or every day as the child of `serve`.
///
/// # Errors
/// [`Advice`] when the configuration names no command, or it fails.
pub fn notice(args: &NoticeArgs) -> anyhow::Result<()> {
    if !args.daily.is_empty() {
        return notice::every_day(&args.daily, Clock::System);
    }
    let command = config::notice_command(args.config.as_deref())?.ok_or_else(|| {
        Advice::failed(
            "The configuration names no command for the daily notice",
            "Set `notice_command`; packaging/asylia.example.toml explains it",
        )
    })?;
    Ok(notice::give(&command)?)
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
    let socket = tor_socket(config::onion_socket(args.config.as_deref())?.as_deref());
    let further = vec![
        Check::required(
            "tor's socket",
            socket,
            "Start the server, and see that the unit has RuntimeDirectory=asylia and tor's user is in its group",
        ),
        Check::required(
            "store",
            store,
            "Start `asylia serve` once with this data folder",
        ),
        Check::required(
            "key bundle",
            bundle,
            "Get the office's newest keys.note and give it to `asylia keys install`",
        ),
        Check::required(
            "collection",
            collected,
            "Export, have the bundle imported, and acknowledge it; after some more days the form closes itself",
        ),
        Check::required(
            "pairing",
            paired(&args.data),
            "Compare the keys with the office: `asylia pair`",
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
    doctor::run(args, further, calls(&args.data))
}

/// Which system calls `serve` permits itself on this data folder.
fn calls(data: &Path) -> Calls {
    let address = DataFolder::existing(data)
        .ok()
        .and_then(|data| data.store_address().ok());
    match address {
        Some(address) if address.starts_with("postgres:") => Calls::Postgres,
        _ => Calls::Sqlite,
    }
}

fn current(data: &Path) -> anyhow::Result<Status> {
    let data = DataFolder::existing(data)?;
    serve::runtime()?.block_on(status::status(&data, Clock::System, &mut Rng::System))
}

fn bundle(status: &Status) -> Result<String, String> {
    let Some(bundle) = &status.bundle else {
        return Err("none accepted".to_owned());
    };
    let today = Day::from_days_since_1970(i64::from(Clock::System.today()));
    let left = today.map(|today| bundle.last_day.days_since_1970() - today.days_since_1970());
    let (sequence, last) = (bundle.sequence, bundle.last_day);
    let finding = format!("number {sequence}, good for reports to {last}");
    let warning = match left {
        _ if !status.accepting => Some("the form is closed"),
        // A demonstration has no ceremony to plan.
        Some(days) if days <= URGENT_DAYS || !bundle.demo => warning(days),
        Some(_) => None,
        None => Some("this machine's date is not usable"),
    };
    match (warning, left) {
        (None, _) => Ok(finding),
        (Some(warning), Some(days)) if days >= 0 => {
            Err(format!("{finding}, in {days} days: {warning}"))
        }
        (Some(warning), _) => Err(format!("{finding}: {warning}")),
    }
}

/// What is due with so many days left, since new keys come by a meeting and by stick.
fn warning(days: i64) -> Option<&'static str> {
    if days <= URGENT_DAYS {
        Some("without a new key bundle the form closes then")
    } else if days <= LATE_DAYS {
        Some("the ceremony of the year is overdue")
    } else if days <= EARLY_DAYS {
        Some("the office should hold its ceremony of the year now")
    } else {
        None
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

/// Whether the keys in force were compared with the office; a demonstration has nobody to compare with.
fn paired(data: &Path) -> Result<String, String> {
    let data = DataFolder::existing(data).map_err(|_| "unknown".to_owned())?;
    if data.bundle().is_some_and(|bundle| bundle.content().demo) {
        return Ok("not needed for a demonstration".to_owned());
    }
    pairing::finding(&data, &mut Rng::System)
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

/// Whether tor finds a socket where the configuration says that it is.
fn tor_socket(path: Option<&Path>) -> Result<String, String> {
    let Some(path) = path else {
        return Ok("none is configured".to_owned());
    };
    match fs::metadata(path) {
        Ok(found) if found.file_type().is_socket() => Ok(path.display().to_string()),
        Ok(_) => Err(format!("{} is no socket", path.display())),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
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

const EARLY_DAYS: i64 = 60;
const LATE_DAYS: i64 = 30;
const URGENT_DAYS: i64 = 7;
/// Room for one report of the default limit and its bundle.
const LEAST_FREE_BYTES: u64 = 3 << 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_last_period_is_announced_three_times() {
        assert_eq!((warning(61), warning(1000)), (None, None));
        let said: Vec<_> = [60, 31, 30, 8, 7, 0, -1].map(warning).to_vec();
        assert!(said.iter().all(Option::is_some));
        let [early, late, urgent] = [0, 2, 4].map(|at: usize| said.get(at).copied());
        assert!(early != late && late != urgent && early != urgent);
        assert_eq!(
            [said.get(1), said.get(3)].map(|s| s.copied()),
            [early, late]
        );
    }
}
