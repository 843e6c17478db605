//! `list`, `show` and `attachment`: what the person's role and keys allow.

use std::io::{self, BufWriter, Write};

use asylia_envelope::ids::RecordId;
use serde::Serialize;

use super::{AttachmentArgs, Failure, ListArgs, ShowArgs, desk::Desk};
use crate::{
    access::Verb,
    attachment::{AttachmentError, write_attachment},
    casework::values::Urgency,
    l10n::Texts,
    opening::Refused,
    report::OpenedReport,
    vault::{
        Contents, Vault,
        audit::Motive,
        item::{RecordItem, RecordState},
    },
    words,
};

/// One element of `list --json`.
#[derive(Serialize)]
struct Listed {
    id: RecordId,
    received_day: Option<String>,
    urgency: Option<&'static str>,
    state: &'static str,
    path: Option<&'static str>,
    attachments: u16,
}

/// Lists every record, those in quarantine too.
pub(super) fn list(desk: &Desk, args: &ListArgs) -> Result<(), Failure> {
    let vault = desk.open(&args.vault, Verb::List)?;
    let records = vault.contents().newest_first();
    let mut out = BufWriter::new(io::stdout().lock());
    if args.json {
        let contents = vault.contents();
        let listed: Vec<Listed> = records
            .iter()
            .map(|record| listed(contents, record))
            .collect();
        serde_json::to_writer(&mut out, &listed)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out))
            .map_err(printing)?;
    } else if records.is_empty() {
        writeln!(out, "{}", Texts::english().get("console-cli-list-empty")).map_err(printing)?;
    }
    if !args.json {
        for record in records {
            writeln!(out, "{}", line(&vault, record)).map_err(printing)?;
        }
    }
    out.flush().map_err(printing)
}

fn listed(contents: &Contents, record: &RecordItem) -> Listed {
    let imported = record.imported();
    let case = contents.cases.of_record(record.record_id);
    Listed {
        id: record.record_id,
        received_day: imported.map(|imported| imported.received_day.to_string()),
        // Nothing is urgent or not before an officer said so.
        urgency: case.and_then(|case| case.urgency).map(Urgency::code),
        state: match (imported, case) {
            (None, _) => "quarantined",
            (Some(imported), None) if imported.follow_up.is_some() => "follow-up",
            (Some(_), None) => "imported",
            (Some(_), Some(case)) => case.stage.code(),
        },
        path: imported.map(|imported| words::path_code(imported.path)),
        attachments: imported.map_or(0, |imported| imported.attachments),
    }
}

fn line(vault: &Vault, record: &RecordItem) -> String {
    let texts = Texts::english();
    let imported = match &record.state {
        RecordState::Quarantined(reason, _) => {
            let (what, advice) = words::reason(texts, *reason);
            let id = record.record_id.to_string();
            let said = [
                ("record", (&id).into()),
                ("reason", (&what).into()),
                ("advice", (&advice).into()),
            ];
            return texts.with("console-cli-import-refused", &said);
        }
        RecordState::Imported(imported) => imported,
    };
    let count = |id: &str, count: u64| texts.with(id, &[("count", count.into())]);
    let mut line = format!(
        "{}  {}  {}  {}",
        imported.received_day,
        record.record_id,
        count("console-cli-list-files", u64::from(imported.attachments)),
        words::path(texts, imported.path),
    );
    let problems = vault.contents().problem_count(record.record_id, imported) as u64;
    if problems > 0 {
        line.push_str("  ! ");
        line.push_str(&count("console-inbox-problem-count", problems));
    }
    if vault.contents().copies(imported) > 1 {
        line.push_str("  ! ");
        line.push_str(&texts.get("console-inbox-twice"));
    }
    line
}

/// Shows one report, opened and verified again.
pub(super) fn show(desk: &Desk, args: &ShowArgs) -> Result<(), Failure> {
    let mut vault = desk.open(&args.vault, Verb::Show)?;
    let motive = args.motive.unwrap_or(Motive::NotSaid);
    let case = OpenedReport::look(&mut vault, args.id, Some(motive))
        .map_err(|error| refusal(args.id, &error))?;
    let case = case.ok_or_else(|| no_such(args.id))?;
    let texts = Texts::english();
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match args.json {
        true => case.write_json(texts, &mut out),
        false => case.write_text(texts, &mut out),
    };
    written.and_then(|()| out.flush()).map_err(printing)?;
    drop(out);
    vault.close();
    Ok(())
}

/// Writes one attachment to a new file.
pub(super) fn attachment(desk: &Desk, args: &AttachmentArgs) -> Result<(), Failure> {
    let mut vault = desk.open(&args.vault, Verb::Attachment)?;
    let record = find(&vault, args.id)?;
    let written = write_attachment(&mut vault, &record, args.number, &args.out).map_err(
        |error| match error {
            AttachmentError::Refused(error) => refusal(args.id, &error),
            error => error.into(),
        },
    )?;
    let texts = Texts::english();
    if !written.listed {
        eprintln!("{}", texts.get("console-cli-attachment-unlisted"));
    }
    let id = args.id.to_string();
    let said = [
        ("number", u64::from(written.attachment.number).into()),
        ("record", (&id).into()),
    ];
    println!("{}", texts.with("console-cli-attachment", &said));
    vault.close();
    Ok(())
}

fn find(vault: &Vault, id: RecordId) -> Result<RecordItem, Failure> {
    vault
        .contents()
        .record(id)
        .cloned()
        .ok_or_else(|| no_such(id))
}

fn no_such(id: RecordId) -> Failure {
    Failure(format!(
        "There is no record {id} in this vault. `asylia-console list` shows the numbers."
    ))
}

fn refusal(id: RecordId, error: &Refused) -> Failure {
    Failure(match error {
        Refused::Record(reason) => {
            let (what, advice) = words::reason(Texts::english(), *reason);
            format!("Record {id} cannot be shown. {what} {advice}")
        }
        Refused::Io(kind) => format!(
            "Record {id} could not be read ({kind}). Check the disk, then run `asylia-console doctor`."
        ),
    })
}

fn printing(_: io::Error) -> Failure {
    Failure("The result could not be printed. Check where the output goes.".to_owned())
}
