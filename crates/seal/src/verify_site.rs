//! `verify-site`: says for every path of a saved copy whether it is what the signed manifest names, in words that
//! can be put before a court. Fails unless all of it is.

use std::io::{self, Write};

use asylia_envelope::site::{SITE_NOTE_LIMIT_BYTES, SiteError, SiteNote};
use asylia_seal::site::{Finding, Found, compare};

use crate::{cli::VerifySiteArgs, commands::read_limited, failure::Failure};

/// Compares and prints.
pub(crate) fn run(args: &VerifySiteArgs) -> Result<(), Failure> {
    let bytes = read_limited(&args.manifest, SITE_NOTE_LIMIT_BYTES, "the site manifest")?;
    let note = SiteNote::parse(&bytes).map_err(|error| {
        let next = match error {
            SiteError::Signature => {
                "Somebody altered it: do not use it, and fetch it from its makers"
            }
            _ => "Fetch it again from those who made the release",
        };
        Failure::new(&format!("The manifest is refused: {error}"), next)
    })?;
    if !note.is_signed_by(&args.key) {
        return Err(Failure::new(
            "The manifest is not signed by the key that was given",
            "Compare the key with those who made the release, and do not use this manifest before it agrees",
        ));
    }
    let findings = compare(&note, &args.folder)?;
    print(&note, &findings, &mut io::stdout().lock())
        .map_err(|error| Failure::writing("the result", &error))?;
    match findings.iter().filter(|it| !it.found.is_good()).count() {
        0 => Ok(()),
        bad => Err(Failure::new(
            &format!(
                "The saved copy is not what this release serves: {bad} of {} paths are wrong or missing",
                findings.len()
            ),
            "Keep the folder as it is, do not write to this site, and tell those who run it by another way",
        )),
    }
}

fn print(note: &SiteNote, findings: &[Finding], out: &mut impl Write) -> io::Result<()> {
    let manifest = note.manifest();
    writeln!(
        out,
        "The manifest is signed by the key you gave. Release {}, {}.",
        manifest.release, manifest.day
    )?;
    writeln!(out, "Its pages carry this policy: {}", manifest.policy)?;
    writeln!(out)?;
    for Finding { path, found } in findings {
        writeln!(out, "{:<20} {}{}", label(found), shown(path), detail(found))?;
    }
    writeln!(out)?;
    if findings.iter().all(|it| it.found.is_good()) {
        writeln!(
            out,
            "Everything in this folder is what the manifest says. This is true of this copy: a server can send \
             another visitor, or the same one at another time, something else. The words of the pages were not \
             compared, nor the headers that came with them."
        )?;
    }
    out.flush()
}

fn label(found: &Found) -> &'static str {
    match found {
        Found::Same => "same",
        Found::Different => "DIFFERENT",
        Found::Missing => "MISSING",
        Found::Page(_) => "page, as it should",
        Found::BadPage(_) => "WRONG PAGE",
        Found::KeyBundle => "office's keys",
        Found::Manifest => "this manifest",
        _ => "NOT IN THE MANIFEST",
    }
}

fn detail(found: &Found) -> String {
    match found {
        Found::Different => ": its content is not what the release serves".to_owned(),
        Found::Missing => ": the manifest names it, and the copy does not have it".to_owned(),
        Found::NotInManifest => ": the release serves no such file".to_owned(),
        Found::Page(scripts) if scripts.is_empty() => ": loads no script".to_owned(),
        Found::Page(scripts) => format!(": loads {}", scripts.join(", ")),
        Found::BadPage(fault) => format!(": {fault}"),
        Found::KeyBundle => ": not checked here; `asylia-keys bundle verify` does that".to_owned(),
        _ => String::new(),
    }
}

/// A path from a hostile folder as it may be printed: nothing that steers a terminal.
fn shown(path: &str) -> String {
    path.chars()
        .flat_map(|c| {
            let plain = c.is_ascii_graphic() && c != '\\';
            let escaped = (!plain).then(|| c.escape_unicode());
            plain
                .then_some(c)
                .into_iter()
                .chain(escaped.into_iter().flatten())
        })
        .collect()
}
