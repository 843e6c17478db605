//! What an import did, in sentences: for the command line and for the page.

use super::ImportReport;
use crate::{l10n::Texts, words};

/// One sentence a fact: counts, missing bundles, the server's key, and each record that somebody should look at.
/// `key` is the server's key as it is pinned now.
pub(crate) fn sentences(texts: &Texts, report: &ImportReport, key: Option<&str>) -> Vec<String> {
    let counts = [
        ("sequence", report.sequence.into()),
        ("new", report.new.into()),
        ("known", report.known.into()),
        ("quarantined", report.quarantined.into()),
    ];
    let mut said = vec![texts.with("console-cli-import-count", &counts)];
    said.push(if report.missing_count == 0 {
        texts.get("console-cli-import-none-missing")
    } else {
        let list = missing_list(texts, &report.missing, report.missing_count);
        texts.with("console-cli-import-missing", &[("list", (&list).into())])
    });
    said.push(match key {
        Some(key) if report.pinned => {
            texts.with("console-cli-import-pinned", &[("key", key.into())])
        }
        _ => texts.get("console-cli-import-same-server"),
    });
    said.extend(letters(texts, report));
    for refused in &report.refused {
        let (reason, advice) = words::reason(texts, refused.reason);
        let record = refused.record.to_string();
        let about = [
            ("record", (&record).into()),
            ("reason", (&reason).into()),
            ("advice", (&advice).into()),
        ];
        said.push(texts.with("console-cli-import-refused", &about));
    }
    for (id, records) in [
        ("console-cli-import-problems", &report.with_problems),
        ("console-cli-import-twice", &report.sent_twice),
    ] {
        for record in records {
            let record = record.to_string();
            said.push(texts.with(id, &[("record", (&record).into())]));
        }
    }
    said
}

/// What came from submitters, and what the server has of ours.
fn letters(texts: &Texts, report: &ImportReport) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(number) = report.confirmed {
        said.push(texts.with(
            "console-cli-import-confirmed",
            &[("sequence", number.into())],
        ));
    }
    for (id, count) in [
        ("console-cli-import-decoys", report.decoys.len() as u64),
        (
            "console-cli-import-followed-up",
            report.followed_up.len() as u64,
        ),
        (
            "console-cli-import-follow-ups-wait",
            report.waiting_follow_ups,
        ),
        ("console-cli-import-unacknowledged", report.unacknowledged),
    ] {
        if count > 0 {
            said.push(texts.with(id, &[("count", count.into())]));
        }
    }
    for refused in &report.refused_follow_ups {
        let record = refused.report.to_string();
        let reason = words::refused_follow_up(texts, refused.reason);
        let about = [("record", (&record).into()), ("reason", (&reason).into())];
        said.push(texts.with("console-cli-import-follow-up-refused", &about));
    }
    said
}

/// Numbers of missing bundles, and a word where not all are listed.
pub(crate) fn missing_list(texts: &Texts, listed: &[u64], count: u64) -> String {
    let shown = listed.iter().take(MISSING_SHOWN);
    let list: Vec<String> = shown.map(u64::to_string).collect();
    let list = list.join(", ");
    if count > MISSING_SHOWN as u64 {
        texts.with("console-inbox-missing-more", &[("list", (&list).into())])
    } else {
        list
    }
}

const MISSING_SHOWN: usize = 50;
