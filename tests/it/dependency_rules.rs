//! The dependency rules, read off Cargo's own answers instead of promised in a document.
//!
//! Each check is a function of `checks.rs` from text to a list of sentences; units there show it firing
//! on a text that breaks the rule, the tests here run it on this workspace and expect no sentence.
//! Trusts `cargo tree`, `cargo metadata` and `nm`; needs no network. The rules and their reasons stand
//! in `docs/ARCHITECTURE.md`.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use toml::Table;

use checks::{absent, client_features, clippy_faults, metadata_faults, socket_symbols};

mod checks;

#[test]
fn the_server_holds_no_code_that_loads_an_office_identity() {
    let banned = ["asylia-keys", "asylia-console", "asylia-seal"];
    assert_none(&absent("asylia", &tree("asylia"), &banned));
}

#[test]
fn envelope_keys_and_seal_resolve_no_network_crate() {
    for package in ["asylia-envelope", "asylia-keys", "asylia-seal"] {
        assert_none(&absent(package, &tree(package), NETWORK));
    }
}

#[test]
fn the_envelope_stands_below_every_other_package() {
    let banned = [
        "asylia",
        "asylia-keys",
        "asylia-console",
        "asylia-seal",
        "clap",
        "anyhow",
    ];
    assert_none(&absent(
        "asylia-envelope",
        &tree("asylia-envelope"),
        &banned,
    ));
}

#[test]
fn programs_do_not_depend_on_each_other() {
    assert_none(&absent(
        "asylia-console",
        &tree("asylia-console"),
        &["asylia", "asylia-seal"],
    ));
    assert_none(&absent(
        "asylia-seal",
        &tree("asylia-seal"),
        &["asylia", "asylia-console", "asylia-keys"],
    ));
    assert_none(&absent(
        "asylia-keys",
        &tree("asylia-keys"),
        &["asylia", "asylia-console", "asylia-seal"],
    ));
}

#[test]
fn the_console_holds_no_client_and_no_resolver() {
    assert_none(&absent("asylia-console", &tree("asylia-console"), CLIENTS));
    let features = cargo(&[
        "tree",
        "-e",
        "normal,features",
        "--prefix",
        "none",
        "-p",
        "asylia-console",
    ]);
    assert!(
        features.contains("hyper feature \"server\""),
        "cargo tree lists no features any more"
    );
    assert_none(&client_features("asylia-console", &features));
}

#[test]
fn every_licence_is_on_the_list_and_no_banned_crate_is_anywhere() {
    let metadata: Value = serde_json::from_str(&cargo(&["metadata", "--format-version", "1"]))
        .expect("cargo metadata prints JSON");
    let packages = metadata
        .get("packages")
        .and_then(Value::as_array)
        .expect("metadata lists packages");
    assert!(
        packages.len() > 100,
        "cargo metadata lists only {} packages",
        packages.len()
    );
    assert_none(
        &packages
            .iter()
            .flat_map(metadata_faults)
            .collect::<Vec<_>>(),
    );
}

#[test]
fn members_clippy_files_keep_every_root_entry() {
    let root = clippy_file("clippy.toml");
    for member in FENCED {
        let path = format!("{member}/clippy.toml");
        assert_none(&clippy_faults(&path, &root, &clippy_file(&path)));
    }
}

#[test]
fn keys_and_seal_import_no_socket_symbol() {
    for program in ["asylia-keys", "asylia-seal"] {
        assert_none(&socket_symbols(
            program,
            &undefined_symbols(&crate::programs::program(program)),
        ));
    }
}

/// Negative control for the test above: the same reading of the server's binary must find sockets.
#[test]
fn the_server_binary_shows_what_the_symbol_check_looks_for() {
    let symbols = undefined_symbols(Path::new(env!("CARGO_BIN_EXE_asylia")));
    let found = socket_symbols("asylia", &symbols);
    assert!(
        found.iter().any(|fault| fault.ends_with(" socket")),
        "the check finds nothing: {found:?}"
    );
}

/// Panics with one sentence a line, if there is any.
fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn tree(package: &str) -> String {
    cargo(&["tree", "-e", "normal", "--prefix", "none", "-p", package])
}

fn clippy_file(path: &str) -> Table {
    let text =
        std::fs::read_to_string(root().join(path)).expect("every fenced member has a clippy.toml");
    text.parse().expect("clippy.toml is TOML")
}

fn undefined_symbols(binary: &Path) -> String {
    let mut nm = Command::new("nm");
    let listing = run(nm.args(["-D", "--undefined-only"]).arg(binary));
    // A static binary lists nothing at all, which would look like a pass.
    assert!(
        listing.contains("__libc_start_main"),
        "{} is not dynamically linked",
        binary.display()
    );
    listing
}

/// Runs this toolchain's cargo on this workspace, offline and with the committed lock file.
fn cargo(arguments: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    let (verb, rest) = arguments
        .split_first()
        .expect("cargo is called with a verb");
    run(cargo
        .arg(verb)
        .args(["--locked", "--offline"])
        .args(rest)
        .current_dir(root()))
}

fn run(command: &mut Command) -> String {
    let output = command.output().expect("cargo and nm can be started");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("cargo and nm print UTF-8")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runtimes, sockets, protocols and databases: nothing that could reach another machine.
#[rustfmt::skip]
const NETWORK: &[&str] = &[
    "tokio", "tokio-util", "mio", "socket2", "async-io", "async-net", "async-std", "smol", "polling",
    "hyper", "hyper-util", "h2", "h3", "quinn", "axum", "actix-web", "warp", "tonic", "tungstenite",
    "reqwest", "ureq", "curl", "curl-sys", "isahc", "attohttpc", "minreq",
    "rustls", "tokio-rustls", "hyper-rustls", "native-tls", "openssl", "openssl-sys",
    "hickory-resolver", "trust-dns-resolver", "sqlx", "sqlx-core", "sqlx-postgres", "tokio-postgres",
];

/// What speaks *to* a server: the console serves its own page and calls nobody.
#[rustfmt::skip]
const CLIENTS: &[&str] = &[
    "reqwest", "ureq", "curl", "curl-sys", "isahc", "attohttpc", "minreq", "hyper-rustls", "hyper-tls",
    "rustls", "tokio-rustls", "native-tls", "openssl", "openssl-sys", "hickory-resolver",
    "trust-dns-resolver", "tungstenite", "h2", "h3", "quinn", "sqlx-postgres", "tokio-postgres",
];

/// Members that carry their own `clippy.toml`.
const FENCED: &[&str] = &[
    "crates/envelope",
    "crates/console",
    "crates/seal",
    "keys-tooling",
];
