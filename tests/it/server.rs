//! The real program in a folder of its own: started, asked over loopback, killed.
//!
//! A [`Place`] holds keys, data, temporary files and log, and outlives the processes that run in it. Everything is reached as an operator or a
//! visitor reaches it; only [`Place::office`] knows more, and plays the office.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::{Duration, Instant},
};

use asylia::clock::Clock;
use asylia_envelope::{day::Day, key_bundle::BundleContent};
use asylia_keys::demo::DemoOffice;
use rand_core::OsRng;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) use crate::process::Server;

pub(crate) mod http;
pub(crate) mod office;
pub(crate) mod sealed;
pub(crate) mod trace;

/// Folders, keys and configuration of one server.
pub(crate) struct Place {
    folder: TempDir,
    office: DemoOffice,
}

/// Which program runs.
#[derive(Clone, Copy)]
pub(crate) enum Program {
    /// The product.
    Asylia,
    /// The negative control, see `src/leak.rs`.
    Leaky,
}

impl Place {
    /// A fresh place with a demo office and the default limits.
    pub(crate) fn new() -> Self {
        Self::with_config("")
    }

    /// The same, with further lines of configuration.
    pub(crate) fn with_config(lines: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let today = Day::from_days_since_1970(i64::from(Clock::System.today()));
        let office = DemoOffice::generate(today.expect("today is a day"), &mut OsRng);
        let place = Self { folder, office };
        for name in [DATA, TEMP, WORK] {
            fs::create_dir(place.path(name)).expect("own folder");
        }
        fs::write(place.path(KEYS), &place.office.note).expect("own folder");
        place.configure(lines);
        place
    }

    /// Replaces what the configuration says besides what this machine may lack.
    pub(crate) fn configure(&self, lines: &str) {
        // Whether it swaps or permits locking has tests of its own.
        let config = format!("danger_swap = true\ndanger_unlocked_memory = true\n{lines}");
        fs::write(self.path(CONFIG), config).expect("own folder");
    }

    /// The office whose keys this server seals to.
    pub(crate) fn office(&self) -> &DemoOffice {
        &self.office
    }

    /// Serves another bundle of the same office from now on.
    pub(crate) fn set_bundle(&self, content: &BundleContent) {
        let note = content.to_note(&[content.signature_line(&self.office.root_key)]);
        fs::write(self.path(KEYS), note).expect("own folder");
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.path(DATA)
    }

    /// The database file.
    pub(crate) fn database(&self) -> PathBuf {
        self.data().join("intake.db")
    }

    /// The folder for temporary files.
    pub(crate) fn temp(&self) -> PathBuf {
        self.path(TEMP)
    }

    /// What the program printed, in all its runs.
    pub(crate) fn log(&self) -> PathBuf {
        self.path(LOG)
    }

    /// A path in this place that is none of the server's.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts a program and waits until it serves.
    pub(crate) fn start(&self, program: Program) -> Server {
        let mut command = Command::new(program.path());
        self.serve(&mut command)
    }

    /// Starts a program that listens where its configuration says.
    pub(crate) fn start_where_it_says(&self, program: Program) -> Server {
        let mut command = Command::new(program.path());
        command.arg("serve").arg("--data").arg(self.data());
        self.configured(&mut command)
    }

    /// Starts a program under strace, every system call with all its bytes going to the file returned.
    pub(crate) fn start_traced(&self, program: Program) -> (Server, PathBuf) {
        let trace = self.path("trace");
        let mut command = Command::new("strace");
        // -D: strace is the grandchild, so the child is the server itself.
        command
            .args(["-D", "-f", "-yy", "-xx", "-s", STRACE_STRING_BYTES, "-o"])
            .arg(&trace)
            .args(["-e", "trace=!futex,epoll_wait"])
            .arg(program.path());
        (self.serve(&mut command), trace)
    }

    /// Runs another verb of the product on this data folder; returns what it printed.
    pub(crate) fn run(&self, verb: &str, arguments: &[&Path]) -> String {
        let mut command = Command::new(Program::Asylia.path());
        command.arg(verb).arg("--data").arg(self.data());
        let output = command.args(arguments).output().expect("the program runs");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{verb}: {printed}{complaint}");
        printed
    }

    /// What `asylia status` says.
    pub(crate) fn status(&self) -> Value {
        let printed = self.run("status", &[Path::new("--json")]);
        serde_json::from_str(&printed).expect("JSON")
    }

    /// How many records are stored.
    pub(crate) fn records(&self) -> u64 {
        let records = self.status().get("records").and_then(Value::as_u64);
        records.expect("a count")
    }

    fn serve(&self, command: &mut Command) -> Server {
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(self.data());
        self.configured(command)
    }

    fn configured(&self, command: &mut Command) -> Server {
        command
            .arg("--keys")
            .arg(self.path(KEYS))
            .arg("--config")
            .arg(self.path(CONFIG))
            .env("ASYLIA_LOG", "trace")
            .env("TMPDIR", self.temp())
            .current_dir(self.path(WORK));
        Server::start(command, &self.log())
    }
}

impl Program {
    /// The executable, built if need be.
    pub(crate) fn path(self) -> &'static Path {
        match self {
            Self::Asylia => Path::new(env!("CARGO_BIN_EXE_asylia")),
            Self::Leaky => leaky(),
        }
    }
}

/// Repeats `check` until it gives a value or `limit` is over.
pub(crate) fn wait_for<T>(limit: Duration, mut check: impl FnMut() -> Option<T>) -> Option<T> {
    let begin = Instant::now();
    loop {
        let late = begin.elapsed() >= limit;
        match check() {
            Some(value) => return Some(value),
            None if late => return None,
            None => std::thread::sleep(PAUSE),
        }
    }
}

/// Whether the full repetition counts were asked for (`scripts/test --long`).
pub(crate) fn long() -> bool {
    std::env::var_os("ASYLIA_LONG").is_some_and(|value| value == "1")
}

/// Builds the leaky server once, beside this test's own binary; the tests' build of every dependency is
/// shared, so this compiles the server's library again and nothing else.
fn leaky() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let this = std::env::current_exe().expect("a running test knows its binary");
        let target = this.ancestors().nth(3);
        let target = target.expect("cargo puts test binaries in TARGET/PROFILE/deps");
        let output = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--locked", "--offline", "--workspace"])
            .args(["--example", "asylia_leaky"])
            .args(["--features", "asylia/danger_leak", "--target-dir"])
            .arg(target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo can be started");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{complaint}");
        target.join("debug/examples/asylia_leaky")
    })
}

const DATA: &str = "data";
const TEMP: &str = "temp";
const WORK: &str = "work";
const LOG: &str = "log";
const KEYS: &str = "keys.note";
const CONFIG: &str = "config.toml";
/// Longer than any buffer the server reads or writes at once.
const STRACE_STRING_BYTES: &str = "4194304";
const PAUSE: Duration = Duration::from_millis(5);
