//! The other programs of the workspace, built once, and how a test runs one.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

/// Path of a program of the workspace other than the server.
///
/// All tests build the same selection, so that no two of them relink each other's binaries.
pub(crate) fn program(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let server = Path::new(env!("CARGO_BIN_EXE_asylia"));
        let folder = server
            .parent()
            .expect("a binary lies in a folder")
            .to_owned();
        let target = folder.parent().expect("debug lies in the target folder");
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(["build", "--locked", "--offline", "--bins", "--target-dir"])
            .arg(target);
        cargo.args([
            "-p",
            "asylia-console",
            "-p",
            "asylia-keys",
            "-p",
            "asylia-seal",
        ]);
        done(cargo.current_dir(env!("CARGO_MANIFEST_DIR")));
        folder
    });
    folder.join(name)
}

/// Runs a command that must succeed; returns what it printed.
pub(crate) fn done(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the program starts");
    let errors = String::from_utf8_lossy(&stderr);
    assert!(
        status.success(),
        "{command:?} ended with {status}: {errors}"
    );
    String::from_utf8(stdout).expect("programs print UTF-8")
}
