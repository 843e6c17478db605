//! A whole installation in a throw-away folder: an office, a server, sticks and a vault, as the README has it.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    process::Server,
    programs::{done, program},
};

/// One installation; its server is stopped and its folder removed with it.
pub(crate) struct Stage {
    /// The running server, if there is one; it ends before its folder goes.
    pub(crate) server: Option<Server>,
    folder: TempDir,
    bundles: u32,
}

/// A multipart form as a browser sends it.
#[derive(Default)]
pub(crate) struct Form(Vec<u8>);

impl Form {
    /// A text field.
    pub(crate) fn field(mut self, name: &str, value: &[u8]) -> Self {
        self.part(&format!("name=\"{name}\""), None, value);
        self
    }

    /// A file, its name escaped as the HTML standard has it.
    pub(crate) fn file(mut self, name: &str, media_type: &str, bytes: &[u8]) -> Self {
        let name = name
            .replace('"', "%22")
            .replace('\r', "%0D")
            .replace('\n', "%0A");
        let disposition = format!("name=\"attachments\"; filename=\"{name}\"");
        self.part(&disposition, Some(media_type), bytes);
        self
    }

    fn part(&mut self, disposition: &str, media_type: Option<&str>, bytes: &[u8]) {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n");
        self.0.extend_from_slice(head.as_bytes());
        if let Some(media_type) = media_type {
            self.0
                .extend_from_slice(format!("Content-Type: {media_type}\r\n").as_bytes());
        }
        self.0.extend_from_slice(b"\r\n");
        self.0.extend_from_slice(bytes);
        self.0.extend_from_slice(b"\r\n");
    }

    fn finished(mut self) -> Vec<u8> {
        self.0
            .extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.0
    }
}

impl Stage {
    /// Makes the office, starts the server and makes the vault.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut stage = Self {
            server: None,
            folder,
            bundles: 0,
        };
        done(
            Command::new(program("asylia-keys"))
                .arg("demo")
                .arg("--out")
                .arg(stage.path("office")),
        );
        let permitted = "danger_swap = true\ndanger_unlocked_memory = true\n";
        fs::write(stage.path("server.toml"), permitted).expect("the folder can be written");
        stage.start();
        let identity = |role: &str| stage.path("office").join(format!("identity-{role}"));
        let mut init = stage.console("init");
        init.arg("--keys")
            .arg(stage.path("office/keys.note"))
            .args(["--kdf-mib", "19"]);
        for role in ["intake", "account", "identity"] {
            init.arg("--identity").arg(identity(role));
        }
        done(&mut init);
        stage
    }

    /// A path below the stage's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts the server, which must not run.
    pub(crate) fn start(&mut self) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_asylia"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(self.path("server"));
        command.arg("--keys").arg(self.path("office/keys.note"));
        command.arg("--config").arg(self.path("server.toml"));
        self.server = Some(Server::start(&mut command, &self.path("log")));
    }

    /// Ends the server as the power would.
    pub(crate) fn kill(&mut self) {
        self.server = None;
    }

    /// Posts a form; returns status and page.
    pub(crate) fn post(&self, form: Form) -> (u16, String) {
        let address = self.server.as_ref().expect("the server runs").address();
        let body = form.finished();
        let head = format!(
            "POST /report HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nConnection: close\r\n\
             Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(address).expect("the server listens");
        stream.write_all(head.as_bytes()).expect("a head is taken");
        stream.write_all(&body).expect("a body is taken");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer comes");
        let status = answer
            .get(9..12)
            .and_then(|code| code.parse().ok())
            .expect("a status");
        (status, answer)
    }

    /// Exports to a new stick; returns the bundle's path.
    pub(crate) fn export(&mut self) -> PathBuf {
        self.bundles += 1;
        let out = self.path(&format!("stick-{}.asylia", self.bundles));
        let mut export = Command::new(env!("CARGO_BIN_EXE_asylia"));
        done(
            export
                .arg("export")
                .arg("--data")
                .arg(self.path("server"))
                .arg("--out")
                .arg(&out),
        );
        out
    }

    /// A command of the console on this stage's vault.
    pub(crate) fn console(&self, verb: &str) -> Command {
        let mut console = Command::new(program("asylia-console"));
        console.arg(verb).arg("--vault").arg(self.path("vault"));
        console
            .arg("--passphrase-file")
            .arg(self.path("office/passphrase"));
        console
    }

    /// Imports a bundle; returns what `--json` says.
    pub(crate) fn import(&self, bundle: &Path) -> Value {
        json(&done(self.console("import").arg(bundle).arg("--json")))
    }

    /// What `list --json` says.
    pub(crate) fn list(&self) -> Vec<Value> {
        let list = json(&done(self.console("list").arg("--json")));
        list.as_array().expect("an array").clone()
    }

    /// What `show ID --json` says.
    pub(crate) fn show(&self, id: &str) -> Value {
        json(&done(self.console("show").arg(id).arg("--json")))
    }

    /// The bytes of an attachment.
    pub(crate) fn attachment(&self, id: &str, number: u64) -> Vec<u8> {
        let out = self.path(&format!("attachment-{id}-{number}"));
        done(
            self.console("attachment")
                .arg(id)
                .arg(number.to_string())
                .arg("--out")
                .arg(&out),
        );
        let bytes = fs::read(&out).expect("the console wrote it");
        fs::remove_file(&out).expect("the test may remove it");
        bytes
    }
}

/// The text of the receipt's element with this id.
pub(crate) fn output(page: &str, id: &str) -> String {
    let (_, rest) = page
        .split_once(&format!("<output id=\"{id}\""))
        .expect("the receipt has it");
    let (_, rest) = rest.split_once('>').expect("a tag ends");
    rest.split_once('<').expect("an element ends").0.to_owned()
}

/// Repeatable bytes: the attachments of the tests.
pub(crate) fn seeded(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        // splitmix64
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend_from_slice(&(z ^ (z >> 31)).to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("the console prints JSON")
}

const BOUNDARY: &str = "----asylia-test-boundary";
