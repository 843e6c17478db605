//! The file rules: landlock. Required are the rules of its first interface; TCP rules and scopes are taken where
//! the kernel has them, since the filter of system calls refuses sockets everywhere.

use std::{io, path::PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus,
    PathBeneath, PathFd, PathFdError, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    RulesetStatus, Scope,
};

/// What of the rules holds beyond the required.
#[derive(Clone, Copy, Debug)]
pub struct Files {
    /// No TCP socket can be bound or connected.
    pub network: bool,
    /// No signal, and no abstract socket, outside of this process's kind.
    pub scopes: bool,
}

/// Restricts the calling thread to `folders` (whole) and `files` (reading); what is not there cannot be opened
/// later either.
pub(super) fn restrict(folders: &[PathBuf], files: &[PathBuf]) -> Result<Files, String> {
    let failed = |error: RulesetError| error.to_string();
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(REQUIRED))
        .and_then(|rules| {
            rules
                .set_compatibility(CompatLevel::BestEffort)
                .handle_access(AccessFs::from_all(NEWEST))
        })
        .and_then(|rules| rules.handle_access(AccessNet::from_all(NEWEST)))
        .and_then(|rules| rules.scope(Scope::from_all(NEWEST)))
        .and_then(Ruleset::create)
        .map_err(failed)?;
    for (paths, access) in [(folders, in_folders()), (files, AccessFs::ReadFile.into())] {
        for path in paths {
            let Some(file) = open(path)? else { continue };
            rules = rules
                .add_rule(PathBeneath::new(file, access))
                .map_err(failed)?;
        }
    }
    let status = rules.restrict_self().map_err(failed)?;
    if status.ruleset == RulesetStatus::NotEnforced {
        return Err("the kernel does not enforce it".to_owned());
    }
    let LandlockStatus::Available { effective_abi, .. } = status.landlock else {
        return Err("this kernel has none".to_owned());
    };
    Ok(Files {
        network: effective_abi >= ABI::V4,
        scopes: effective_abi >= ABI::V6,
    })
}

fn open(path: &PathBuf) -> Result<Option<PathFd>, String> {
    match PathFd::new(path) {
        Ok(file) => Ok(Some(file)),
        Err(PathFdError::OpenCall { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Ok(None)
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Files can be made, written, renamed and removed; none can be run, and nothing is made that is not a file.
fn in_folders() -> BitFlags<AccessFs> {
    AccessFs::ReadFile
        | AccessFs::WriteFile
        | AccessFs::ReadDir
        | AccessFs::RemoveFile
        | AccessFs::MakeReg
        | AccessFs::Truncate
}

const REQUIRED: ABI = ABI::V1;
const NEWEST: ABI = ABI::V6;
