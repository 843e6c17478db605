//! The server as it must not be: the negative control of `tests/it/no_plaintext.rs` and `durability.rs`.
//!
//! The same program as `asylia serve`, allocator included, over a library built with `danger_leak`; see
//! `src/leak.rs` for what that does.

use anyhow::bail;
use asylia::{
    cli::{Cli, Verb},
    config::{self, Config},
    serve, telemetry,
};
use clap::Parser;

/// As in the real program, so that what is found was leaked and not merely left in freed memory.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> anyhow::Result<()> {
    telemetry::start(config::verbosity_from_environment()?);
    match Cli::parse().chosen()? {
        Verb::Serve(args) => serve::run(Config::load(&args)?),
        _ => bail!("The leaky server only serves. Start `asylia` for anything else."),
    }
}
