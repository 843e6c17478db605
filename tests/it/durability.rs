//! A receipt is a promise: the report behind it survives whatever happens to the process, and a report
//! without one leaves nothing.
//!
//! SIGKILL at random moments under load shows that nothing acknowledged is only in memory. It does not test
//! the disk, since the kernel's cache outlives the process; so a trace shows the sync of the log before the
//! first byte of the receipt, and must not show it where SQLite was told not to sync (`src/leak.rs`).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use asylia_envelope::open::OpenedRecord;
use rand_core::{OsRng, RngCore as _};
use sha2::{Digest as _, Sha256};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::server::{
    Place, Program, Server,
    http::{Content, Form, Seeded, Visitor},
    long, office,
    trace::{self, Line},
    wait_for,
};

#[test]
fn every_report_with_a_receipt_survives_sigkill() {
    for _ in 0..if long() { 4 } else { 1 } {
        survive(KILLS);
    }
}

/// Kills as many servers as asked, one after the other on the same data folder, then looks for every report.
fn survive(kills: usize) {
    let place = Place::new();
    let begin = Instant::now();
    let (mut acknowledged, mut cut) = (Vec::new(), 0);
    for _ in 0..kills {
        let server = place.start(Program::Asylia);
        let (done, broken) = load_until_killed(server);
        acknowledged.extend(done);
        cut += broken;
    }
    let server = place.start(Program::Asylia);
    let log = fs::read_to_string(place.log()).expect("the log is there");
    let removed = log.matches("unfinished uploads of an earlier process");
    let removed = removed.count();
    assert_eq!(left_over(&place), 0, "open uploads or their chunks remain");
    drop(server);
    let opened = opened(&place);
    let lost = lost(&acknowledged, &opened);
    eprintln!(
        "{kills} kills in {:.1} s: {} receipts, {cut} requests cut, {} records, {removed} starts that \
         removed unfinished uploads, {} lost",
        begin.elapsed().as_secs_f32(),
        acknowledged.len(),
        opened.len(),
        lost.len()
    );
    assert!(lost.is_empty(), "acknowledged and not there: {lost:?}");
    // Else the kills would not have come under load.
    assert!(acknowledged.len() > kills && cut > kills && removed > 0);
}

/// Negative control: the same comparison on a store that has lost a report.
#[test]
fn a_lost_report_would_be_missed() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let reports: Vec<Report> = (0..3).map(|_| Report::random()).collect();
    for report in &reports {
        assert!(report.send(server.address()).expect("an answer"));
    }
    drop(server);
    let before = opened(&place);
    assert_eq!(lost(&reports, &before), BTreeSet::new());
    let gone = before[&reports[1].id].head.record_id.0;
    for statement in [
        "DELETE FROM chunk WHERE record = $1",
        "DELETE FROM transfer_record WHERE record = $1",
        "DELETE FROM envelope WHERE record = $1",
    ] {
        on_database(&place, async |database| {
            let delete = sqlx::query(statement).bind(gone.as_slice());
            let rows = delete.execute(database).await;
            assert!(rows.expect("it deletes").rows_affected() > 0);
        });
    }
    let after = place.open_all(&place.export("second"));
    let missed = lost(&reports, &by_id(after));
    assert_eq!(missed, BTreeSet::from([reports[1].id]));
}

#[test]
fn the_log_is_synced_before_the_receipt_leaves_under_strace() {
    let lines = traced_reports(Program::Asylia);
    let order = synced_before_receipts(&lines).expect("every receipt follows its sync");
    assert_eq!(order, REPORTS_TRACED);
}

/// Negative control: with `synchronous=OFF` the same reading of the same trace must object.
#[test]
fn without_the_sync_the_order_is_refused_under_strace() {
    let lines = traced_reports(Program::Leaky);
    let refusal = synced_before_receipts(&lines).expect_err("SQLite was told not to sync");
    assert_eq!(refusal, "receipt 1 left before the log was synced");
}

#[test]
fn an_upload_cut_off_leaves_nothing() {
    let place = Place::new();
    let server = place.start(Program::Asylia);
    let mut sizes = Vec::new();
    for number in 0..20 {
        let form = Report::of(number, 5 * 1024 * 1024).form();
        let sent = form.length() - 100;
        let mut visitor = Visitor::connect(server.address()).expect("the server listens");
        visitor.begin(form, sent).expect("the server reads");
        // Cut off while four transactions of 16 chunks are in the database.
        let stored = wait_for(PATIENCE, || (left_over(&place) == 1 + 64).then_some(()));
        assert!(stored.is_some(), "{} rows", left_over(&place));
        drop(visitor);
        let gone = wait_for(PATIENCE, || (left_over(&place) == 0).then_some(()));
        assert!(gone.is_some(), "{} rows remain", left_over(&place));
        sizes.push(size(&place));
    }
    eprintln!("database after each of 20 uploads cut off, in bytes: {sizes:?}");
    let bounded = sizes.iter().all(|size| *size <= ONE_UPLOAD_BYTES);
    assert!(bounded, "the database grows: {sizes:?}");
    let records: i64 = on_database(&place, async |database| {
        let count = sqlx::query_scalar("SELECT count(*) FROM envelope");
        count.fetch_one(database).await.expect("it counts")
    });
    assert_eq!(records, 0);
    let report = Report::of(99, 1000);
    assert!(
        report.send(server.address()).expect("an answer"),
        "reports are taken on"
    );
}

/// A report that can be told from every other, and checked from its number alone.
#[derive(Clone, Copy)]
struct Report {
    id: u64,
    file_bytes: u64,
}

impl Report {
    fn of(id: u64, file_bytes: u64) -> Self {
        Self { id, file_bytes }
    }

    /// Mostly text alone; some files, up to 2 MiB.
    fn random() -> Self {
        let id = OsRng.next_u64();
        let file_bytes = match id % 10 {
            0 => 1 + OsRng.next_u64() % (2 * 1024 * 1024),
            1 | 2 => 100 * 1024,
            _ => 0,
        };
        Self { id, file_bytes }
    }

    fn story(self) -> String {
        format!(
            "{:016x} {} {}",
            self.id,
            self.file_bytes,
            "text ".repeat(200)
        )
    }

    fn form(self) -> Form {
        let form = Form::default().text("story", &self.story());
        match self.file_bytes {
            0 => form,
            bytes => form.file("file", Content::Seeded(Seeded::new(self.id, bytes))),
        }
    }

    /// True with a whole receipt, false with any other whole answer.
    fn send(self, address: SocketAddr) -> std::io::Result<bool> {
        let mut visitor = Visitor::connect(address)?;
        Ok(visitor.post(self.form())?.receipt().is_some())
    }

    /// Reads number and size from an opened record and checks everything else against them.
    fn of_record(record: &OpenedRecord) -> Self {
        let story = office::story(record);
        let mut words = story.split(' ');
        let id = words.next().and_then(|id| u64::from_str_radix(id, 16).ok());
        let file_bytes = words.next().and_then(|bytes| bytes.parse().ok());
        let report = Self {
            id: id.expect("the number is there"),
            file_bytes: file_bytes.expect("the size is there"),
        };
        assert_eq!(story, report.story());
        let sizes: Vec<u64> = record.attachments.iter().map(|file| file.size).collect();
        let expected: Vec<u64> = [report.file_bytes].into_iter().filter(|b| *b > 0).collect();
        assert_eq!(sizes, expected);
        if let Some(file) = record.attachments.first() {
            let bytes = Seeded::new(report.id, report.file_bytes).to_vec();
            assert_eq!(file.sha256, hex::encode(Sha256::digest(bytes)));
        }
        report
    }
}

/// Sends reports from eight sides and kills the server at a random moment; returns the reports whose
/// receipts were read, and how many requests got none.
fn load_until_killed(server: Server) -> (Vec<Report>, usize) {
    let (address, cut) = (server.address(), AtomicUsize::new(0));
    let moment = Duration::from_millis(30 + OsRng.next_u64() % 400);
    let acknowledged = thread::scope(|scope| {
        let client = || {
            let mut acknowledged = Vec::new();
            loop {
                let report = Report::random();
                match report.send(address) {
                    Ok(true) => acknowledged.push(report),
                    Ok(false) => panic!("a report was refused"),
                    Err(_) => {
                        cut.fetch_add(1, Ordering::Relaxed);
                        return acknowledged;
                    }
                }
            }
        };
        let clients: Vec<_> = (0..8).map(|_| scope.spawn(client)).collect();
        thread::sleep(moment);
        server.kill();
        let joined = clients.into_iter().map(|client| client.join());
        joined
            .flat_map(|done| done.expect("no report is refused"))
            .collect()
    });
    (acknowledged, cut.into_inner())
}

/// Exports and opens everything.
fn opened(place: &Place) -> BTreeMap<u64, OpenedRecord> {
    by_id(place.open_all(&place.export("first")))
}

fn by_id(records: Vec<OpenedRecord>) -> BTreeMap<u64, OpenedRecord> {
    let records = records.into_iter();
    let count = records.len();
    let by_id: BTreeMap<_, _> = records
        .map(|record| (Report::of_record(&record).id, record))
        .collect();
    assert_eq!(by_id.len(), count, "a report is there twice");
    by_id
}

/// Numbers of reports that are not among the opened ones.
fn lost(acknowledged: &[Report], opened: &BTreeMap<u64, OpenedRecord>) -> BTreeSet<u64> {
    let ids = acknowledged.iter().map(|report| report.id);
    ids.filter(|id| !opened.contains_key(id)).collect()
}

/// Rows of uploads that are not sealed, and chunks that belong to no sealed record.
fn left_over(place: &Place) -> i64 {
    on_database(place, async |database| {
        let count = sqlx::query_scalar(
            "SELECT (SELECT count(*) FROM envelope WHERE state <> 2)
                  + (SELECT count(*) FROM chunk WHERE record NOT IN
                        (SELECT record FROM envelope WHERE state = 2))",
        );
        count.fetch_one(database).await.expect("it counts")
    })
}

fn on_database<T>(place: &Place, ask: impl AsyncFnOnce(&mut SqliteConnection) -> T) -> T {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(place.database());
        let mut database = SqliteConnection::connect_with(&options)
            .await
            .expect("the database opens");
        let answer = ask(&mut database).await;
        database.close().await.expect("it closes");
        answer
    })
}

/// Bytes of the database file.
fn size(place: &Place) -> u64 {
    fs::metadata(place.database()).expect("it is there").len()
}

/// Reports one after the other, small ones and one that takes several transactions.
fn traced_reports(program: Program) -> Vec<Line> {
    let place = Place::new();
    let (server, trace) = place.start_traced(program);
    for number in 0..REPORTS_TRACED as u64 {
        let report = Report::of(number, [0, 10, 100_000, 3_000_000][number as usize % 4]);
        assert!(report.send(server.address()).expect("an answer"));
    }
    server.stop();
    trace::read(&trace)
}

/// Counts the receipts, each of which must begin to leave after its record was written to the write-ahead
/// log and after a sync of that log has returned.
fn synced_before_receipts(lines: &[Line]) -> Result<usize, String> {
    let (mut receipts, mut written, mut synced) = (0, false, false);
    for line in lines {
        let on_log = line.target.ends_with("-wal");
        if on_log && line.begins && line.writes() {
            (written, synced) = (true, false);
        }
        if on_log && line.succeeds && matches!(line.name.as_str(), "fsync" | "fdatasync") {
            synced = true;
        }
        let status = b"HTTP/1.1 200 OK";
        let leaves = line.is_on_socket() && line.begins && line.writes();
        if leaves && line.bytes.windows(status.len()).any(|part| part == status) {
            receipts += 1;
            if !written {
                return Err(format!(
                    "receipt {receipts} left before the log was written"
                ));
            }
            if !synced {
                return Err(format!("receipt {receipts} left before the log was synced"));
            }
            written = false;
        }
    }
    Ok(receipts)
}

/// On one data folder; four times as many fill more than one bundle holds.
const KILLS: usize = 25;
const REPORTS_TRACED: usize = 5;
/// What one of the uploads takes, and what is there before.
const ONE_UPLOAD_BYTES: u64 = 6 * 1024 * 1024;
/// Far longer than anything takes; a busy machine is no failure.
const PATIENCE: Duration = Duration::from_secs(30);
