//! The intake server's program: reads the command line, runs one verb, prints two sentences if it
//! fails.

use std::process::ExitCode;

use asylia::{
    cli::{Cli, KeysVerb, Verb},
    config::{self, Config},
    error::Advice,
    keys_install, operator, serve, setup, telemetry,
};
use clap::Parser;

/// Freed memory is cleared: request buffers of libraries hold plaintext that nothing else would
/// clear.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    let Err(error) = run(Cli::parse()) else {
        return ExitCode::SUCCESS;
    };
    let (sentences, code) = Advice::for_operator(&error);
    eprintln!("{sentences}");
    code
}

fn run(cli: Cli) -> anyhow::Result<()> {
    telemetry::start(config::verbosity_from_environment()?);
    match cli.chosen()? {
        Verb::Setup(args) => setup::run(&args),
        Verb::Serve(args) => serve::run(Config::load(&args)?),
        Verb::Export(args) => operator::export(&args),
        Verb::Acknowledge(args) => operator::acknowledge(&args),
        Verb::Import(args) => operator::import(&args),
        Verb::Pair(args) => operator::pair(&args),
        Verb::Notice(args) => operator::notice(&args),
        Verb::Status(args) => operator::status(&args),
        Verb::Keys(KeysVerb::Install(args)) => keys_install::run(&args),
        Verb::SiteManifest => operator::site_manifest(),
        Verb::Doctor(args) => operator::doctor(&args),
        Verb::Backup(args) => operator::backup(&args),
        Verb::BackupKey(args) => operator::backup_key(&args),
        Verb::Restore(args) => operator::restore(&args),
    }
}
