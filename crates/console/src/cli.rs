//! The command line: one verb an act, each also without the pages. Exit codes: 0 done, 1 refused or failed (two
//! sentences: what failed, what to do), 2 usage. Secrets come from files and prompts, never from arguments.

use std::{
    ffi::OsString,
    io,
    net::SocketAddr,
    panic,
    path::{Path, PathBuf},
    process::ExitCode,
};

use asylia_envelope::ids::RecordId;
use clap::{Args, Parser, Subcommand};
use rand_core::{CryptoRng, RngCore};
use secrecy::SecretString;
use tokio::runtime::{self, Runtime};

use crate::{
    l10n::Texts,
    passphrase,
    vault::{Vault, header::KDF_DEFAULT_MIB},
};

mod doctor;
mod import;
mod init;
mod serve;
mod show;

pub(crate) use import::missing_list;

/// The offline console of the focal point's office.
#[derive(Parser)]
#[command(name = "asylia-console", version)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Make a new vault from the office's key bundle and identities
    Init(InitArgs),
    /// Take in a transfer bundle from a stick
    Import(ImportArgs),
    /// List the records
    List(ListArgs),
    /// Show one report
    Show(ShowArgs),
    /// Write one attachment to a new file
    Attachment(AttachmentArgs),
    /// Open the pages in a browser on this computer
    Browser(BrowserArgs),
    /// Check the vault for damage
    Doctor(DoctorArgs),
}

/// What every verb on a vault takes.
#[derive(Args)]
struct VaultArgs {
    /// The vault's folder
    #[arg(long, value_name = "DIR")]
    vault: PathBuf,
    /// A file whose line is the passphrase; asked for without it
    #[arg(long, value_name = "F")]
    passphrase_file: Option<PathBuf>,
}

#[derive(Args)]
struct InitArgs {
    #[command(flatten)]
    vault: VaultArgs,
    /// The office's signed key bundle, keys.note
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,
    /// Identity files of the office, all under the same passphrase
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    identity: Vec<PathBuf>,
    /// The office's 12 words; without them only demo keys are accepted
    #[arg(long, value_name = "WORDS")]
    office: Option<String>,
    /// Memory that one guess of the passphrase costs, in MiB
    #[arg(long, value_name = "N", default_value_t = KDF_DEFAULT_MIB)]
    kdf_mib: u32,
}

#[derive(Args)]
struct ImportArgs {
    /// The bundle; it is only read
    file: PathBuf,
    #[command(flatten)]
    vault: VaultArgs,
    /// The server's key, as `asylia status` prints it
    #[arg(long, value_name = "K")]
    server_key: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct ListArgs {
    #[command(flatten)]
    vault: VaultArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct ShowArgs {
    /// The record's number, 32 digits
    id: RecordId,
    #[command(flatten)]
    vault: VaultArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct AttachmentArgs {
    /// The record's number, 32 digits
    id: RecordId,
    /// The attachment's number, from 1
    number: u16,
    #[command(flatten)]
    vault: VaultArgs,
    /// The new file; the submitter's own file name is never used
    #[arg(long, value_name = "F")]
    out: PathBuf,
}

#[derive(Args)]
struct BrowserArgs {
    #[command(flatten)]
    vault: VaultArgs,
    /// Address on this computer's loopback
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Print the path of the launch page and start no browser
    #[arg(long)]
    no_open: bool,
}

#[derive(Args)]
struct DoctorArgs {
    #[command(flatten)]
    vault: VaultArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What failed and what to do, a sentence each; all that is ever printed of an error.
struct Failure(String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Runs the program on its arguments.
pub fn main(
    arguments: impl Iterator<Item = OsString>,
    rng: &mut (impl RngCore + CryptoRng),
) -> ExitCode {
    quiet_panics();
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // A pipe that was closed is the only way in which printing fails here.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match run(cli.verb, rng) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(text)) => {
            eprintln!("asylia-console: {text}");
            ExitCode::FAILURE
        }
    }
}

fn run(verb: Verb, rng: &mut (impl RngCore + CryptoRng)) -> Result<(), Failure> {
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|_| {
            Failure(
                "The program could not start its threads. Close other programs and try again."
                    .to_owned(),
            )
        })?;
    match verb {
        Verb::Init(args) => init::run(&runtime, &args, rng),
        Verb::Import(args) => import::run(&runtime, &args, rng),
        Verb::List(args) => show::list(&runtime, &args),
        Verb::Show(args) => show::show(&runtime, &args),
        Verb::Attachment(args) => show::attachment(&runtime, &args),
        Verb::Browser(args) => serve::run(&runtime, &args, rng),
        Verb::Doctor(args) => doctor::run(&runtime, &args),
    }
}

/// Opens the vault that the arguments name, and says so if it is one of demo keys.
fn open_vault(runtime: &Runtime, args: &VaultArgs) -> Result<Vault, Failure> {
    let passphrase = passphrase_of(args.passphrase_file.as_deref())?;
    let vault = Vault::open(runtime.handle().clone(), &args.vault, &passphrase)?;
    say_demo(vault.contents().demo());
    Ok(vault)
}

fn passphrase_of(file: Option<&Path>) -> Result<SecretString, Failure> {
    Ok(passphrase::read(file, "Passphrase: ")?)
}

/// One line on the error stream, so that `--json` stays JSON.
fn say_demo(demo: bool) {
    if demo {
        let texts = Texts::english();
        let (red, end) = match rustix::termios::isatty(io::stderr()) {
            true => ("\u{1b}[1;31m", "\u{1b}[0m"),
            false => ("", ""),
        };
        eprintln!(
            "{red}{}{end}: {}",
            texts.get("console-demo"),
            texts.get("console-demo-meaning")
        );
    }
}

/// A panic's payload may hold what was being read; its place in our source does not.
fn quiet_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        eprintln!("asylia-console: an error of the program itself{place}.");
    }));
}
