//! Stock tools open what the server stores: a record of a real installation is given to a Node test, which
//! opens it with typage and tar alone; and what typage seals, our code opens.

#[expect(
    clippy::indexing_slicing,
    reason = "a wrong index fails the test, as it should"
)]
mod client_seals;

use std::{
    fs,
    io::{BufReader, Read},
    path::Path,
    process::Command,
};

use asylia_envelope::transfer::UntrustedBundle;
use asylia_keys::identity::AnyIdentity;
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::{
    programs::done,
    stage::{Form, Stage, seeded},
};

#[test]
fn typage_and_tar_open_a_record_of_ours() {
    let mut stage = Stage::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let story = "A story in أكثر من لغة\nand two lines";
    let files = [("one.bin", seeded(1, 300_000)), ("пусто.txt", Vec::new())];
    let mut form = Form::default().field("story", story.replace('\n', "\r\n").as_bytes());
    for (name, bytes) in &files {
        form = form.file(name, "application/octet-stream", bytes);
    }
    assert_eq!(stage.post(form).0, 200);
    let record = only_record(&stage.export());
    fs::write(folder.path().join("record.stored"), record).expect("the folder can be written");
    let attachments = files.map(|(name, bytes)| json!({"name": name, "sha256": hash(&bytes)}));
    let expected = json!({"story": story, "attachments": attachments});
    write(folder.path(), "expected.json", &expected);
    write(folder.path(), "identities.json", &identities(&stage));
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("client");
    let mut node = Command::new("node");
    node.args(["--test", "--test-reporter=tap", "tests/interop.test.mjs"])
        .current_dir(client);
    let said = done(node.env("ASYLIA_INTEROP_DIR", folder.path()));
    assert!(
        said.contains("# pass 6\n") && said.contains("# fail 0\n"),
        "{said}"
    );
}

fn only_record(bundle: &Path) -> Vec<u8> {
    let file = fs::File::open(bundle).expect("the bundle is there");
    let length = file.metadata().expect("a file").len();
    let mut bundle = UntrustedBundle::open(BufReader::new(file), length, None).expect("a bundle");
    let mut record = Vec::new();
    let line = bundle.next_blob(|bytes| bytes.take(u64::MAX).read_to_end(&mut record).map(drop));
    assert!(line.expect("a whole blob").is_some());
    record
}

/// The secret keys of the throw-away office, for the stock tools.
fn identities(stage: &Stage) -> Value {
    let passphrase = fs::read_to_string(stage.path("office/passphrase")).expect("a passphrase");
    let passphrase = SecretString::from(passphrase.trim_end().to_owned());
    let mut identities = Map::new();
    for role in ["intake", "account", "identity"] {
        let file = fs::read(stage.path(&format!("office/identity-{role}"))).expect("a file");
        let identity = AnyIdentity::open_file(&file, &passphrase).expect("the demo's passphrase");
        let text = identity.to_secret_text();
        let key = text
            .lines()
            .find_map(|line| line.strip_prefix("key: "))
            .expect("a key line");
        identities.insert(role.to_owned(), json!(key));
    }
    Value::Object(identities)
}

fn write(folder: &Path, name: &str, value: &Value) {
    fs::write(folder.join(name), value.to_string()).expect("the folder can be written");
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
