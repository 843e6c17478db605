//! The protections as an ordinary user meets them, with the usual 8 MiB of lockable memory.
//! As root the tests become that user first; otherwise they are run as whoever runs them.

use std::{
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    process::{Command, Output},
};

use tempfile::TempDir;

/// A copy of the program that every user may run, and a folder that every user may write.
struct Ordinary(TempDir);

impl Ordinary {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).expect("own folder");
        fs::copy(env!("CARGO_BIN_EXE_asylia"), folder.path().join("asylia")).expect("copies");
        Self(folder)
    }

    /// Runs the program with 8 MiB of lockable memory.
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("prlimit");
        command
            .arg("--memlock=8388608:8388608")
            .arg("--core=unlimited:unlimited")
            .arg("./asylia");
        command.args(arguments).current_dir(self.0.path());
        if rustix::process::geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.output().expect("prlimit (util-linux) is installed")
    }
}

const NOBODY: u32 = 65_534;

#[test]
fn without_locked_memory_the_server_does_not_start() {
    let user = Ordinary::new();
    let output = user.run(&["serve", "--data", "d", "--keys", "k", "--listen", "unix:s"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(
        text.starts_with("The server does not start without \"memory lock\": "),
        "{text}"
    );
    assert!(
        text.contains("8192 KiB. Set LimitMEMLOCK=infinity"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(
        !user.0.path().join("s").exists(),
        "refused before the socket is bound"
    );
}

#[test]
fn the_key_of_the_memory_lock_gives_up_the_memory_lock_only() {
    let user = Ordinary::new();
    fs::write(
        user.0.path().join("c.toml"),
        "danger_unlocked_memory = true\ndanger_swap = true\n",
    )
    .expect("writes");
    // Words that are no fingerprint end the server, after its protections and before its first request.
    let serve = [
        "serve",
        "--data",
        "d",
        "--keys",
        "k",
        "--listen",
        "unix:s",
        "--config",
        "c.toml",
        "--office",
        "no fingerprint",
    ];
    let output = user.run(&serve);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let text = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(
        text.contains("DANGER: a protection is off protection=\"memory lock\""),
        "{text}"
    );
    assert!(!text.contains("does not start without"), "{text}");
    assert!(
        text.contains("are not a fingerprint. Give the 12 words"),
        "{text}"
    );
}

#[test]
fn doctor_names_what_is_missing_and_what_holds() {
    let output = Ordinary::new().run(&["doctor", "--data", "d", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let checks: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let passed = |name: &str| {
        let checks = checks.as_array().expect("a list");
        checks
            .iter()
            .find(|check| check["name"] == name)
            .expect("the check")["passed"]
            == true
    };
    assert!(passed("no core dumps"));
    assert!(passed("no new privileges"));
    assert!(!passed("memory lock"));
    let swap_areas = fs::read_to_string("/proc/swaps").map_or(1, |text| text.lines().count() - 1);
    assert_eq!(passed("no swap"), swap_areas == 0);
}
