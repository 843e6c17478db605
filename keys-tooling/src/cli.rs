//! The command line of `asylia-keys`. Secrets are never arguments: files and prompts only.

use std::path::PathBuf;

use asylia_envelope::{
    day::Day,
    ids::InstanceId,
    key_bundle::Fingerprint,
    signing::{Office, Role, Root, Transfer, VerifyingKey},
};
use asylia_keys::shares::{Challenge, Group};
use clap::{Args, Parser, Subcommand};

mod office;

pub(crate) use office::{
    AppointArgs, CeremonyCommand, HandOverCommand, RecoveryArgs, SignAppointmentArgs, YearArgs,
};

/// Keys of the office: demonstrations, periods, the key bundle.
#[derive(Parser)]
#[command(name = "asylia-keys", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a throwaway office in one step: for trying out, protects nobody
    Demo {
        /// New or empty folder
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Root keys, one for each member of the Committee
    #[command(subcommand)]
    Root(RootCommand),
    /// The meeting in which the keys of a year are made
    #[command(subcommand)]
    Ceremony(CeremonyCommand),
    /// The yearly change of the office: who comes, and what was handed over
    #[command(subcommand)]
    HandOver(HandOverCommand),
    /// Periods and their identities
    #[command(subcommand)]
    Period(PeriodCommand),
    /// The signed key bundle, keys.note
    #[command(subcommand)]
    Bundle(BundleCommand),
    /// Keys that vouch for a release, and the manifest of its site
    #[command(subcommand)]
    Site(SiteCommand),
    /// Split a seed into shares for several holders
    Split(Box<SplitArgs>),
    /// Put a seed together again from its shares
    Combine(Box<CombineArgs>),
    /// Prove that a share is still there, without showing it
    Drill(DrillArgs),
    /// Burn the sheets of sets that are due, before a witness who signs a statement
    Destroy(DestroyArgs),
    /// Show a public file, such as a key bundle to be signed, as a page of QR codes
    Qr {
        /// The file
        file: PathBuf,
        /// New page, HTML
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Read such codes with a scanner that types, and write the file
    Scan {
        /// New file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Print the 12 words that a key bundle claims, without checking it
    Fingerprint {
        /// The key bundle
        note: PathBuf,
    },
}

#[derive(Subcommand)]
pub(crate) enum RootCommand {
    /// Make a root key and print its public half
    New {
        /// New key file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        passphrase: Passphrase,
    },
    /// Collect the holders' public lines, and say the office's 12 words
    Collect(CollectArgs),
}

#[derive(Args)]
pub(crate) struct CollectArgs {
    /// File with a holder's public line; all of them
    #[arg(value_name = "FILE", required = true)]
    pub(crate) lines: Vec<PathBuf>,
    /// How many root keys must sign
    #[arg(long, value_name = "K")]
    pub(crate) threshold: usize,
    /// The office, as a function and not a name of a person
    #[arg(long, value_name = "TEXT")]
    pub(crate) office_name: String,
    /// Number of the installation; drawn when not given
    #[arg(long, value_name = "HEX", conflicts_with = "rehearsal")]
    pub(crate) instance: Option<InstanceId>,
    /// For practising only
    #[arg(long)]
    pub(crate) rehearsal: bool,
    /// New file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Subcommand)]
pub(crate) enum SiteCommand {
    /// Make a site key and print its public half
    New {
        /// New key file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        passphrase: Passphrase,
    },
    /// Show a site manifest in plain words and add a site key's signature
    Sign {
        /// What `asylia site-manifest` printed, with or without signatures of others
        manifest: PathBuf,
        /// Key file of the site key
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// New file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        passphrase: Passphrase,
    },
}

#[derive(Subcommand)]
pub(crate) enum PeriodCommand {
    /// Make the identities of a period, and the public note for `bundle build`
    New(NewPeriodArgs),
    /// Make identity files again from a seed that was put together from its shares
    Restore {
        /// Seed file that `combine` wrote
        #[arg(long, value_name = "FILE")]
        seed: PathBuf,
        /// New or empty folder
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        #[command(flatten)]
        passphrase: Passphrase,
    },
}

#[derive(Args)]
pub(crate) struct NewPeriodArgs {
    /// Name of the period, such as 2027-Q1; the quarter of its first day when not given
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// First day; today when not given
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<Day>,
    /// Last day on which something sealed to it is accepted; 60 days after the quarter when not
    /// given
    #[arg(long, value_name = "DAY")]
    pub(crate) until: Option<Day>,
    /// Number of the installation; a first period may draw a new one by leaving this out
    #[arg(long, value_name = "HEX")]
    pub(crate) instance: Option<InstanceId>,
    /// New or empty folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
    /// Passphrase of the identity key's file, when another person holds it
    #[arg(long, value_name = "FILE")]
    pub(crate) identity_passphrase_file: Option<PathBuf>,
    /// Mix thrown dice into the computer's randomness; asks for the numbers
    #[arg(long)]
    pub(crate) dice: bool,
    /// Write the seeds too, for `split`: seed-period and seed-identity. Destroy them afterwards
    #[arg(long)]
    pub(crate) keep_seeds: bool,
}

#[derive(Args)]
pub(crate) struct SplitArgs {
    /// Seed file, such as `period new --keep-seeds` writes
    #[arg(long, value_name = "FILE")]
    pub(crate) seed: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
    /// How many holders must come together; with --groups, how many groups
    #[arg(long, value_name = "K")]
    pub(crate) threshold: u8,
    /// How many holders there are
    #[arg(long, value_name = "N", required_unless_present = "groups")]
    pub(crate) shares: Option<u8>,
    /// Groups of holders instead, such as 2of3,3of5
    #[arg(long, value_name = "GROUPS", value_delimiter = ',', conflicts_with = "shares",
          value_parser = group)]
    pub(crate) groups: Vec<Group>,
    /// Day after which the sheets are destroyed; 425 days from today when not given
    #[arg(long, value_name = "DAY")]
    pub(crate) destroy_after: Option<Day>,
    /// New or empty folder for the set's public file
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Write pages for printing into this new or empty folder in memory, such as one under /dev/shm,
    /// instead of showing the words
    #[arg(long, value_name = "DIR")]
    pub(crate) sheets: Option<PathBuf>,
    /// Permit pages on a disk, or with swap: the words can be found there for years
    #[arg(long, requires = "sheets")]
    pub(crate) danger_sheets_on_disk: bool,
}

#[derive(Args)]
pub(crate) struct CombineArgs {
    /// The set's public file
    #[arg(long, value_name = "FILE")]
    pub(crate) set: PathBuf,
    /// Public file of another set, to name its shares by; may be repeated
    #[arg(long = "known", value_name = "FILE")]
    pub(crate) known: Vec<PathBuf>,
    /// The office's key bundle: refuses a set for other keys than it lists
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) anchor: AnchorArg,
    /// New seed file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
}

#[derive(Args)]
pub(crate) struct DrillArgs {
    /// The set's public file
    #[arg(long, value_name = "FILE")]
    pub(crate) set: PathBuf,
    /// Public file of another set, to name its shares by; may be repeated
    #[arg(long = "known", value_name = "FILE")]
    pub(crate) known: Vec<PathBuf>,
    /// Draw and print a challenge for the holders, and nothing else
    #[arg(long, conflicts_with_all = ["verify", "challenge", "out"])]
    pub(crate) draw: bool,
    /// The office's challenge; drawn afresh when not given
    #[arg(long, value_name = "HEX")]
    pub(crate) challenge: Option<Challenge>,
    /// New file for the answer; printed when not given
    #[arg(long, value_name = "FILE", conflicts_with = "verify")]
    pub(crate) out: Option<PathBuf>,
    /// Verify these answers
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) verify: Vec<PathBuf>,
}

#[derive(Args)]
pub(crate) struct DestroyArgs {
    /// Public file of a set whose sheets burn; may be repeated
    #[arg(long = "set", value_name = "FILE", required = true)]
    pub(crate) sets: Vec<PathBuf>,
    /// Before its day: the console's statement that a period has ended, or the manifest of a hand-over;
    /// may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) because: Vec<PathBuf>,
    /// Key file of the witness
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Folder for the signed statements, new or one to go on with
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
}

#[derive(Subcommand)]
pub(crate) enum BundleCommand {
    /// Build the next key bundle, unsigned
    Build(Box<BuildArgs>),
    /// Show a key bundle in plain words and add a root key's signature
    Sign {
        /// The key bundle, with or without signatures of other holders
        note: PathBuf,
        /// Key file of the root key
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// New file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The key bundle before: its root keys may sign a change of root keys
        #[arg(long, value_name = "FILE")]
        previous: Option<PathBuf>,
        #[command(flatten)]
        anchor: AnchorArg,
        #[command(flatten)]
        passphrase: Passphrase,
    },
    /// Check a key bundle and show what it says
    Verify {
        /// The key bundle
        note: PathBuf,
        #[command(flatten)]
        anchor: AnchorArg,
        /// The key bundle in use until now: refuses older and forked ones
        #[arg(long, value_name = "FILE")]
        previous: Option<PathBuf>,
        /// The 12 words of the bundle in use, when the root keys changed
        #[arg(long, value_name = "WORDS", value_parser = Fingerprint::parse, requires = "previous")]
        previous_office: Option<Fingerprint>,
        /// Day on which it must be in force; today when not given
        #[arg(long, value_name = "DAY")]
        on: Option<Day>,
    },
}

#[derive(Args)]
pub(crate) struct BuildArgs {
    /// The key bundle before this one; what is not given is taken from it
    #[arg(long, value_name = "FILE")]
    pub(crate) previous: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) anchor: AnchorArg,
    /// Number of the installation
    #[arg(long, value_name = "HEX")]
    pub(crate) instance: Option<InstanceId>,
    /// The office, as a function and not a name of a person
    #[arg(long, value_name = "TEXT")]
    pub(crate) office_name: Option<String>,
    /// Public half of a root key; all of them, each with its own --root
    #[arg(long = "root", value_name = "PUB", value_parser = public_key::<Root>)]
    pub(crate) roots: Vec<VerifyingKey<Root>>,
    /// How many root keys must sign
    #[arg(long, value_name = "K")]
    pub(crate) threshold: Option<usize>,
    /// Note of a period to add; may be repeated
    #[arg(long = "period", value_name = "FILE")]
    pub(crate) periods: Vec<PathBuf>,
    /// Public half of a key that signs replies; may be repeated
    #[arg(long = "office-key", value_name = "PUB", value_parser = public_key::<Office>)]
    pub(crate) office_keys: Vec<VerifyingKey<Office>>,
    /// Public half of the paired server's key
    #[arg(long, value_name = "PUB", value_parser = public_key::<Transfer>)]
    pub(crate) transfer_key: Option<VerifyingKey<Transfer>>,
    /// First day on which it holds
    #[arg(long, value_name = "DAY")]
    pub(crate) not_before: Day,
    /// Last day on which it holds
    #[arg(long, value_name = "DAY")]
    pub(crate) not_after: Day,
    /// New file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Args)]
pub(crate) struct AnchorArg {
    /// The office's 12 words, in quotes; without them only a demonstration is accepted
    #[arg(long, value_name = "WORDS", value_parser = Fingerprint::parse)]
    pub(crate) office: Option<Fingerprint>,
}

#[derive(Args)]
pub(crate) struct Passphrase {
    /// File whose one line is the passphrase; asked for when not given
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// `2of3`.
fn group(text: &str) -> Result<Group, String> {
    Group::parse(text).ok_or_else(|| "a group is written like 2of3".to_owned())
}

fn public_key<R: Role>(text: &str) -> Result<VerifyingKey<R>, String> {
    VerifyingKey::parse(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
