//! The dependency rules, read off Cargo's own answers instead of promised in a document.
//!
//! Each check is a function from text to a list of sentences, so that a unit here can show it firing on a
//! text that breaks the rule; the tests above it run the same function on this workspace and expect no
//! sentence. Trusts `cargo tree`, `cargo metadata` and `nm`; needs no network. See
//! `docs/ARCHITECTURE.md` for the rules and their reasons.

use std::iter::Peekable;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::SplitWhitespace;

use serde_json::Value;
use toml::Table;

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
            &undefined_symbols(&built(program)),
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

#[test]
fn the_tree_check_fires_on_a_tree_that_breaks_the_rule() {
    let tree =
        "asylia-keys v0.1.0 (/somewhere)\nage v0.12.1\ntokio v1.0.0\ntokio-util v0.7.0 (*)\n";
    assert_eq!(
        absent("asylia-keys", tree, &["tokio", "mio"]),
        ["asylia-keys must not depend on tokio"],
        "a name is compared whole: tokio-util is not tokio"
    );
    assert_eq!(
        absent("asylia-keys", "", &["tokio"]),
        ["the tree of asylia-keys is not about asylia-keys"]
    );
    let features = "hyper feature \"server\"\nhyper-util feature \"client-legacy\"\n";
    assert_eq!(
        client_features("asylia-console", features),
        ["asylia-console must not switch on hyper-util feature \"client-legacy\""]
    );
}

#[test]
fn the_licence_check_reads_expressions() {
    for good in [
        "MIT",
        "Apache-2.0/MIT",
        "(MIT OR GPL-3.0-only) AND Unicode-3.0",
        "MIT OR Apache-2.0",
    ] {
        assert!(permitted(good), "{good}");
    }
    assert!(permitted("Apache-2.0 WITH LLVM-exception"));
    for bad in [
        "",
        "GPL-3.0-only",
        "MIT AND AGPL-3.0-only",
        "MIT OR",
        "(MIT",
        "MIT MIT",
        "MIT WITH SSPL",
    ] {
        assert!(!permitted(bad), "{bad}");
    }
    let git = serde_json::json!({"name": "openssl", "version": "1.0.0", "license": "AGPL-3.0-only",
        "source": "git+https://example.org/openssl"});
    assert_eq!(
        metadata_faults(&git),
        [
            "openssl 1.0.0 is banned",
            "openssl 1.0.0 has a licence that is not on the list: AGPL-3.0-only",
            "openssl 1.0.0 does not come from the registry"
        ]
    );
}

#[test]
fn the_clippy_check_fires_on_a_copy_that_lost_an_entry() {
    let root: Table = "a = 60\nb = [{ path = \"x\" }, { path = \"y\" }]"
        .parse()
        .expect("valid TOML");
    let copy: Table = "a = 90\nb = [{ path = \"x\" }]"
        .parse()
        .expect("valid TOML");
    let faults = clippy_faults("member/clippy.toml", &root, &copy);
    assert_eq!(
        faults.get(..2).expect("two entries were lost"),
        [
            "member/clippy.toml lost the root's a",
            "member/clippy.toml lost the root's b: { path = \"y\" }"
        ]
    );
    assert_eq!(faults.len(), 2 + FENCED_TYPES.len(), "{faults:?}");
}

#[test]
fn the_symbol_check_fires_on_a_listing_with_a_socket() {
    let listing = "                 U write@GLIBC_2.2.5\n                 U connect@GLIBC_2.2.5\n";
    assert_eq!(
        socket_symbols("asylia-keys", listing),
        ["asylia-keys must not import connect"]
    );
    assert!(socket_symbols("asylia-keys", "                 U reconnect\n").is_empty());
}

/// Panics with one sentence a line, if there is any.
fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Names from `banned` that stand in a tree printed without prefixes.
fn absent(package: &str, tree: &str, banned: &[&str]) -> Vec<String> {
    let mut names = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    if names.next() != Some(package) {
        return vec![format!("the tree of {package} is not about {package}")];
    }
    names
        .filter(|name| banned.contains(name))
        .map(|name| format!("{package} must not depend on {name}"))
        .collect()
}

/// Features that would turn the console's HTTP server library into a client.
fn client_features(package: &str, features: &str) -> Vec<String> {
    features
        .lines()
        .filter(|line| {
            line.starts_with("hyper feature \"client")
                || line.starts_with("hyper-util feature \"client")
        })
        .map(|line| format!("{package} must not switch on {line}"))
        .collect()
}

/// What is wrong with one package of `cargo metadata`.
fn metadata_faults(package: &Value) -> Vec<String> {
    let text = |key| package.get(key).and_then(Value::as_str).unwrap_or_default();
    let label = format!("{} {}", text("name"), text("version"));
    let mut faults = Vec::new();
    if BANNED.contains(&text("name")) {
        faults.push(format!("{label} is banned"));
    }
    if !permitted(text("license")) {
        faults.push(format!(
            "{label} has a licence that is not on the list: {}",
            text("license")
        ));
    }
    // Members of the workspace have no source at all.
    if !text("source").is_empty() && !text("source").starts_with("registry+") {
        faults.push(format!("{label} does not come from the registry"));
    }
    faults
}

/// Whether an SPDX expression (or the old `A/B`) can be met with licences of the list.
fn permitted(expression: &str) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    either(&mut words) == Some(true) && words.next().is_none()
}

fn either(words: &mut Peekable<SplitWhitespace<'_>>) -> Option<bool> {
    let mut met = both(words)?;
    while words.next_if_eq(&"OR").is_some() {
        met |= both(words)?;
    }
    Some(met)
}

fn both(words: &mut Peekable<SplitWhitespace<'_>>) -> Option<bool> {
    let mut met = one(words)?;
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words)?;
    }
    Some(met)
}

fn one(words: &mut Peekable<SplitWhitespace<'_>>) -> Option<bool> {
    let word = words.next()?;
    if word == "(" {
        let met = either(words)?;
        return words.next_if_eq(&")").map(|_| met);
    }
    if words.next_if_eq(&"WITH").is_some() {
        let exception = words.next()?;
        return Some(LICENCES.contains(&format!("{word} WITH {exception}").as_str()));
    }
    Some(LICENCES.contains(&word))
}

/// Root entries that a member's copy lost, and types of the fence that it does not name.
fn clippy_faults(path: &str, root: &Table, copy: &Table) -> Vec<String> {
    let mut faults = Vec::new();
    for (key, value) in root {
        match (
            value.as_array(),
            copy.get(key).and_then(toml::Value::as_array),
        ) {
            (Some(entries), Some(copied)) => faults.extend(
                entries
                    .iter()
                    .filter(|entry| !copied.contains(entry))
                    .map(|entry| format!("{path} lost the root's {key}: {entry}")),
            ),
            _ if copy.get(key) == Some(value) => {}
            _ => faults.push(format!("{path} lost the root's {key}")),
        }
    }
    let types = copy.get("disallowed-types").and_then(toml::Value::as_array);
    let named = |wanted: &str| {
        types.is_some_and(|types| {
            types
                .iter()
                .any(|entry| entry.get("path").and_then(toml::Value::as_str) == Some(wanted))
        })
    };
    let unnamed = FENCED_TYPES.iter().filter(|wanted| !named(wanted));
    faults.extend(unnamed.map(|wanted| format!("{path} does not disallow {wanted}")));
    faults
}

/// Socket functions of the C library in a listing of undefined symbols.
fn socket_symbols(program: &str, listing: &str) -> Vec<String> {
    listing
        .lines()
        .filter_map(|line| line.split_whitespace().last())
        .map(|symbol| symbol.split('@').next().unwrap_or(symbol))
        .filter(|symbol| SOCKET_SYMBOLS.contains(symbol))
        .map(|symbol| format!("{program} must not import {symbol}"))
        .collect()
}

fn tree(package: &str) -> String {
    cargo(&["tree", "-e", "normal", "--prefix", "none", "-p", package])
}

fn clippy_file(path: &str) -> Table {
    let text =
        std::fs::read_to_string(root().join(path)).expect("every fenced member has a clippy.toml");
    text.parse().expect("clippy.toml is TOML")
}

/// Builds a program beside this test's own binary and returns its path.
fn built(program: &str) -> PathBuf {
    let this = std::env::current_exe().expect("a running test knows its binary");
    let target = this
        .ancestors()
        .nth(3)
        .expect("cargo puts test binaries in TARGET/PROFILE/deps");
    let folder = target
        .to_str()
        .expect("the target directory's name is UTF-8");
    cargo(&[
        "build",
        "--quiet",
        "-p",
        "asylia-keys",
        "-p",
        "asylia-seal",
        "--bins",
        "--target-dir",
        folder,
    ]);
    target.join("debug").join(program)
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

/// Never in the lock file: C cryptography, biased shares, a second SQLite, an unfit document writer.
#[rustfmt::skip]
const BANNED: &[&str] = &[
    "openssl", "openssl-sys", "native-tls", "sharks", "gf256", "rusqlite", "docx-rs",
    "reqwest", "ureq", "curl", "isahc", "hickory-resolver", "arti-client",
];

/// Licences that a dependency may be taken under; an expression needs one way through.
#[rustfmt::skip]
const LICENCES: &[&str] = &[
    "MIT", "MIT-0", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause",
    "0BSD", "ISC", "Zlib", "BSL-1.0", "CC0-1.0", "Unlicense", "Unicode-3.0",
];

/// Members that carry their own `clippy.toml`.
const FENCED: &[&str] = &[
    "crates/envelope",
    "crates/console",
    "crates/seal",
    "keys-tooling",
];

/// Types that a fenced member must not name without an `#[expect]` and its reason.
const FENCED_TYPES: &[&str] = &[
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::UdpSocket",
    "std::os::unix::net::UnixListener",
    "std::os::unix::net::UnixStream",
    "std::os::unix::net::UnixDatagram",
    "std::process::Command",
];

/// Functions of the C library without which no program reaches a network.
#[rustfmt::skip]
const SOCKET_SYMBOLS: &[&str] = &[
    "socket", "connect", "bind", "listen", "accept", "accept4", "getaddrinfo", "sendto", "sendmsg",
];
