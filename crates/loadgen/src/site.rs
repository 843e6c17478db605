//! A throw-away office and a running server, and the proof that nothing acknowledged is missing.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::BufReader,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use asylia::clock::Clock;
use asylia_envelope::{
    day::Day,
    open::{Identities, RecordLabel, open_record},
    transfer::UntrustedBundle,
};
use asylia_keys::demo::DemoOffice;
use rand_core::OsRng;
use tempfile::TempDir;

/// A server that runs until this is dropped.
pub(crate) struct Site {
    folder: TempDir,
    office: DemoOffice,
    programs: PathBuf,
    server: Child,
    address: SocketAddr,
}

impl Site {
    /// Starts the server with further lines of configuration.
    pub(crate) fn start(programs: &Path, lines: &str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let today = Day::from_days_since_1970(i64::from(Clock::System.today()));
        let office = DemoOffice::generate(today.context("today is a day")?, &mut OsRng);
        let path = |name: &str| folder.path().join(name);
        fs::write(path("keys.note"), &office.note)?;
        let onion = path("onion.sock");
        let permitted = "danger_swap = true\ndanger_unlocked_memory = true\n";
        let sockets = format!("onion_socket = \"{}\"\n", onion.display());
        fs::write(path("asylia.toml"), format!("{permitted}{sockets}{lines}"))?;
        let log = File::create(path("log"))?;
        let server = Command::new(programs.join("asylia"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(path("data"))
            .arg("--keys")
            .arg(path("keys.note"))
            .arg("--config")
            .arg(path("asylia.toml"))
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .context("--programs names no folder with `asylia` in it")?;
        let mut site = Self {
            folder,
            office,
            programs: programs.to_owned(),
            server,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        site.address = site.wait()?;
        Ok(site)
    }

    /// Where it listens on loopback.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// tor's socket.
    pub(crate) fn onion(&self) -> PathBuf {
        self.folder.path().join("onion.sock")
    }

    /// The server's process.
    pub(crate) fn process(&self) -> u32 {
        self.server.id()
    }

    /// Exports everything and opens it; fails unless it is exactly what was acknowledged.
    pub(crate) fn verify(&self, acknowledged: u64) -> anyhow::Result<()> {
        let (mut opened, mut stick) = (BTreeSet::new(), 0);
        // What does not fit one bundle goes with the next, which begins with what no bundle carried.
        while (opened.len() as u64) < acknowledged {
            stick += 1;
            let count = opened.len();
            ensure!(stick < 1000, "{count} of {acknowledged} reports come out");
            let out = self.folder.path().join(format!("{stick}.asylia"));
            let mut export = Command::new(self.programs.join("asylia"));
            export.arg("export").arg("--data");
            export.arg(self.folder.path().join("data"));
            let output = export.arg("--out").arg(&out).output()?;
            ensure!(output.status.success(), "the export failed: {output:?}");
            self.open_all(&out, &mut opened)?;
            fs::remove_file(out)?;
        }
        let count = opened.len() as u64;
        ensure!(count == acknowledged, "{count} for {acknowledged} receipts");
        Ok(())
    }

    fn open_all(&self, bundle: &Path, opened: &mut BTreeSet<[u8; 16]>) -> anyhow::Result<()> {
        let file = File::open(bundle)?;
        let length = file.metadata()?.len();
        let mut bundle = UntrustedBundle::open(BufReader::new(file), length, None)?;
        let period = &self.office.period;
        let identities = Identities {
            intake: &period.intake,
            account: Some(&period.account),
            identity: Some(&period.identity),
        };
        loop {
            let mut stored = Vec::new();
            let blob = bundle.next_blob(|bytes| {
                stored.extend_from_slice(bytes);
                Ok(())
            })?;
            let Some(blob) = blob else {
                return Ok(());
            };
            let label = RecordLabel {
                instance: self.office.content.instance,
                record_id: blob.subject.record_id,
                period: blob.subject.period,
            };
            let record = open_record(&*stored, &label, &identities, &mut |_, _| Ok(()));
            let record = record.context("a record does not open")?;
            ensure!(record.problems.is_empty(), "{:?}", record.problems);
            opened.insert(label.record_id.0);
        }
    }

    fn wait(&mut self) -> anyhow::Result<SocketAddr> {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(30) {
            let log = fs::read_to_string(self.folder.path().join("log"))?;
            let line = log.lines().find_map(|line| line.split_once("serving on "));
            if let (Some((_, address)), true) = (line, log.ends_with('\n')) {
                return Ok(address.trim().parse()?);
            }
            if let Some(status) = self.server.try_wait()? {
                bail!("the server ended with {status}: {log}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        bail!("the server does not start")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // It may have ended by itself, which is found out by then.
        drop(self.server.kill());
        drop(self.server.wait());
    }
}
