//! One server a data folder: a second would delete the uploads of the first.

use std::process::Command;

use crate::stage::{Form, Stage};

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let mut stage = Stage::new();
    let mut second = Command::new(env!("CARGO_BIN_EXE_asylia"));
    second.arg("serve").arg("--data").arg(stage.path("server"));
    second.arg("--keys").arg(stage.path("office/keys.note"));
    second
        .arg("--config")
        .arg(stage.path("server.toml"))
        .args(["--listen", "127.0.0.1:0"]);
    let output = second.output().expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("Another server runs on this data folder. Stop it first"),
        "{said}"
    );
    // The first goes on, and its end frees the folder, however it ends.
    assert_eq!(stage.post(Form::default().field("story", b"x")).0, 200);
    stage.kill();
    stage.start();
    assert_eq!(stage.post(Form::default().field("story", b"x")).0, 200);
}
