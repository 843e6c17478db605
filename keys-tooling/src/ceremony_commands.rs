//! `ceremony`: the year's meeting at a keyboard or from lines of standard input, and witnesses.

use std::path::Path;

use asylia_envelope::{day::Day, key_bundle::KeyBundle};
use asylia_keys::{
    ceremony::{
        CeremonyError, Place, Room, TRANSCRIPT_LIMIT_BYTES, Transcript, WitnessSigningKey, Year,
        YearPlan, open_witness, seal_witness, witness_statement,
    },
    files::{read_limited, write_new},
    key_file::{KEY_FILE_LIMIT_BYTES, WorkFactor},
    root::{ROOT_LIMIT_BYTES, RootDescription},
};
use rand_core::{CryptoRng, RngCore};
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::{
    bundle_commands::{anchor, verified},
    cli::{CeremonyCommand, YearArgs},
    combine_command::ask_share,
    failure::Failure,
    passphrase,
    split_command::check_memory,
    terminal::{PrivateScreen, at_keyboard, read_line},
};

/// Runs one command.
pub(crate) fn run(
    command: CeremonyCommand,
    today: Day,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(), Failure> {
    match command {
        CeremonyCommand::Year(args) => year(&args, today, rng),
        CeremonyCommand::WitnessNew { out, passphrase } => {
            let passphrase =
                passphrase::new(passphrase.passphrase_file.as_deref(), "the witness key")?;
            let key = WitnessSigningKey::generate(rng);
            let file = seal_witness(&key, &passphrase, WorkFactor::STANDARD);
            write_new(&out, &file).map_err(|error| Failure::writing("the key file", &error))?;
            println!(
                "Public half, for `ceremony year --witness`: {}",
                key.verifying_key()
            );
            Ok(())
        }
        CeremonyCommand::WitnessSign {
            transcript,
            key,
            out,
            passphrase,
        } => {
            let transcript = read_transcript(&transcript)?;
            print!("{}", transcript.to_text());
            let file = read_limited(&key, KEY_FILE_LIMIT_BYTES)
                .map_err(|error| Failure::reading("the key file", &error))?;
            let passphrase =
                passphrase::existing(passphrase.passphrase_file.as_deref(), "the witness key")?;
            let key = open_witness(&file, &passphrase)?;
            let statement = witness_statement(&transcript, &key).ok_or_else(|| {
                Failure::new(
                    "The ceremony has not come to its witnesses yet",
                    "Sign when its seeds are removed",
                )
            })?;
            write_new(&out, statement.as_bytes())
                .map_err(|error| Failure::writing("the signature", &error))?;
            println!("Signed: everything above, up to the line `seeds removed`.");
            Ok(())
        }
        CeremonyCommand::Verify { transcript } => {
            let transcript = read_transcript(&transcript)?;
            let (signed, closed) = transcript.check()?;
            print!("{}", transcript.to_text());
            println!(
                "Good: every line follows from those before it. {signed} witnesses signed; the ceremony is {}.",
                if closed { "closed" } else { "not closed yet" }
            );
            if transcript.rehearsal() {
                println!("REHEARSAL: for practising only.");
            }
            Ok(())
        }
    }
}

fn read_transcript(path: &Path) -> Result<Transcript, Failure> {
    let text = read_limited(path, TRANSCRIPT_LIMIT_BYTES)
        .map_err(|error| Failure::reading("the transcript", &error))?;
    Ok(Transcript::parse(&text).map_err(CeremonyError::from)?)
}

fn year(args: &YearArgs, today: Day, rng: &mut (impl RngCore + CryptoRng)) -> Result<(), Failure> {
    check_memory(&args.sheets, args.danger_sheets_on_disk)?;
    let place = Place {
        folder: args.folder.clone(),
        sheets: args.sheets.clone(),
        // What a rehearsal makes protects nobody, and people wait for it.
        work: if args.rehearsal {
            WorkFactor::DEMO
        } else {
            WorkFactor::STANDARD
        },
    };
    let mut ceremony = if args.folder.join("transcript.txt").exists() {
        Year::open(place)?
    } else {
        let (plan, previous) = plan(args, today)?;
        Year::begin(place, plan, previous.as_ref(), today)?
    };
    if ceremony.transcript().rehearsal() != args.rehearsal {
        return Err(Failure::new(
            "This folder's ceremony is a rehearsal and --rehearsal was not given, or the other way round",
            "Give the right folder, and --rehearsal for a rehearsal alone",
        ));
    }
    let mut room: Box<dyn Room> = if at_keyboard() {
        Box::new(Keyboard)
    } else {
        Box::new(Script)
    };
    Ok(ceremony.run(room.as_mut(), rng, today)?)
}

/// From the root's description, or from the bundle in use.
fn plan(args: &YearArgs, today: Day) -> Result<(YearPlan, Option<KeyBundle>), Failure> {
    let previous = args
        .previous
        .as_deref()
        .map(|path| {
            verified(
                path,
                "the key bundle in use",
                &anchor(args.anchor.office.clone()),
            )
        })
        .transpose()?;
    let root = match (&args.root, &previous) {
        (Some(path), _) => {
            let text = read_limited(path, ROOT_LIMIT_BYTES)
                .map_err(|error| Failure::reading("the description of the root", &error))?;
            RootDescription::parse(&text)?
        }
        (None, Some(before)) => {
            let content = before.content();
            RootDescription::new(
                content.demo,
                content.instance,
                &content.office,
                content.threshold,
                content.roots.clone(),
            )?
        }
        (None, None) => {
            return Err(Failure::new(
                "A new ceremony needs the root or the key bundle in use",
                "Give --root with the file of `root collect`, or --previous with keys.note",
            ));
        }
    };
    if root.rehearsal != args.rehearsal {
        return Err(Failure::new(
            "The root is for rehearsals and --rehearsal was not given, or the other way round",
            "Collect a root with `root collect --rehearsal` for rehearsals alone",
        ));
    }
    let plan = YearPlan {
        root,
        previous: None,
        from: args.from.unwrap_or(today),
        quarters: args.quarters,
        reports: args.reports,
        identities: args.identities.unwrap_or(args.reports),
        office_keys: args.office_keys.clone(),
        transfer_key: args.transfer_key.clone(),
        witnesses: args.witnesses.clone(),
    };
    Ok((plan, previous))
}

/// A person: words on the private screen alone.
struct Keyboard;

impl Room for Keyboard {
    fn say(&mut self, text: &str) -> Result<(), CeremonyError> {
        println!("{text}");
        Ok(())
    }

    fn ask(&mut self, prompt: &str) -> Result<String, CeremonyError> {
        print!("{prompt}");
        let _ = std::io::Write::flush(&mut std::io::stdout());
        line().map(|line| line.to_string())
    }

    fn ask_passphrase(&mut self, prompt: &str) -> Result<SecretString, CeremonyError> {
        rpassword::prompt_password(prompt)
            .map(SecretString::from)
            .map_err(|_| CeremonyError::Stopped)
    }

    fn ask_words(
        &mut self,
        prompt: &str,
        count: usize,
    ) -> Result<Zeroizing<String>, CeremonyError> {
        let stopped = |_| CeremonyError::Stopped;
        let screen = PrivateScreen::enter().map_err(stopped)?;
        screen.show("");
        if count == asylia_keys::shares::SHARE_WORDS {
            let typed = ask_share(&screen, prompt).map_err(stopped)?;
            // Nothing typed is refused like a wrong share, and asked again.
            return Ok(typed.unwrap_or_default());
        }
        screen
            .ask(prompt)
            .map_err(stopped)?
            .ok_or(CeremonyError::Stopped)
    }
}

/// Lines of standard input, one for each question; says the same as to a person.
struct Script;

impl Room for Script {
    fn say(&mut self, text: &str) -> Result<(), CeremonyError> {
        println!("{text}");
        Ok(())
    }

    fn ask(&mut self, prompt: &str) -> Result<String, CeremonyError> {
        println!("{prompt}");
        line().map(|line| line.to_string())
    }

    fn ask_passphrase(&mut self, prompt: &str) -> Result<SecretString, CeremonyError> {
        println!("{prompt}");
        line().map(|line| SecretString::from(line.as_str()))
    }

    fn ask_words(
        &mut self,
        prompt: &str,
        _count: usize,
    ) -> Result<Zeroizing<String>, CeremonyError> {
        println!("{prompt}");
        line()
    }
}

fn line() -> Result<Zeroizing<String>, CeremonyError> {
    let line = read_line().map_err(|_| CeremonyError::Stopped)?;
    line.ok_or(CeremonyError::Stopped)
}
