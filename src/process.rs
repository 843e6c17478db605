//! Protections the process gives itself before it reads a key or binds a socket: no core dumps, no
//! reading by other processes, no new privileges, memory that is never swapped. Trusts the kernel's
//! answers only. Missing protections refuse the start; for swap and memory lock alone there is a
//! `danger_` key. Root can still read the memory of a process that is not dumpable.

use std::{fs, io};

use rustix::{
    fs::Mode,
    mm::{MlockAllFlags, mlockall},
    process::{
        DumpableBehavior, Resource, Rlimit, dumpable_behavior, getrlimit, set_dumpable_behavior,
        setrlimit, umask,
    },
    thread::{CapabilitySet, capabilities, no_new_privs, set_no_new_privs},
};
use serde::Serialize;

use crate::error::Advice;

/// Protections an operator gave up in the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowances {
    /// `danger_swap`: start on a machine that swaps.
    pub swap: bool,
    /// `danger_unlocked_memory`: start without the memory lock.
    pub unlocked_memory: bool,
}

/// One protection and whether it is in force.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// Name as `doctor` prints it.
    pub name: &'static str,
    /// Whether the protection holds.
    pub passed: bool,
    /// What was found: a clause without full stop.
    pub finding: String,
    /// What the operator can do when it does not hold: a clause without full stop.
    pub advice: &'static str,
    #[serde(skip)]
    may_be_missing: fn(Allowances) -> bool,
}

impl Check {
    /// A protection that no key gives up.
    pub fn required(
        name: &'static str,
        outcome: Result<String, String>,
        advice: &'static str,
    ) -> Self {
        let (passed, finding) = match outcome {
            Ok(finding) => (true, finding),
            Err(finding) => (false, finding),
        };
        Self {
            name,
            passed,
            finding,
            advice,
            may_be_missing: |_| false,
        }
    }

    fn unless(self, may_be_missing: fn(Allowances) -> bool) -> Self {
        Self {
            may_be_missing,
            ..self
        }
    }
}

/// Applies every protection to this process and reports on each. Call it before the first thread
/// starts.
pub fn protect() -> Vec<Check> {
    umask(Mode::from_raw_mode(0o077));
    vec![
        Check::required(
            "no core dumps",
            forbid_core_dumps(),
            "Use a kernel and a unit that permit prctl",
        ),
        Check::required(
            "no new privileges",
            forbid_new_privileges(),
            "Use a kernel and a unit that permit prctl",
        ),
        Check::required("memory lock", lock_memory(), MEMLOCK_ADVICE)
            .unless(|allow| allow.unlocked_memory),
        Check::required("no swap", look_for_swap(), SWAP_ADVICE).unless(|allow| allow.swap),
    ]
}

/// Applies every protection, and refuses by name what is missing and not given up.
///
/// # Errors
/// The first missing protection, in two sentences.
pub fn harden(allow: Allowances) -> Result<(), Advice> {
    judge(&protect(), allow)
}

fn judge(checks: &[Check], allow: Allowances) -> Result<(), Advice> {
    for check in checks.iter().filter(|check| !check.passed) {
        if !(check.may_be_missing)(allow) {
            let failed = format!(
                "The server does not start without \"{}\": {}",
                check.name, check.finding
            );
            return Err(Advice::failed(failed, check.advice));
        }
        tracing::warn!(
            protection = check.name,
            finding = check.finding,
            "DANGER: a protection is off"
        );
    }
    Ok(())
}

fn forbid_core_dumps() -> Result<String, String> {
    setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    )
    .and_then(|()| set_dumpable_behavior(DumpableBehavior::NotDumpable))
    .map_err(|error| error.to_string())?;
    // Asked again, because a sandbox may answer such a call with success and do nothing.
    let dumpable = dumpable_behavior() != Ok(DumpableBehavior::NotDumpable);
    if dumpable || getrlimit(Resource::Core).maximum != Some(0) {
        return Err("the kernel did not keep the setting".to_owned());
    }
    Ok("limit 0, not dumpable".to_owned())
}

fn forbid_new_privileges() -> Result<String, String> {
    match set_no_new_privs(true).and_then(|()| no_new_privs()) {
        Ok(true) => Ok("set".to_owned()),
        Ok(false) => Err("the kernel did not keep the setting".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn lock_memory() -> Result<String, String> {
    let limit = raised_lock_limit();
    let privileged =
        capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::IPC_LOCK));
    if let (Some(bytes), false) = (limit, privileged) {
        // A finite limit counts address space, thread stacks and reserves of the allocator
        // included: it would not fail here but later, when a thread cannot start in the middle of a
        // report.
        return Err(format!(
            "the limit for locked memory is {} KiB",
            bytes / 1024
        ));
    }
    // ONFAULT: pages are locked when first used. Pages never used hold nothing, and whole stacks
    // and the whole program would otherwise be loaded at once.
    mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT)
        .map(|()| "all memory, present and future".to_owned())
        .map_err(|error| error.to_string())
}

/// Raises the soft limit to the hard one; `None` is unlimited.
fn raised_lock_limit() -> Option<u64> {
    let hard = getrlimit(Resource::Memlock).maximum;
    // Where raising is refused, the limit in force stays, and is what counts.
    let _ = setrlimit(
        Resource::Memlock,
        Rlimit {
            current: hard,
            maximum: hard,
        },
    );
    getrlimit(Resource::Memlock).current
}

fn look_for_swap() -> Result<String, String> {
    swap_verdict(fs::read_to_string("/proc/swaps"))
}

/// The file has a heading and one line for each swap area. A kernel without swap has no such file,
/// but so has a machine whose `/proc` is hidden, and then nobody knows.
fn swap_verdict(swaps: io::Result<String>) -> Result<String, String> {
    match swaps.map(|text| {
        text.lines()
            .skip(1)
            .filter(|line| !line.trim().is_empty())
            .count()
    }) {
        Ok(0) => Ok("no swap area is active".to_owned()),
        Ok(areas) => Err(format!("{areas} swap area(s) in use")),
        Err(error) => Err(format!("/proc/swaps cannot be read: {error}")),
    }
}

const MEMLOCK_ADVICE: &str = "Set LimitMEMLOCK=infinity in the unit (or `ulimit -l unlimited`); \
     for a trial, danger_unlocked_memory = true in the configuration file";
const SWAP_ADVICE: &str = "Turn swap off with `swapoff -a` and in /etc/fstab; for a trial, \
     danger_swap = true in the configuration file";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(passed: bool, may_be_missing: fn(Allowances) -> bool) -> Check {
        let outcome = if passed {
            Ok("fine".to_owned())
        } else {
            Err("missing".to_owned())
        };
        Check::required("a protection", outcome, "Do this").unless(may_be_missing)
    }

    #[test]
    fn swap_areas_are_counted() {
        let heading = "Filename\tType\tSize\tUsed\tPriority\n".to_owned();
        assert!(swap_verdict(Ok(heading.clone())).is_ok());
        assert!(swap_verdict(Ok(heading.clone() + "/dev/sda2 partition 1 0 -2\n")).is_err());
        assert!(
            swap_verdict(Ok(
                heading + "/dev/zram0 partition 1 0 5\n/swap file 1 0 -3\n"
            ))
            .is_err()
        );
        assert!(
            swap_verdict(Err(io::ErrorKind::NotFound.into())).is_err(),
            "unknown is not safe"
        );
    }

    #[test]
    fn a_missing_protection_refuses_unless_its_own_key_gives_it_up() {
        let swap = |allow: Allowances| allow.swap;
        let given_up = Allowances {
            swap: true,
            unlocked_memory: false,
        };
        let other = Allowances {
            swap: false,
            unlocked_memory: true,
        };
        assert!(judge(&[check(true, |_| false)], Allowances::default()).is_ok());
        assert!(judge(&[check(false, swap)], given_up).is_ok());
        assert!(judge(&[check(false, |_| false)], given_up).is_err());
        let refusal = judge(&[check(true, swap), check(false, swap)], other).expect_err("refused");
        let text = refusal.to_string();
        assert_eq!(
            text,
            "The server does not start without \"a protection\": missing. Do this."
        );
    }
}
