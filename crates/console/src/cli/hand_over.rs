//! `hand-over`: from one office to the next, at a keyboard or from lines of standard input.

use std::path::PathBuf;

use asylia_keys::{
    ceremony::desk,
    files::check_memory,
    hand_over::{APPOINTMENT_LIMIT_BYTES, UnverifiedAppointment},
    key_file::KEY_FILE_LIMIT_BYTES,
    shares::{Group, SET_NOTE_LIMIT_BYTES, ShareSet},
};
use clap::Args;

use super::{Failure, VaultArgs, init::read};
use crate::{
    hand_over::{By, PassphraseFiles, Plan, run as hand_over},
    machine::Machine,
    vault::{
        Vault,
        header::{KDF_DEFAULT_MIB, KdfCost},
    },
};

#[derive(Args)]
pub(super) struct HandOverArgs {
    #[command(flatten)]
    vault: VaultArgs,
    /// What the Committee signed, as `asylia-keys hand-over sign` wrote it
    #[arg(long, value_name = "FILE")]
    appointment: PathBuf,
    /// Key file of the incoming focal point, which the appointment names
    #[arg(long, value_name = "FILE")]
    incoming_key: PathBuf,
    /// The incoming focal point's name, as it will be typed to unlock
    #[arg(long, value_name = "NAME")]
    name: String,
    /// New folder for what is public of the hand-over, or one to go on with
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// Folder in memory for the pages of the new recovery key, such as one under /dev/shm
    #[arg(long, value_name = "DIR")]
    sheets: PathBuf,
    /// Holders of the new recovery key
    #[arg(long, value_name = "KofN", value_parser = group, default_value = "3of5")]
    holders: Group,
    /// Without the outgoing focal point: public file of the recovery key's set, whose holders are here
    #[arg(long, value_name = "FILE")]
    shares: Option<PathBuf>,
    /// A file whose line is the passphrase of the incoming key file; asked for without it
    #[arg(long, value_name = "F")]
    incoming_key_passphrase_file: Option<PathBuf>,
    /// A file whose line is the incoming focal point's new passphrase; asked for without it
    #[arg(long, value_name = "F")]
    new_passphrase_file: Option<PathBuf>,
    /// Memory that one guess of it costs, in MiB
    #[arg(long, value_name = "N", default_value_t = KDF_DEFAULT_MIB)]
    kdf_mib: u32,
    /// Permit pages on a disk, or with swap: the words can be found there for years
    #[arg(long)]
    danger_sheets_on_disk: bool,
}

/// Hands the vault over.
pub(super) fn run(machine: &Machine, args: HandOverArgs) -> Result<(), Failure> {
    let cost = KdfCost::with_memory(args.kdf_mib)?;
    Vault::look(&args.vault.vault)?;
    check_memory(&args.sheets, args.danger_sheets_on_disk)?;
    let note = read(&args.appointment, APPOINTMENT_LIMIT_BYTES as u64)?;
    let by = match &args.shares {
        Some(file) => {
            let note = read(file, SET_NOTE_LIMIT_BYTES as u64)?;
            By::RecoveryShares(Box::new(ShareSet::parse(&note)?))
        }
        None => By::FocalPoint(args.vault.person),
    };
    let plan = Plan {
        by,
        appointment: UnverifiedAppointment::parse(&note)?,
        incoming_key: read(&args.incoming_key, KEY_FILE_LIMIT_BYTES as u64)?,
        name: args.name,
        cost,
        holders: args.holders,
        folder: args.folder,
        sheets: args.sheets,
        files: PassphraseFiles {
            outgoing: args.vault.passphrase_file,
            incoming_key: args.incoming_key_passphrase_file,
            new: args.new_passphrase_file,
        },
        vault: args.vault.vault,
    };
    Ok(hand_over(machine, &plan, desk().as_mut())?)
}

/// `3of5`.
fn group(text: &str) -> Result<Group, String> {
    Group::parse(text).ok_or_else(|| "holders are written like 3of5".to_owned())
}
