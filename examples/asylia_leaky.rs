//! The server as it must not be: the negative control of `tests/it/no_plaintext.rs` and `durability.rs`.
//!
//! The same program as `asylia serve`, allocator included, over a library built with `danger_leak`; see
//! `src/leak.rs` for what that does. It tries by itself what a server that was taken over would try
//! (`tests/it/sandbox.rs`).

use std::{
    fs, io,
    net::{TcpListener, TcpStream, UdpSocket},
    os::unix::{net::UnixStream, process::CommandExt},
    process::Command,
};

use anyhow::bail;
use asylia::{
    cli::{Cli, Verb},
    config::{self, Config},
    leak, serve, telemetry,
};
use clap::Parser;

/// As in the real program, so that what is found was leaked and not merely left in freed memory.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> anyhow::Result<()> {
    leak::set_probe(probe);
    telemetry::start(config::verbosity_from_environment()?);
    match Cli::parse().chosen()? {
        Verb::Serve(args) => serve::run(Config::load(&args)?),
        _ => bail!("The leaky server only serves. Start `asylia` for anything else."),
    }
}

/// Tries one thing. What the filter of system calls refuses, nobody hears of again.
fn probe(name: &str) -> String {
    let here = "127.0.0.1:0";
    match name {
        "read" => said(fs::read("/etc/passwd")),
        "list" => said(fs::read_dir("/etc")),
        "write" => said(fs::write(WRITTEN, "x")),
        "memory" => said(fs::read("/proc/self/maps")),
        "exec" => Command::new("/bin/true").exec().to_string(),
        "fork" => said(Command::new("/bin/true").spawn()),
        "connect" => said(TcpStream::connect(here)),
        "listen" => said(TcpListener::bind(here)),
        "datagram" => said(UdpSocket::bind(here)),
        "local" => said(UnixStream::connect("/nowhere")),
        "ptrace" => said(nix::sys::ptrace::traceme().map_err(Into::into)),
        "panic" => {
            leak::panic_after(PANIC_AFTER);
            "done".to_owned()
        }
        _ => "no such probe".to_owned(),
    }
}

fn said<T>(outcome: io::Result<T>) -> String {
    match outcome {
        Ok(_) => "done".to_owned(),
        Err(error) => format!("{:?}", error.kind()),
    }
}

/// Behind the text of a test's report, in the middle of its file.
const PANIC_AFTER: usize = 1_000_000;
const WRITTEN: &str = "/tmp/asylia-was-here";
