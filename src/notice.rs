//! The daily notice: a command of the operator's is run once a day and given the same bytes, whether ten reports came
//! or none.
//!
//! It is run by a process of its own, which `serve` starts before it gives up every right: that process is told
//! nothing of the store and opens no file of the server, so the notice cannot depend on what came. It ends with the
//! server. No shell, no environment.

use std::{
    io::{self, Read, Write},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{clock::Clock, error::Advice};

/// What the command reads on its standard input, every day.
pub const NOTICE: &str = "\
Daily notice of the Asylia intake server. It says the same every day, whether reports came or not.
Collect as agreed with the office: export, carry the bundle, acknowledge.
If this notice stays away, look after the server.
";

/// The process that gives the notice. Dropping this ends its input, and with it the process, which looks often;
/// the server has no right to signal it or wait for it by then.
pub struct Notifier {
    _child: Child,
}

impl Notifier {
    /// Starts it. Called before anything else is opened.
    ///
    /// # Errors
    /// When this program cannot be started once more.
    pub fn start(command: &[String]) -> anyhow::Result<Self> {
        let program = std::env::current_exe()?;
        let child = Command::new(program)
            .args(["notice", "--"])
            .args(command)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        Ok(Self { _child: child })
    }
}

/// Gives the notice every day until standard input ends.
///
/// # Errors
/// None; what fails is said on standard error and tried again on the next day.
pub fn every_day(command: &[String], clock: Clock) -> anyhow::Result<()> {
    let input =
        thread::spawn(|| while !matches!(io::stdin().read(&mut [0; 64]), Ok(0) | Err(_)) {});
    let mut due = next_due(clock.now_unix_s());
    while !input.is_finished() {
        let now = clock.now_unix_s();
        if now >= due {
            if give(command).is_err() {
                tracing::warn!("the daily notice could not be given: the command failed");
            }
            due = next_due(now);
        }
        // Short looks: a clock that is set forward must not cost a day, and the server's end must not wait for one.
        thread::sleep(LOOK_EVERY);
    }
    Ok(())
}

/// Gives the notice once.
///
/// # Errors
/// [`Advice`] when the command cannot be started, fails, or takes longer than a minute.
pub fn give(command: &[String]) -> Result<(), Advice> {
    let failed = || {
        Advice::failed(
            "The command of the daily notice failed",
            "Run it by hand, and correct `notice_command` in the configuration",
        )
    };
    let (program, arguments) = command.split_first().ok_or_else(failed)?;
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|_| failed())?;
    if let Some(mut input) = child.stdin.take() {
        // A command may not care to read it.
        drop(input.write_all(NOTICE.as_bytes()));
    }
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(None) if begun.elapsed() < COMMAND_LIMIT => thread::sleep(POLL),
            _ => {
                drop(child.kill());
                drop(child.wait());
                return Err(failed());
            }
        }
    }
}

/// The next time of day at which the notice is given, after `now`; seconds since 1970.
fn next_due(now: u64) -> u64 {
    let today = now - now % DAY + AT;
    if now < today { today } else { today + DAY }
}

const DAY: u64 = 24 * 60 * 60;
/// Six in the morning, UTC: the same every day, so that the hour tells nothing either.
const AT: u64 = 6 * 60 * 60;
const LOOK_EVERY: Duration = Duration::from_secs(1);
const COMMAND_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_given_at_the_same_time_every_day() {
        let midnight = 20_000 * DAY;
        assert_eq!(next_due(midnight), midnight + AT);
        assert_eq!(next_due(midnight + AT - 1), midnight + AT);
        assert_eq!(next_due(midnight + AT), midnight + DAY + AT);
        assert_eq!(next_due(midnight + DAY - 1), midnight + DAY + AT);
    }

    #[test]
    fn a_command_that_fails_or_is_none_is_named() {
        assert!(give(&["/bin/true".to_owned()]).is_ok());
        for bad in [
            vec![],
            vec!["/bin/false".to_owned()],
            vec!["/nowhere/at/all".to_owned()],
        ] {
            assert!(give(&bad).is_err());
        }
    }
}
