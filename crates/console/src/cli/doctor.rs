//! `doctor`: what is damaged, by name. Reads everything, changes nothing.

use asylia_envelope::{day::Day, key_bundle::KeyBundle};
use serde::Serialize;

use super::{DoctorArgs, Failure, desk::Desk};
use crate::{
    access::Verb,
    l10n::Texts,
    lockdown::{Lock, LockdownError, Refused},
    vault::{Vault, chain::Fault, header::VAULT_VERSION},
};

/// What doctor found.
#[derive(Serialize)]
struct Report {
    vault_version: i64,
    kdf_mib: u32,
    kdf_passes: u32,
    events: u64,
    imported: usize,
    quarantined: usize,
    identities: usize,
    bundles: usize,
    key_bundle: bool,
    /// The last day on which reports can be sealed under the key bundle, and what is due before it.
    keys_until: Option<Day>,
    keys_due: Option<Due>,
    /// Whether the kernel refuses this program every socket, tried just now.
    off_the_network: bool,
    damaged_rows: Vec<String>,
    damaged_records: Vec<String>,
    file_faults: Vec<String>,
}

/// What the office's keys ask for, since new ones come by a meeting and by stick: the same days as on the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Due {
    /// 60 days ahead.
    Meeting,
    /// 30 days ahead.
    Overdue,
    /// 7 days ahead.
    Urgent,
    /// Nothing can be sealed any more.
    Over,
}

/// Checks the vault; fails when something is damaged.
pub(super) fn run(desk: &Desk, args: &DoctorArgs) -> Result<(), Failure> {
    let mut vault = desk.open(&args.vault, Verb::Doctor)?;
    let report = examine(&mut vault)?;
    if args.json {
        let json = serde_json::to_string(&report).map_err(|error| {
            Failure(format!(
                "The result cannot be printed: {error}. Run it without `--json`."
            ))
        })?;
        println!("{json}");
    } else {
        print(&report);
    }
    if !report.off_the_network {
        return Err(LockdownError::NotHeld.into());
    }
    if report.is_sound() {
        Ok(())
    } else {
        Err(Failure(
            "The vault is damaged. Copy its folder as it is before anything else, then restore the last backup."
                .to_owned(),
        ))
    }
}

fn examine(vault: &mut Vault) -> Result<Report, Failure> {
    // A file so broken that the check itself fails has its fault named all the same.
    let file_faults = vault
        .integrity()
        .unwrap_or_else(|error| vec![error.to_string()]);
    let check = vault.verify()?;
    let (mut damaged_rows, mut damaged_records) = (Vec::new(), Vec::new());
    for fault in &check.faults {
        match fault {
            Fault::Blob(_, blob) if let Some(record) = vault.record_of_blob(blob) => {
                damaged_records.push(record.to_string());
            }
            fault => damaged_rows.push(fault.to_string()),
        }
    }
    damaged_records.dedup();
    let (contents, cost) = (vault.contents(), vault.cost());
    // What the chain holds is whole, and this person's keys do not open what they should.
    let unknown = contents.damaged.iter();
    damaged_rows.extend(
        unknown
            .filter(|fault| matches!(fault, Fault::Unknown(_)))
            .map(ToString::to_string),
    );
    let records = &contents.records;
    let keys_until = contents.bundle.as_ref().map(last_day);
    // A demonstration has no meeting to plan.
    let planned = keys_until.filter(|_| !contents.demo());
    let imported = records
        .iter()
        .filter(|row| row.item.imported().is_some())
        .count();
    Ok(Report {
        vault_version: VAULT_VERSION,
        kdf_mib: cost.mib,
        kdf_passes: cost.passes,
        events: check.events,
        imported,
        quarantined: records.len() - imported,
        identities: contents.identities.count(),
        bundles: contents
            .server
            .as_ref()
            .map_or(0, |row| row.item.bundles.len()),
        key_bundle: contents.bundle.is_some(),
        keys_until,
        keys_due: planned.and_then(|until| due(until, vault.machine().today())),
        off_the_network: Refused::now().is_off_the_network(Lock::Verb),
        damaged_rows,
        damaged_records,
        file_faults,
    })
}

fn print(report: &Report) {
    let texts = Texts::english();
    let number = |count: usize| (count as u64).into();
    let vault = [
        ("version", report.vault_version.unsigned_abs().into()),
        ("mib", u64::from(report.kdf_mib).into()),
        ("passes", u64::from(report.kdf_passes).into()),
    ];
    println!("{}", texts.with("console-cli-doctor-vault", &vault));
    let counts = [
        ("imported", number(report.imported)),
        ("quarantined", number(report.quarantined)),
        ("identities", number(report.identities)),
        ("events", report.events.into()),
        ("bundles", number(report.bundles)),
    ];
    println!("{}", texts.with("console-cli-doctor-counts", &counts));
    if !report.key_bundle {
        println!("{}", texts.get("console-cli-doctor-bundle"));
    }
    if let Some(until) = report.keys_until {
        let until = until.to_string();
        let until = [("until", until.as_str().into())];
        let id = match report.keys_due {
            None => "console-cli-doctor-keys",
            Some(Due::Meeting) => "console-cli-doctor-keys-meeting",
            Some(Due::Overdue) => "console-cli-doctor-keys-overdue",
            Some(Due::Urgent) => "console-cli-doctor-keys-urgent",
            Some(Due::Over) => "console-cli-doctor-keys-over",
        };
        println!("{}", texts.with(id, &until));
    }
    for (id, variable, names) in [
        ("console-cli-doctor-rows", "row", &report.damaged_rows),
        (
            "console-cli-doctor-record",
            "record",
            &report.damaged_records,
        ),
        ("console-cli-doctor-file", "fault", &report.file_faults),
    ] {
        for name in names {
            println!("{}", texts.with(id, &[(variable, name.into())]));
        }
    }
    if report.off_the_network {
        println!("{}", texts.get("console-cli-doctor-network"));
    }
    if report.is_sound() {
        println!("{}", texts.get("console-cli-doctor-sound"));
    }
}

/// The last day on which anything can be sealed under a bundle: its own, or its last period's.
fn last_day(bundle: &KeyBundle) -> Day {
    let content = bundle.content();
    let of_periods = content.periods.iter().map(|period| period.until).max();
    of_periods.map_or(content.not_after, |day| day.min(content.not_after))
}

fn due(until: Day, today: Day) -> Option<Due> {
    match until.days_since_1970() - today.days_since_1970() {
        ..0 => Some(Due::Over),
        0..=7 => Some(Due::Urgent),
        8..=30 => Some(Due::Overdue),
        31..=60 => Some(Due::Meeting),
        _ => None,
    }
}

impl Report {
    fn is_sound(&self) -> bool {
        self.key_bundle
            && self.damaged_rows.is_empty()
            && self.damaged_records.is_empty()
            && self.file_faults.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_keys_is_announced_60_30_and_7_days_ahead() {
        let until: Day = "2027-05-30".parse().unwrap();
        let ahead = |days: i64| due(until, until.plus_days(-days));
        assert_eq!((ahead(1000), ahead(61)), (None, None));
        assert_eq!([60, 31].map(ahead), [Some(Due::Meeting); 2]);
        assert_eq!([30, 8].map(ahead), [Some(Due::Overdue); 2]);
        assert_eq!([7, 0].map(ahead), [Some(Due::Urgent); 2]);
        assert_eq!([-1, -400].map(ahead), [Some(Due::Over); 2]);
    }
}
