//! What the kernel refuses the serving process, however it is led astray: every file but its own, every
//! program, every new socket, every other process.
//!
//! Set in this order: sockets are bound; [`confine_files`] (landlock) before any thread exists, since it binds
//! the calling thread and those it starts; keys and store are opened; [`confine_calls`] (seccomp) on all threads.
//! None of it can be taken back, there is no key that gives it up, and a call that is not on the list ends the
//! process: a server that was taken over is worth less than one that is down.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use crate::{
    config::{Config, StoreAt},
    error::Advice,
    process::Check,
};

mod calls;
mod files;

pub use calls::Calls;
pub use files::Files;

/// The files a serving process needs.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Folders in which it keeps its data: everything but running and special files.
    folders: Vec<PathBuf>,
    /// Files it reads.
    files: Vec<PathBuf>,
}

impl Reach {
    /// Of a server with this configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let mut folders = vec![config.data.clone()];
        if let StoreAt::Sqlite(path) = &config.store {
            folders.extend(folder_of(path));
        }
        let mut files = vec![config.keys.clone(), PathBuf::from(RANDOM)];
        files.extend(config.site_manifest.clone());
        Self { folders, files }
    }

    /// Of a server that keeps everything in one folder: what `doctor` tries.
    #[must_use]
    pub fn folder(data: &Path) -> Self {
        Self {
            folders: vec![data.to_owned()],
            files: vec![PathBuf::from(RANDOM)],
        }
    }
}

/// Which calls a server with this store needs.
#[must_use]
pub fn calls_for(store: &StoreAt) -> Calls {
    match store {
        StoreAt::Sqlite(_) => Calls::Sqlite,
        StoreAt::Postgres { .. } => Calls::Postgres,
    }
}

/// Closes every file but those of `reach` to the calling thread and all that it starts later.
///
/// # Errors
/// [`Advice`] when the kernel does not take the rule, or does not keep it.
pub fn confine_files(reach: &Reach) -> Result<Files, Advice> {
    let files = files::restrict(&reach.folders, &reach.files)
        .map_err(|why| missing(FILES, &why, FILES_ADVICE))?;
    files_are_closed().map_err(|why| missing(FILES, &why, FILES_ADVICE))?;
    Ok(files)
}

/// Ends the process at the first call that serving does not need, on every thread.
///
/// # Errors
/// [`Advice`] when the kernel does not take the rule.
pub fn confine_calls(calls: Calls) -> Result<(), Advice> {
    calls::restrict(calls).map_err(|why| missing(CALLS, &why, CALLS_ADVICE))
}

/// Confines the calling process as `serve` would be, and says what of it holds: `doctor`'s last act.
pub fn checks(reach: &Reach, store: Calls) -> Vec<Check> {
    let files = files::restrict(&reach.folders, &reach.files);
    let files = files.and_then(|files| files_are_closed().map(|()| files));
    let optional = |held: fn(&Files) -> bool| match &files {
        Ok(files) if held(files) => "in force".to_owned(),
        _ => {
            "not known to this kernel; not required, since the system calls are refused".to_owned()
        }
    };
    let (network, scopes) = (
        optional(|files| files.network),
        optional(|files| files.scopes),
    );
    let closed = files.map(|_| "only the server's own".to_owned());
    let calls = calls::restrict(store).map(|()| match store {
        Calls::Sqlite => format!(
            "{} permitted, no socket among them",
            calls::permitted(store)
        ),
        Calls::Postgres => format!(
            "{} permitted, of sockets those within this machine only",
            calls::permitted(store)
        ),
    });
    vec![
        Check::required(FILES, closed, FILES_ADVICE),
        Check::required("TCP rules (landlock)", Ok(network), ""),
        Check::required("signals and abstract sockets (landlock)", Ok(scopes), ""),
        Check::required(CALLS, calls, CALLS_ADVICE),
    ]
}

/// Asked on the spot, because a sandbox around this one may take a rule and do nothing.
fn files_are_closed() -> Result<(), String> {
    match File::open("/proc/self/status") {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        _ => Err("the kernel took the rule and does not keep it".to_owned()),
    }
}

fn missing(what: &str, why: &str, advice: &str) -> Advice {
    Advice::failed(
        format!("The server does not start without \"{what}\": {why}"),
        advice,
    )
}

fn folder_of(path: &Path) -> Option<PathBuf> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => Some(folder.to_owned()),
        _ => Some(PathBuf::from(".")),
    }
}

const FILES: &str = "file rules (landlock)";
const CALLS: &str = "system call filter (seccomp)";
const FILES_ADVICE: &str = "Use a Linux kernel of 5.13 or later with landlock among its security modules \
     (`lsm=` on its command line), and check that the folders and files of the configuration exist";
const CALLS_ADVICE: &str =
    "Use a Linux kernel with seccomp filters, outside of containers that forbid them";
/// SQLite seeds what it salts its log with from here.
const RANDOM: &str = "/dev/urandom";
