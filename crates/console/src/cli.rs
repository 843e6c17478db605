//! The command line: one verb an act, each also without the pages. Exit codes: 0 done, 1 refused or failed (two
//! sentences: what failed, what to do), 2 usage. Secrets come from files and prompts, never from arguments.

use std::{
    ffi::OsString,
    io,
    net::SocketAddr,
    panic,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use asylia_envelope::ids::RecordId;
use clap::{Args, Parser, Subcommand};
use secrecy::SecretString;
use tokio::runtime;

use crate::{
    access::Role,
    l10n::Texts,
    launcher,
    lockdown::{Lock, lock_down},
    machine::{Machine, Random},
    passphrase,
    vault::{Credentials, FIRST_PERSON, audit::Motive, header::KDF_DEFAULT_MIB},
};

mod audit;
mod batch;
mod case;
mod desk;
mod doctor;
mod export;
mod hand_over;
mod identity;
mod import;
mod init;
mod pair;
mod preserve;
mod reply;
mod routing;
mod search;
mod serve;
mod show;
mod users;

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
    /// Believe a server's key, and show what its operator must compare
    Pair(pair::PairArgs),
    /// Write a bundle for the server onto a stick
    Export(export::ExportArgs),
    /// Write to the submitter of a report
    Reply(reply::ReplyArgs),
    /// Show what was written to the submitter of a report, and what came back
    Thread(reply::ThreadArgs),
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
    /// People, their roles and their passphrases
    #[command(subcommand)]
    Users(users::UsersVerb),
    /// Identities of periods: what opens what was sealed to them
    #[command(subcommand)]
    Identity(identity::IdentityVerb),
    /// Hand the vault over to the next office: re-wraps it, makes a new recovery set, writes a signed manifest
    HandOver(Box<hand_over::HandOverArgs>),
    /// The chain of events and the log of who did what
    #[command(subcommand)]
    Audit(audit::AuditVerb),
    /// Run many verbs in one unlock
    Batch(batch::BatchArgs),
    /// List the reports in which words occur
    Search(search::SearchArgs),
    /// Cases: what came in, as the office works on it
    #[command(subcommand)]
    Case(case::CaseVerb),
    /// Show what the persons of a case permit, or add an entry
    Consent(routing::ConsentArgs),
    /// Ask the gate, and record what is recommended
    Decide(routing::DecideArgs),
    /// Make the sealed packet of a recommendation for one addressee
    Packet(routing::PacketArgs),
    /// Signed lists of the office: addressees, mandates, days of work
    #[command(subcommand)]
    Data(routing::DataVerb),
    /// Copy the vault into one file, sealed as it is
    Backup(preserve::BackupArgs),
    /// Make a vault from such a copy
    Restore(preserve::RestoreArgs),
    /// Start the browser for `browser`, which alone calls this
    #[command(name = launcher::VERB, hide = true)]
    OpenBrowser {
        /// The private folder with the launch page
        folder: PathBuf,
    },
}

/// What every verb on a vault takes.
#[derive(Args)]
struct VaultArgs {
    /// The vault's folder
    #[arg(long, value_name = "DIR")]
    vault: PathBuf,
    /// Your name, as it was given when you were added
    #[arg(long = "as", value_name = "NAME", default_value = FIRST_PERSON)]
    person: String,
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
    /// The file of the office's signing key, under the same passphrase: without it nothing can be exported
    #[arg(long, value_name = "FILE")]
    signing: Option<PathBuf>,
    /// The office's 12 words; without them only demo keys are accepted
    #[arg(long, value_name = "WORDS")]
    office: Option<String>,
    /// Memory that one guess of the passphrase costs, in MiB
    #[arg(long, value_name = "N", default_value_t = KDF_DEFAULT_MIB)]
    kdf_mib: u32,
    /// Public file of the recovery key, the recovery.note of its ceremony
    #[arg(long, value_name = "FILE")]
    recovery: Option<PathBuf>,
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
    /// The operator confirmed by telephone that the server was restored and counts anew
    #[arg(long)]
    new_count: bool,
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
    /// Why the identity part is looked at, for the audit log: contact, duplicate, packet, deny-list, request or
    /// check
    #[arg(long, value_name = "WHY", value_parser = motive)]
    motive: Option<Motive>,
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
    /// A folder below which sticks are mounted; may stand several times [default: /media, /run/media, /mnt]
    #[arg(long, value_name = "DIR")]
    sticks: Vec<PathBuf>,
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
    clock: Arc<dyn Fn() -> i64 + Send + Sync>,
    random: Arc<dyn Fn() -> Random + Send + Sync>,
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
    match run(cli.verb, clock, random) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(text)) => {
            eprintln!("asylia-console: {text}");
            ExitCode::FAILURE
        }
    }
}

fn run(
    verb: Verb,
    clock: Arc<dyn Fn() -> i64 + Send + Sync>,
    random: Arc<dyn Fn() -> Random + Send + Sync>,
) -> Result<(), Failure> {
    if let Verb::OpenBrowser { folder } = &verb {
        return Ok(launcher::help(folder, io::stdin(), io::stdout())?);
    }
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
    let machine = Machine {
        handle: runtime.handle().clone(),
        clock,
        random,
    };
    if !matches!(verb, Verb::Browser(_)) {
        lock_down(Lock::Verb)?;
    }
    match verb {
        Verb::Init(args) => init::run(&machine, &args),
        Verb::Browser(args) => serve::run(&runtime, &machine, &args),
        Verb::Batch(args) => batch::run(&machine, args),
        Verb::HandOver(args) => hand_over::run(&machine, *args),
        verb => act(&desk::Desk::of_one(machine), verb),
    }
}

/// Runs one verb that works on a vault which is there.
fn act(desk: &desk::Desk, verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Import(args) => import::run(desk, &args),
        Verb::Pair(args) => pair::run(desk, &args),
        Verb::Export(args) => export::run(desk, &args),
        Verb::Reply(args) => reply::run(desk, &args),
        Verb::Thread(args) => reply::thread(desk, &args),
        Verb::List(args) => show::list(desk, &args),
        Verb::Show(args) => show::show(desk, &args),
        Verb::Attachment(args) => show::attachment(desk, &args),
        Verb::Doctor(args) => doctor::run(desk, &args),
        Verb::Users(verb) => users::run(desk, verb),
        Verb::Identity(verb) => identity::run(desk, &verb),
        Verb::Audit(verb) => audit::run(desk, &verb),
        Verb::Search(args) => search::run(desk, &args),
        Verb::Case(verb) => case::run(desk, &verb),
        Verb::Consent(args) => routing::consent(desk, &args),
        Verb::Decide(args) => routing::decide(desk, &args),
        Verb::Packet(args) => routing::packet(desk, &args),
        Verb::Data(verb) => routing::data(desk, &verb),
        Verb::Backup(args) => preserve::backup(desk, &args),
        Verb::Restore(args) => preserve::restore(desk, &args),
        // `run` and the batch take these for themselves.
        Verb::Init(_)
        | Verb::Browser(_)
        | Verb::Batch(_)
        | Verb::HandOver(_)
        | Verb::OpenBrowser { .. } => Ok(()),
    }
}

impl VaultArgs {
    fn credentials(&self) -> Result<Credentials, Failure> {
        Ok(Credentials {
            name: self.person.clone(),
            passphrase: passphrase_of(self.passphrase_file.as_deref())?,
        })
    }
}

fn passphrase_of(file: Option<&Path>) -> Result<SecretString, Failure> {
    Ok(passphrase::read(file, "Passphrase: ")?)
}

fn motive(text: &str) -> Result<Motive, String> {
    Motive::parse(text).ok_or_else(|| {
        let codes = Motive::CHOICE.map(Motive::code);
        format!("the motives are {}", codes.join(", "))
    })
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| {
        let codes = Role::ALL.map(Role::code);
        format!("the roles are {}", codes.join(", "))
    })
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
