//! Arguments of ceremonies and of the hand-over.

use std::path::PathBuf;

use asylia_envelope::{
    day::Day,
    signing::{Office, Transfer, VerifyingKey},
};
use asylia_keys::{ceremony::Witness, hand_over::Incoming, shares::Group};
use clap::{Args, Subcommand};

use super::{AnchorArg, Passphrase, group, public_key};

#[derive(Subcommand)]
pub(crate) enum CeremonyCommand {
    /// Make, split, hand out, read back and sign a year's keys; the same command again goes on
    Year(Box<YearArgs>),
    /// Make, split, hand out and read back a recovery key of the office's vault; the same command again goes on
    Recovery(Box<RecoveryArgs>),
    /// Make the key of a witness and print its public half
    WitnessNew {
        /// New key file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        passphrase: Passphrase,
    },
    /// Show a transcript and sign it as a witness
    WitnessSign {
        /// The transcript
        transcript: PathBuf,
        /// Key file of the witness
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// New file for the signature
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        passphrase: Passphrase,
    },
    /// Check a transcript: its chain, its order, and its witnesses' signatures
    Verify {
        /// The transcript
        transcript: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct YearArgs {
    /// New folder of the ceremony, or one to go on with
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Folder in memory for pages, such as one under /dev/shm
    #[arg(long, value_name = "DIR")]
    pub(crate) sheets: PathBuf,
    /// For practising only: everything says REHEARSAL, and the bundle is a demonstration
    #[arg(long)]
    pub(crate) rehearsal: bool,
    /// The root, as `root collect` wrote it; needed when there is no bundle yet, or when it changes
    #[arg(long, value_name = "FILE")]
    pub(crate) root: Option<PathBuf>,
    /// The key bundle in use
    #[arg(long, value_name = "FILE")]
    pub(crate) previous: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) anchor: AnchorArg,
    /// First day of the first period; today when not given
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<Day>,
    /// How many quarters
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub(crate) quarters: u8,
    /// Holders of the key that opens reports
    #[arg(long, value_name = "KofN", value_parser = group, default_value = "3of5")]
    pub(crate) reports: Group,
    /// Holders of the key that opens identity parts; as many as for reports when not given
    #[arg(long, value_name = "KofN", value_parser = group)]
    pub(crate) identities: Option<Group>,
    /// Day of the next hand-over: files of periods that begin behind it are not given to today's office
    #[arg(long, value_name = "DAY")]
    pub(crate) hand_over: Option<Day>,
    /// Make a recovery key of the vault too, with these holders
    #[arg(long, value_name = "KofN", value_parser = group)]
    pub(crate) recovery: Option<Group>,
    /// Public half of a key that signs replies; may be repeated
    #[arg(long = "office-key", value_name = "PUB", value_parser = public_key::<Office>)]
    pub(crate) office_keys: Vec<VerifyingKey<Office>>,
    /// Public half of the paired server's key
    #[arg(long, value_name = "PUB", value_parser = public_key::<Transfer>)]
    pub(crate) transfer_key: Option<VerifyingKey<Transfer>>,
    /// Public half of a witness's key; all of them, each with its own --witness
    #[arg(long = "witness", value_name = "PUB", value_parser = public_key::<Witness>)]
    pub(crate) witnesses: Vec<VerifyingKey<Witness>>,
    /// Mix thrown dice into the computer's randomness; asks for the numbers, at every start of the command
    #[arg(long)]
    pub(crate) dice: bool,
    /// Permit pages on a disk, or with swap: the words can be found there for years
    #[arg(long)]
    pub(crate) danger_sheets_on_disk: bool,
}

#[derive(Args)]
pub(crate) struct RecoveryArgs {
    /// New folder of the ceremony, or one to go on with
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Folder in memory for pages, such as one under /dev/shm
    #[arg(long, value_name = "DIR")]
    pub(crate) sheets: PathBuf,
    /// The key bundle in use; a demonstration's makes a rehearsal
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: PathBuf,
    #[command(flatten)]
    pub(crate) anchor: AnchorArg,
    /// Holders of the recovery key
    #[arg(long, value_name = "KofN", value_parser = group, default_value = "3of5")]
    pub(crate) holders: Group,
    /// Public half of a witness's key; may be repeated
    #[arg(long = "witness", value_name = "PUB", value_parser = public_key::<Witness>)]
    pub(crate) witnesses: Vec<VerifyingKey<Witness>>,
    /// Mix thrown dice into the computer's randomness; asks for the numbers, at every start of the command
    #[arg(long)]
    pub(crate) dice: bool,
    /// Permit pages on a disk, or with swap: the words can be found there for years
    #[arg(long)]
    pub(crate) danger_sheets_on_disk: bool,
}

#[derive(Subcommand)]
pub(crate) enum HandOverCommand {
    /// Make the key of whoever will take the office over, and print its public half
    Key {
        /// New key file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        passphrase: Passphrase,
    },
    /// Write an appointment, unsigned
    Appoint(Box<AppointArgs>),
    /// Show an appointment in plain words and add a root key's signature
    Sign(Box<SignAppointmentArgs>),
    /// Check an appointment, and the manifest of the hand-over that it permitted
    Verify {
        /// The appointment
        appointment: PathBuf,
        /// The key bundle that was in use
        #[arg(long, value_name = "FILE")]
        keys: PathBuf,
        #[command(flatten)]
        anchor: AnchorArg,
        /// What the console's `hand-over` wrote: hand-over.txt
        #[arg(long, value_name = "FILE")]
        manifest: Option<PathBuf>,
        /// Day on which the appointment must hold: the manifest's, else today, when not given
        #[arg(long, value_name = "DAY")]
        on: Option<Day>,
    },
}

#[derive(Args)]
pub(crate) struct AppointArgs {
    /// The key bundle in use
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: PathBuf,
    #[command(flatten)]
    pub(crate) anchor: AnchorArg,
    /// Public half of the key of whoever comes
    #[arg(long, value_name = "PUB", value_parser = public_key::<Incoming>)]
    pub(crate) incoming: VerifyingKey<Incoming>,
    /// First day on which it holds; today when not given
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<Day>,
    /// Last day on which it holds; 30 days from the first when not given
    #[arg(long, value_name = "DAY")]
    pub(crate) until: Option<Day>,
    /// New file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Args)]
pub(crate) struct SignAppointmentArgs {
    /// The appointment, with or without signatures of other holders
    pub(crate) appointment: PathBuf,
    /// The key bundle in use
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: PathBuf,
    #[command(flatten)]
    pub(crate) anchor: AnchorArg,
    /// Key file of the root key
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// New file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
}
