//! The command line: verbs and their arguments, and nothing that acts.
//! A program never takes a secret as an argument. Exit codes: 0 done, 1 refused or failed, 2 usage.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::error::Advice;

/// The intake server of Asylia: takes reports, seals them, stores only ciphertext.
#[derive(Debug, Parser)]
#[command(name = "asylia", version, about, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do; without a verb the program says what to do next.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

impl Cli {
    /// The verb that was given.
    ///
    /// # Errors
    /// Without one, two sentences on what to do next.
    pub fn chosen(self) -> Result<Verb, Advice> {
        self.verb.ok_or_else(|| {
            Advice::usage(
                "Nothing was asked for",
                "Start with `asylia serve --data DIR --keys FILE`, or see all verbs with \
                 `asylia --help`",
            )
        })
    }
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Check the office's key bundle against its words and write a configuration
    Setup(SetupArgs),
    /// Serve the form and take reports
    Serve(ServeArgs),
    /// Write what was taken in as a bundle for the office's offline console
    Export(ExportArgs),
    /// Delete what the office has, by the twelve words that its console showed
    Acknowledge(AcknowledgeArgs),
    /// Take in what the office's console wrote: answers, and the list of reports that arrived
    Import(ImportArgs),
    /// Compare keys with the office, by twelve words read aloud
    Pair(PairArgs),
    /// Give the daily notice once, as the server gives it every day
    Notice(NoticeArgs),
    /// Say what is stored and whether the form is open
    Status(StatusArgs),
    /// The office's key bundle
    #[command(subcommand)]
    Keys(KeysVerb),
    /// Print what this build serves, for the makers of a release to sign
    SiteManifest,
    /// Check this machine's protections
    Doctor(DoctorArgs),
    /// Write an encrypted copy of everything a new server needs, also while serving
    Backup(BackupArgs),
    /// Make the key that backups are encrypted to, on a computer that is kept offline
    BackupKey(BackupKeyArgs),
    /// Make a new server's data folder out of a backup
    Restore(RestoreArgs),
}

/// Verbs of `asylia keys`.
#[derive(Debug, Subcommand)]
pub enum KeysVerb {
    /// Check the office's next key bundle and give it to the server, also while it serves
    Install(KeysInstallArgs),
}

/// Arguments of `asylia keys install`.
#[derive(Args, Clone, Debug)]
pub struct KeysInstallArgs {
    /// The signed key bundle
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Folder of the server's data
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The office's 12 words, where none are known yet or its root keys changed
    #[arg(long, value_name = "WORDS")]
    pub office: Option<String>,
}

/// Arguments of `asylia serve`; each may be in the configuration file instead.
#[derive(Args, Clone, Debug, Default)]
pub struct ServeArgs {
    /// Folder of the server's data
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The office's signed key bundle
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
    /// The fingerprint words the bundle must match
    #[arg(long, value_name = "WORDS")]
    pub office: Option<String>,
    /// A loopback address with port, unix:PATH, or none [default: 127.0.0.1:8080]
    #[arg(long, value_name = "WHERE")]
    pub listen: Option<String>,
    /// Unix socket for tor, which must begin each connection with its PROXY line
    #[arg(long, value_name = "PATH")]
    pub onion_socket: Option<PathBuf>,
    /// sqlite:PATH or postgres:SOCKET_DIR/DBNAME [default: sqlite:DIR/intake.db]
    #[arg(long, value_name = "WHERE")]
    pub store: Option<String>,
    /// Configuration file; packaging/asylia.example.toml explains its keys
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Arguments of `asylia setup`. The office's words are typed, or piped in.
#[derive(Args, Clone, Debug)]
pub struct SetupArgs {
    /// The office's signed key bundle
    #[arg(long, value_name = "FILE", default_value = "/etc/asylia/keys.note")]
    pub keys: PathBuf,
    /// Folder for the server's data
    #[arg(long, value_name = "DIR", default_value = "/var/lib/asylia")]
    pub data: PathBuf,
    /// File to write; it must not exist
    #[arg(long, value_name = "FILE", default_value = "/etc/asylia/asylia.toml")]
    pub config: PathBuf,
}

/// Arguments of `asylia backup`.
#[derive(Args, Clone, Debug)]
pub struct BackupArgs {
    /// Folder of the server's data
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// File with the public half of the backup key (age1pq1…)
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// File to write; it must not exist
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Arguments of `asylia backup-key`.
#[derive(Args, Clone, Debug)]
pub struct BackupKeyArgs {
    /// File for the secret half; it must not exist
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Arguments of `asylia restore`.
#[derive(Args, Clone, Debug)]
pub struct RestoreArgs {
    /// Folder for the server's data; it must not exist
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// File with the secret half of the backup key
    #[arg(long, value_name = "FILE")]
    pub identity: PathBuf,
    /// An empty store: sqlite:PATH or postgres:SOCKET_DIR/DBNAME [default: sqlite:DIR/intake.db]
    #[arg(long, value_name = "WHERE")]
    pub store: Option<String>,
    /// The backup
    #[arg(value_name = "FILE")]
    pub backup: PathBuf,
}

/// Arguments of `asylia export`.
#[derive(Args, Clone, Debug)]
pub struct ExportArgs {
    /// Folder of the server's data
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// File to write; it must not exist
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Arguments of `asylia acknowledge`. The words are typed, or piped in; a process list shows arguments.
#[derive(Args, Clone, Debug)]
pub struct AcknowledgeArgs {
    /// Folder of the server's data
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
}

/// Arguments of `asylia import`.
#[derive(Args, Clone, Debug)]
pub struct ImportArgs {
    /// Folder of the server's data
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The office confirmed by telephone that its console counts anew
    #[arg(long)]
    pub new_count: bool,
    /// The bundle
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Arguments of `asylia pair`. The office's words are typed, or piped in.
#[derive(Args, Clone, Debug)]
pub struct PairArgs {
    /// Folder of the server's data
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
}

/// Arguments of `asylia notice`.
#[derive(Args, Clone, Debug)]
pub struct NoticeArgs {
    /// The configuration file that the server runs with
    #[arg(long, value_name = "FILE", required_unless_present = "daily")]
    pub config: Option<PathBuf>,
    /// As `serve` starts it: this command, every day, until standard input ends
    #[arg(hide = true, last = true)]
    pub daily: Vec<String>,
}

/// Arguments of `asylia status`.
#[derive(Args, Clone, Debug)]
pub struct StatusArgs {
    /// Folder of the server's data
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `asylia doctor`.
#[derive(Args, Clone, Debug)]
pub struct DoctorArgs {
    /// Folder of the server's data
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The configuration file that the server runs with
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
