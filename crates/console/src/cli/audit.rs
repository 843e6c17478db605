//! `audit verify`, `audit export` and `audit head`.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Failure, VaultArgs, desk::Desk};
use crate::{
    access::Verb,
    l10n::Texts,
    qr,
    vault::{
        Vault, VaultError,
        audit::{Act, AuditItem},
        head::{HeadError, HeadNote},
    },
};

#[derive(Subcommand)]
pub(super) enum AuditVerb {
    /// Check every row, and the chain against a head that was carried out
    Verify(VerifyArgs),
    /// Write the log of who did what to a new file, without contents
    Export(ExportArgs),
    /// Sign the chain's head and print it, to be kept away from this computer
    Head(HeadArgs),
}

#[derive(Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    vault: VaultArgs,
    /// A signed head that was carried out earlier
    #[arg(long, value_name = "F")]
    head: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    vault: VaultArgs,
    /// The new file: JSON lines, the last one the signed head
    #[arg(long, value_name = "F")]
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct HeadArgs {
    #[command(flatten)]
    vault: VaultArgs,
    /// Draw it as a QR code too, on the error stream; a terminal gets it without being asked
    #[arg(long)]
    qr: bool,
}

/// What `audit verify --json` prints.
#[derive(Serialize)]
struct Verified {
    events: u64,
    signed_heads: u64,
    faults: Vec<String>,
}

/// Runs a verb of the log.
pub(super) fn run(desk: &Desk, verb: &AuditVerb) -> Result<(), Failure> {
    match verb {
        AuditVerb::Verify(args) => verify(desk, args),
        AuditVerb::Export(args) => export(desk, args),
        AuditVerb::Head(args) => {
            let mut vault = desk.open(&args.vault, Verb::AuditHead)?;
            let head = vault.signed_head()?.to_text();
            vault.close();
            print!("{head}");
            if let Some(lines) = qr::lines(&head)
                && (args.qr || rustix::termios::isatty(io::stderr()))
            {
                eprint!("{lines}");
            }
            Ok(())
        }
    }
}

fn verify(desk: &Desk, args: &VerifyArgs) -> Result<(), Failure> {
    let carried = args.head.as_deref().map(read_head).transpose()?;
    let mut vault = desk.open(&args.vault, Verb::AuditVerify)?;
    let check = vault.verify()?;
    let verified = Verified {
        events: check.events,
        signed_heads: check.heads,
        faults: check.faults.iter().map(ToString::to_string).collect(),
    };
    let texts = Texts::english();
    if args.json {
        let json = serde_json::to_string(&verified).map_err(unprintable)?;
        println!("{json}");
    } else {
        let counts = [
            ("events", verified.events.into()),
            ("heads", verified.signed_heads.into()),
        ];
        println!("{}", texts.with("console-cli-audit-verified", &counts));
        for fault in &verified.faults {
            println!(
                "{}",
                texts.with("console-cli-audit-fault", &[("fault", fault.into())])
            );
        }
    }
    if let Some(head) = carried {
        vault.check_head(&head)?;
        let number = [("number", head.sequence().into())];
        eprintln!("{}", texts.with("console-cli-audit-head-fits", &number));
    }
    match verified.faults.is_empty() {
        true => Ok(()),
        false => Err(Failure(
            "The vault is not as it was written. Copy its folder as it is before anything else, and tell the focal point."
                .to_owned(),
        )),
    }
}

fn read_head(file: &Path) -> Result<HeadNote, Failure> {
    let small = fs::metadata(file).is_ok_and(|meta| meta.len() < HEAD_LIMIT_BYTES);
    let text = Some(file)
        .filter(|_| small)
        .and_then(|file| fs::read_to_string(file).ok());
    Ok(HeadNote::parse(&text.ok_or(HeadError::NotAHead)?)?)
}

fn export(desk: &Desk, args: &ExportArgs) -> Result<(), Failure> {
    let mut vault = desk.open(&args.vault, Verb::AuditExport)?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&args.out)
        .map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Failure::from(VaultError::OutExists),
            _ => Failure::from(VaultError::Io(error)),
        })?;
    let written = write_log(&mut vault, &mut file);
    if written.is_err() {
        let _ = fs::remove_file(&args.out);
    }
    let count = [("count", written?.into())];
    println!(
        "{}",
        Texts::english().with("console-cli-audit-exported", &count)
    );
    vault.close();
    Ok(())
}

/// Writes the entries, this export's own among them, and the head that covers them.
fn write_log(vault: &mut Vault, out: &mut fs::File) -> Result<u64, Failure> {
    vault.log(AuditItem::of(Act::LogExported))?;
    let entries = vault.audit_log()?;
    let head = vault.signed_head()?.to_text();
    for entry in &entries {
        serde_json::to_writer(&mut *out, entry).map_err(unprintable)?;
        out.write_all(b"\n").map_err(VaultError::Io)?;
    }
    serde_json::to_writer(&mut *out, &serde_json::json!({ "head": head })).map_err(unprintable)?;
    out.write_all(b"\n").map_err(VaultError::Io)?;
    out.sync_all().map_err(VaultError::Io)?;
    Ok(entries.len() as u64)
}

fn unprintable(error: serde_json::Error) -> Failure {
    Failure(format!(
        "The result cannot be written: {error}. Check where the output goes."
    ))
}

const HEAD_LIMIT_BYTES: u64 = 4096;
