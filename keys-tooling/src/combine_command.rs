//! `combine`: typed shares become a seed file again; `drill`: a holder proves to have a share.
//!
//! On a terminal, words are typed on the private screen; otherwise they come from standard input,
//! one share a line. Never from arguments.

use std::path::{Path, PathBuf};

use asylia_envelope::{day::Day, key_bundle::KeyBundle};
use asylia_keys::{
    files::{read_limited, write_new},
    key_file::WorkFactor,
    shares::{
        BadNote, Challenge, DRILL_ANSWER_LIMIT_BYTES, DrillAnswer, SET_NOTE_LIMIT_BYTES, ShareSet,
        ask_share, gather_typed,
    },
    terminal::{PrivateScreen, at_keyboard, read_line},
};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::{
    bundle_commands::{anchor, verified},
    cli::{CombineArgs, DrillArgs},
    failure::Failure,
    passphrase,
};

/// Puts a seed together and writes it as a key file.
pub(crate) fn combine(args: CombineArgs) -> Result<(), Failure> {
    let set = read_set(&args.set)?;
    let others = read_sets(&args.known)?;
    if let Some(path) = &args.keys {
        let bundle = verified(path, "the key bundle", &anchor(args.anchor.office))?;
        check_bundle(&set, &bundle)?;
    }
    println!("{}", set.describe());
    let secret = gather_typed(&set, &others)?;
    let file = args.passphrase.passphrase_file.as_deref();
    let passphrase = passphrase::new(file, "the seed file")?;
    write_new(
        &args.out,
        &secret.seal_file(&passphrase, WorkFactor::STANDARD),
    )
    .map_err(|error| Failure::writing("the seed file", &error))?;
    println!(
        "The secret is whole and gives the keys that the set promised. It lies in the seed file, under its passphrase."
    );
    println!(
        "While this file exists, one person has what the shares keep apart: destroy it after use."
    );
    Ok(())
}

/// Signs a challenge, draws one, or verifies answers.
pub(crate) fn drill(
    args: &DrillArgs,
    today: Day,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(), Failure> {
    let set = read_set(&args.set)?;
    if args.draw {
        println!("{}", Challenge::generate(rng));
        return Ok(());
    }
    if !args.verify.is_empty() {
        return verify_drill(&set, &args.verify, args.challenge);
    }
    let others = read_sets(&args.known)?;
    let challenge = args.challenge.unwrap_or_else(|| Challenge::generate(rng));
    let typed = one_share(&set)?;
    let answer = set.answer_drill(&typed, &others, challenge, today)?;
    // The program's own check, before anybody relies on it.
    let holder = set.verify_drill(&answer, challenge)?;
    match &args.out {
        Some(path) => {
            write_new(path, answer.to_text().as_bytes())
                .map_err(|error| Failure::writing("the answer", &error))?;
            println!(
                "The share of holder {holder} is whole. Give the file to the office; it is public."
            );
        }
        None => print!("{}", answer.to_text()),
    }
    Ok(())
}

fn verify_drill(
    set: &ShareSet,
    answers: &[PathBuf],
    challenge: Option<Challenge>,
) -> Result<(), Failure> {
    let mut proved = Vec::new();
    for path in answers {
        let text = read_limited(path, DRILL_ANSWER_LIMIT_BYTES)
            .map_err(|error| Failure::reading("an answer", &error))?;
        let answer = DrillAnswer::parse(&text)?;
        let asked = challenge.unwrap_or_else(|| answer.challenge());
        let holder = set.verify_drill(&answer, asked)?;
        println!(
            "Holder {holder}: good, signed on {} by the holder's clock.",
            answer.day()
        );
        proved.push(holder);
    }
    if challenge.is_none() {
        println!("No --challenge was given: the answers are genuine, and may be old.");
    }
    let missing: Vec<String> = set
        .scheme()
        .places()
        .filter(|place| !proved.contains(&place.holder))
        .map(|place| place.holder.to_string())
        .collect();
    if missing.is_empty() {
        println!("Every holder has proved a share.");
    } else {
        println!("No answer from: {}.", missing.join(", "));
    }
    Ok(())
}

fn read_set(path: &Path) -> Result<ShareSet, Failure> {
    let note = read_limited(path, SET_NOTE_LIMIT_BYTES).map_err(|error| match error.kind() {
        std::io::ErrorKind::FileTooLarge => BadNote.into(),
        _ => Failure::reading("the set's file", &error),
    })?;
    Ok(ShareSet::parse(&note)?)
}

pub(crate) fn read_sets(paths: &[PathBuf]) -> Result<Vec<ShareSet>, Failure> {
    paths.iter().map(|path| read_set(path)).collect()
}

/// Whether the set's secret is the one whose public half the office's bundle lists.
fn check_bundle(set: &ShareSet, bundle: &KeyBundle) -> Result<(), Failure> {
    let content = bundle.content();
    if content.instance == set.instance() && content.periods.iter().any(|period| set.fits(period)) {
        Ok(())
    } else {
        Err(Failure::new(
            "The set's file promises other keys than the key bundle lists",
            "Take the set and the key bundle of the same period; a vault's recovery key is in no bundle",
        ))
    }
}

/// The words of one holder, for a drill.
fn one_share(set: &ShareSet) -> Result<Zeroizing<String>, Failure> {
    let none = || Failure::new("No words were given", "Type the words of one share");
    if at_keyboard() {
        let screen = PrivateScreen::enter()?;
        screen.show("");
        let what = format!(
            "Your share of {}, {}.",
            set.purpose().describe(),
            set.label()
        );
        ask_share(&screen, &what)?.ok_or_else(none)
    } else {
        read_line()?.ok_or_else(none)
    }
}
