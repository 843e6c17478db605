//! The protections as an ordinary user meets them, with the usual 8 MiB of lockable memory.
//! As root the tests become that user first; otherwise they are run as whoever runs them.

use std::{
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::server::{
    Place, Server,
    http::{Content, Form, Seeded, Visitor},
};

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
        let output = self.command(arguments).output();
        output.expect("prlimit (util-linux) is installed")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("prlimit");
        command
            .arg("--memlock=8388608:8388608")
            .arg("--core=unlimited:unlimited")
            .arg("./asylia");
        command.args(arguments).current_dir(self.0.path());
        if rustix::process::geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }
}

/// As on a trial machine: no privileges, little lockable memory, and the sandbox all the same.
#[test]
fn an_ordinary_user_with_8_mib_of_lockable_memory_serves_inside_the_sandbox() {
    let user = Ordinary::new();
    let place = Place::new();
    for name in ["keys.note", "config.toml"] {
        fs::copy(place.path(name), user.0.path().join(name)).expect("copies");
    }
    let mut serve = user.command(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data",
        "d",
        "--keys",
        "keys.note",
        "--config",
        "config.toml",
    ]);
    let server = Server::start(&mut serve, &place.log());
    for _ in 0..4 {
        let mut visitor = Visitor::connect(server.address()).expect("the server listens");
        let file = Content::Seeded(Seeded::new(1, 3 * 1024 * 1024));
        let answer = visitor.post(Form::default().text("story", "x").file("a", file));
        answer.expect("an answer").receipt().expect("a receipt");
    }
    server.stop();
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
    // As an ordinary user too: no privilege is needed for these.
    assert!(passed("file rules (landlock)"));
    assert!(passed("system call filter (seccomp)"));
    assert!(!passed("memory lock"));
    let swap_areas = fs::read_to_string("/proc/swaps").map_or(1, |text| text.lines().count() - 1);
    assert_eq!(passed("no swap"), swap_areas == 0);
}
