//! The daily notice: the same bytes whatever came, no shell, no environment, ended with the server.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use crate::server::{
    Place, Program, Server,
    http::{Form, Visitor},
    wait_for,
};

#[test]
fn the_notice_is_the_same_whether_ten_reports_came_or_none() {
    let place = Place::new();
    let command = command(&place);
    let config = format!(
        "danger_swap = true\ndanger_unlocked_memory = true\nnotice_command = [{command:?}, \"$HOME\"]\n"
    );
    let file = place.path("config.toml");
    fs::write(&file, config).expect("own folder");
    let server = place.start(Program::Asylia);
    let none = given(&place, &file);
    for _ in 0..10 {
        report(&server);
    }
    let ten = given(&place, &file);
    assert_eq!(none, ten);
    assert!(none.contains("whether reports came or not"), "{none}");
    assert!(
        none.contains("argument $HOME") && none.contains("environment PWD=/\n"),
        "{none}"
    );
    assert!(!none.contains("PATH=/usr/local/sbin"), "{none}");
}

#[test]
fn the_process_of_the_notice_ends_with_the_server() {
    let place = Place::new();
    let command = command(&place);
    let config = format!(
        "danger_swap = true\ndanger_unlocked_memory = true\nnotice_command = [{command:?}]\n"
    );
    fs::write(place.path("config.toml"), config).expect("own folder");
    let server = place.start(Program::Asylia);
    let children = || children_of(server.id());
    let child = children();
    assert_eq!(child.len(), 1, "{child:?}");
    let [child] = child.as_slice() else {
        unreachable!()
    };
    let shown = fs::read(format!("/proc/{child}/cmdline")).expect("it runs");
    assert!(String::from_utf8_lossy(&shown).contains("notice"));
    // Killed, so that nothing but the end of its input can tell the child.
    let child = *child;
    server.kill();
    let gone = || {
        let state = fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        (state.is_empty() || state.contains(") Z ")).then_some(())
    };
    assert!(
        wait_for(Duration::from_secs(10), gone).is_some(),
        "it stays"
    );
}

#[test]
fn a_command_that_is_none_is_named() {
    let place = Place::new();
    let config = place.path("config.toml");
    for (line, says) in [
        ("", "names no command"),
        ("notice_command = []\n", "the whole path of a program"),
        (
            "notice_command = [\"mail\"]\n",
            "the whole path of a program",
        ),
        (
            "notice_command = [\"/nowhere/at/all\"]\n",
            "The command of the daily notice failed",
        ),
    ] {
        fs::write(&config, line).expect("own folder");
        let output = notice(&config).output().expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && said.contains(says),
            "{line}: {said}"
        );
    }
}

/// A program that keeps what it is given.
fn command(place: &Place) -> PathBuf {
    let path = place.path("notify");
    let out = place.path("given");
    let script = format!(
        "#!/bin/sh\n{{ cat; echo \"argument $1\"; printf 'environment '; env | grep -v '^_='; }} > {}\n",
        out.display()
    );
    fs::write(&path, script).expect("own folder");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("own file");
    path
}

fn given(place: &Place, config: &Path) -> String {
    let output = notice(config).output().expect("the program runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    fs::read_to_string(place.path("given")).expect("the command ran")
}

fn notice(config: &Path) -> Command {
    let mut command = Command::new(Program::Asylia.path());
    command
        .args(["notice", "--config"])
        .arg(config)
        .stdin(Stdio::null());
    command
}

fn children_of(process: u32) -> Vec<u32> {
    let path = format!("/proc/{process}/task/{process}/children");
    let children = fs::read_to_string(path).expect("our own process");
    children
        .split_whitespace()
        .filter_map(|id| id.parse().ok())
        .collect()
}

fn report(server: &Server) {
    let mut visitor = Visitor::connect(server.address()).expect("the server listens");
    let answer = visitor.post(Form::default().text("story", "It happened in March."));
    assert_eq!(answer.expect("an answer").status, 200);
}
