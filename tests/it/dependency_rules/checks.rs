//! The checks behind the dependency rules: text in, one sentence a fault out.
//!
//! Pure functions, so that the tests at the end can show each of them firing.

use std::iter::Peekable;
use std::str::SplitWhitespace;

use serde_json::Value;
use toml::Table;

/// Names from `banned` that stand in a tree printed without prefixes.
pub(super) fn absent(package: &str, tree: &str, banned: &[&str]) -> Vec<String> {
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
pub(super) fn client_features(package: &str, features: &str) -> Vec<String> {
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
pub(super) fn metadata_faults(package: &Value) -> Vec<String> {
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
pub(super) fn clippy_faults(path: &str, root: &Table, copy: &Table) -> Vec<String> {
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
pub(super) fn socket_symbols(program: &str, listing: &str) -> Vec<String> {
    listing
        .lines()
        .filter_map(|line| line.split_whitespace().last())
        .map(|symbol| symbol.split('@').next().unwrap_or(symbol))
        .filter(|symbol| SOCKET_SYMBOLS.contains(symbol))
        .map(|symbol| format!("{program} must not import {symbol}"))
        .collect()
}

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

#[cfg(test)]
mod tests {
    use super::*;

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
        let listing =
            "                 U write@GLIBC_2.2.5\n                 U connect@GLIBC_2.2.5\n";
        assert_eq!(
            socket_symbols("asylia-keys", listing),
            ["asylia-keys must not import connect"]
        );
        assert!(socket_symbols("asylia-keys", "                 U reconnect\n").is_empty());
    }
}
