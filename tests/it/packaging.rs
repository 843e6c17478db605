//! What is shipped beside the program: its unit's score, and that sockets and keys have one name everywhere.

use std::{fs, path::Path, process::Command};

/// P111.
#[test]
fn the_unit_leaves_little_exposed_under_systemd_analyze() {
    let output = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--no-pager"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/asylia.service"))
        .output()
        .expect("systemd-analyze is installed");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(!complaints.contains("Unknown"), "{complaints}");
    let (_, rest) = said
        .rsplit_once("Overall exposure level for asylia.service: ")
        .unwrap_or_else(|| panic!("no score: {said}{complaints}"));
    let score: f64 = rest
        .split(' ')
        .next()
        .and_then(|score| score.parse().ok())
        .expect("a number");
    assert!(score <= 1.0, "{score}");
}

#[test]
fn tor_and_the_proxy_are_sent_to_the_sockets_that_the_configuration_names() {
    let shipped = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("packaging")
            .join(name);
        fs::read_to_string(path).expect("it is shipped")
    };
    let example = shipped("asylia.example.toml");
    for (key, value) in [
        ("onion_socket", "/run/asylia/onion.sock"),
        ("listen", "unix:/run/asylia/clear.sock"),
        ("client_address_header", "x-client-address"),
    ] {
        assert!(example.contains(&format!("#{key} = \"{value}\"")), "{key}");
    }
    assert!(shipped("torrc").contains("\nHiddenServicePort 80 unix:/run/asylia/onion.sock\n"));
    assert!(shipped("torrc").contains("\nHiddenServiceExportCircuitID haproxy\n"));
    let nginx = shipped("nginx.conf");
    assert!(nginx.contains("proxy_pass http://unix:/run/asylia/clear.sock;"));
    assert!(nginx.contains("X-Client-Address $remote_addr;"));
    assert!(shipped("asylia.service").contains("\nRuntimeDirectory=asylia\n"));
}
