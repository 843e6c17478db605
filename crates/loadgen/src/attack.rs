//! Hostile visitors: connections that drip, connections that say nothing, floods of reports by many circuits. What
//! counts is what an honest visitor meets meanwhile.

use std::{
    io::Write,
    process::{Command, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use rand_core::{OsRng, RngCore};

use crate::{
    Arguments, Figure,
    site::Site,
    visitor::{by_circuit, by_loopback, page, report},
};

/// Debian's slowhttptest, heads and bodies.
pub(crate) fn slow(arguments: &Arguments) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (what, mode, path) in [
        (
            "slowhttptest, heads, 400 connections: slowest honest page",
            "-H",
            "/",
        ),
        (
            "slowhttptest, bodies, 400 connections: slowest honest page",
            "-B",
            "/report",
        ),
    ] {
        let site = Site::start(&arguments.programs, "")?;
        let url = format!("http://{}{path}", site.address());
        let mut attack = Command::new("slowhttptest")
            .args([
                mode, "-c", "400", "-r", "200", "-i", "2", "-p", "3", "-x", "24", "-s", "8192",
            ])
            .args(["-l", &(2 * arguments.seconds).to_string(), "-u", &url])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("slowhttptest is not installed")?;
        let mut slowest = Duration::ZERO;
        while attack.try_wait()?.is_none() {
            let begin = Instant::now();
            let (status, _) = page(&mut *by_loopback(site.address())?)?;
            ensure!(status == 200, "a page was answered {status}");
            slowest = slowest.max(begin.elapsed());
            thread::sleep(Duration::from_millis(100));
        }
        let (status, _) = report(&mut *by_loopback(site.address())?, "It happened.", 0)?;
        figures.push(Figure {
            what,
            target: "available throughout",
            measured: format!("{} ms, then a report: {status}", slowest.as_millis()),
            held: slowest < Duration::from_secs(3) && status == 200,
            of_machine: false,
        });
    }
    Ok(figures)
}

/// Connections of the onion socket that say nothing, or nothing sensible.
pub(crate) fn garbage(arguments: &Arguments) -> anyhow::Result<Vec<Figure>> {
    let site = Site::start(&arguments.programs, "")?;
    let mut held = Vec::new();
    for number in 0..600 {
        let mut stream = std::os::unix::net::UnixStream::connect(site.onion())?;
        if number % 2 == 0 {
            // It may be closed before it is read.
            let _ = stream.write_all(b"\x16\x03\x01garbage\r\n\r\n");
        }
        held.push(stream);
    }
    let begin = Instant::now();
    let (status, _) = page(&mut *by_circuit(&site.onion(), 7)?)?;
    let waited = begin.elapsed();
    Ok(vec![Figure {
        what: "300 garbled and 300 silent connections of the onion socket: next honest page",
        target: "≤ 3 s",
        measured: format!("{} ms", waited.as_millis()),
        held: status == 200 && waited <= Duration::from_secs(3),
        of_machine: false,
    }])
}

/// A thousand hostile reports an hour, twenty times as fast, each on a circuit of its own, a tenth of them as large
/// as allowed, onto a disk that they fill; beside them honest text.
pub(crate) fn hostile(arguments: &Arguments) -> anyhow::Result<Vec<Figure>> {
    let limits = "report_limit_mib = 64\ndisk_budget_mib = 512\nfiles_per_hour_mib = 20480\n";
    let site = Site::start(&arguments.programs, limits)?;
    let (over, accepted, sent) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let waits = Mutex::new(Vec::new());
    let limit = Duration::from_secs(6 * arguments.seconds);
    thread::scope(|scope| {
        for _ in 0..ATTACKERS {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let number = sent.fetch_add(1, Ordering::Relaxed);
                    let file_bytes = if number % 10 == 0 { 64 << 20 } else { 0 };
                    let wire = by_circuit(&site.onion(), OsRng.next_u32());
                    let answer = wire.and_then(|mut wire| report(&mut *wire, "spam", file_bytes));
                    if answer.is_ok_and(|(status, _)| status == 200) {
                        accepted.fetch_add(1, Ordering::Relaxed);
                    }
                    thread::sleep(PAUSE);
                }
            });
        }
        let begin = Instant::now();
        while begin.elapsed() < limit {
            let asked = Instant::now();
            let got_through = loop {
                let wire = by_circuit(&site.onion(), OsRng.next_u32());
                let answer = wire.and_then(|mut wire| report(&mut *wire, "It happened.", 0));
                if answer.is_ok_and(|(status, _)| status == 200) {
                    break true;
                }
                if asked.elapsed() > PATIENCE {
                    break false;
                }
                thread::sleep(Duration::from_secs(1));
            };
            accepted.fetch_add(u64::from(got_through), Ordering::Relaxed);
            let mut waits = waits.lock().unwrap_or_else(PoisonError::into_inner);
            waits.push(asked.elapsed());
            thread::sleep(Duration::from_millis(500));
        }
        over.store(true, Ordering::Relaxed);
    });
    site.verify(accepted.load(Ordering::Relaxed))?;
    let waits = waits.into_inner().unwrap_or_else(PoisonError::into_inner);
    let slowest = waits.iter().max().copied().unwrap_or_default();
    Ok(vec![Figure {
        what: "honest text beside 20 000 hostile reports an hour, a tenth as large as allowed, disk filled",
        target: "each ≤ 2 min; nothing accepted is lost",
        measured: format!(
            "{} honest, slowest {:.1} s; {} hostile sent; all {} receipts open",
            waits.len(),
            slowest.as_secs_f64(),
            sent.into_inner(),
            accepted.into_inner()
        ),
        held: slowest <= PATIENCE && !waits.is_empty(),
        of_machine: false,
    }])
}

const ATTACKERS: usize = 16;
/// Sixteen attackers then send some 5.5 a second.
const PAUSE: Duration = Duration::from_millis(2_900);
const PATIENCE: Duration = Duration::from_secs(120);
