//! `asylia-keys`: ceremonies of the office's keys, on an offline computer.
//!
//! Takes the day and the random source from the system, here and nowhere else, and prints every
//! failure as two sentences. Exit codes: 0 done, 1 refused or failed, 2 wrong usage.

use std::{
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use asylia_envelope::day::Day;
use clap::Parser;
use rand_core::OsRng;

mod bundle_commands;
mod carry_commands;
mod ceremony_commands;
mod cli;
mod combine_command;
mod commands;
mod destroy_command;
mod failure;
mod hand_over_commands;
mod passphrase;
mod root_commands;
mod site_commands;
mod split_command;

/// Freed memory is cleared, since seeds and passphrases pass through libraries' buffers too.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    let command = cli::Cli::parse().command;
    match commands::run(command, today(), &mut OsRng) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(1)
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the clock is read"
)]
fn today() -> Day {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    i64::try_from(seconds)
        .ok()
        .and_then(Day::from_unix_seconds)
        .expect("a clock that shows a year below 10000")
}
