//! `split`: a seed file becomes shares, on a terminal one holder after another, or as pages.
//!
//! Words leave the program in two ways only: on the private screen, and as pages in a folder that
//! lies in memory. The public note is written last, when every holder has what belongs to it.

use std::path::Path;

use asylia_envelope::day::Day;
use asylia_keys::{
    custody::CustodySecret,
    files::{check_memory, empty_private_folder, read_limited, write_new},
    key_file::{KEY_FILE_LIMIT_BYTES, KeyFileError},
    shares::{NewSet, ReadBack, Scheme, Share, ShareSet, sheet_html, split},
    terminal::PrivateScreen,
};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::{cli::SplitArgs, failure::Failure, passphrase};

/// Splits a seed and hands its shares out.
pub(crate) fn run(
    args: &SplitArgs,
    today: Day,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(), Failure> {
    let scheme = scheme(args)?;
    match &args.sheets {
        Some(folder) => check_memory(folder, args.danger_sheets_on_disk)?,
        None => PrivateScreen::check()?,
    }
    let secret = read_seed(&args.seed, args.passphrase.passphrase_file.as_deref())?;
    let destroy_after = args
        .destroy_after
        .unwrap_or_else(|| today.plus_days(DESTROY_AFTER_DAYS));
    let new = split(&secret, &scheme, today, destroy_after, rng)?;
    empty_private_folder(&args.out).map_err(|error| Failure::writing("the folder", &error))?;
    match &args.sheets {
        Some(folder) => write_sheets(&new, folder)?,
        None => hand_out(&new, rng)?,
    }
    write_new(&args.out.join(SET_FILE), new.set.to_note().as_bytes())
        .map_err(|error| Failure::writing("the set's public file", &error))?;
    say_what_was_made(&new.set);
    if args.sheets.is_some() {
        println!("{PRINTING}");
    }
    println!("{AFTERWARDS}");
    Ok(())
}

/// Opens a seed's key file.
pub(crate) fn read_seed(
    path: &Path,
    passphrase_file: Option<&Path>,
) -> Result<CustodySecret, Failure> {
    let file = read_limited(path, KEY_FILE_LIMIT_BYTES)
        .map_err(|error| Failure::reading("the seed file", &error))?;
    let passphrase = passphrase::existing(passphrase_file, "the seed file")?;
    CustodySecret::open_file(&file, &passphrase).map_err(|error: KeyFileError| error.into())
}

fn scheme(args: &SplitArgs) -> Result<Scheme, Failure> {
    Ok(match args.shares {
        Some(shares) => Scheme::single(args.threshold, shares)?,
        None => Scheme::of_groups(args.threshold, args.groups.clone())?,
    })
}

fn write_sheets(new: &NewSet, folder: &Path) -> Result<(), Failure> {
    empty_private_folder(folder)
        .map_err(|error| Failure::writing("the folder for pages", &error))?;
    for share in &new.shares {
        let name = format!("sheet-{}.html", share.holder());
        write_new(&folder.join(name), sheet_html(&new.set, share).as_bytes())
            .map_err(|error| Failure::writing("a page", &error))?;
    }
    Ok(())
}

/// One holder after another: shows, clears, asks five words, and again until they are right.
fn hand_out(new: &NewSet, rng: &mut (impl RngCore + CryptoRng)) -> Result<(), Failure> {
    let screen = PrivateScreen::enter()?;
    let count = new.shares.len();
    for share in &new.shares {
        let holder = share.holder();
        screen.show(&format!(
            "Holder {holder} of {count}: only this holder looks at the screen, with paper and pen.\n\
             No telephone and no camera is in the room.\n\n"
        ));
        go_on(&screen, "Press Enter to see the words. ")?;
        loop {
            screen.show(&words_as_text(&new.set, share));
            go_on(
                &screen,
                "\nCopy all of it. Press Enter: the words go, and five of them are asked. ",
            )?;
            let asked = ReadBack::ask(share.words().count(), rng);
            let places: Vec<String> = asked.places().iter().map(ToString::to_string).collect();
            screen.show(&format!("Holder {holder} of {count}, from the paper.\n"));
            let prompt = format!("Type the words {}: ", places.join(", "));
            let typed = screen.ask(&prompt)?.ok_or_else(stopped)?;
            match asked.check(share.words(), &typed) {
                Ok(()) => break,
                Err(error) => {
                    screen.show(&format!("{error}\n"));
                    go_on(&screen, "Press Enter to see the words again. ")?;
                }
            }
        }
        screen.show(&format!(
            "Holder {holder} has a good copy. The paper goes into an envelope that shows when it was opened.\n"
        ));
        go_on(&screen, "Press Enter for the next step. ")?;
    }
    Ok(())
}

fn go_on(screen: &PrivateScreen, prompt: &str) -> Result<(), Failure> {
    screen.ask(prompt)?.map(drop).ok_or_else(stopped)
}

fn stopped() -> Failure {
    Failure::new(
        "You stopped before every holder had a share, and no set was made",
        "Burn what was copied, and start again with a new folder",
    )
}

/// What a holder copies by hand: the facts of the sheet, and the words in three columns.
fn words_as_text(set: &ShareSet, share: &Share) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(4096));
    text.push_str(&format!(
        "Holder {} of {}: a part of {}, {}\nNeeded: {}. Made on {}, destroy after {}.\nSet: {}\n\
         Fingerprint of the set: {}\nStandard: SLIP-39, no passphrase\n\n",
        share.holder(),
        set.scheme().places().count(),
        set.purpose().describe(),
        set.label(),
        set.scheme().describe(),
        set.made(),
        set.destroy_after(),
        set.id(),
        set.fingerprint(),
    ));
    let rows = share.words().count().div_ceil(COLUMNS);
    for row in 0..rows {
        for (word, number) in share.words().iter().zip(1..).skip(row).step_by(rows) {
            let cell: Zeroizing<String> = Zeroizing::new(format!("{number:>4} {word:<12}"));
            text.push_str(&cell);
        }
        text.push('\n');
    }
    text
}

fn say_what_was_made(set: &ShareSet) {
    println!(
        "Shares of {}, {}: {}.",
        set.purpose().describe(),
        set.label(),
        set.scheme().describe()
    );
    println!("Set: {}", set.id());
    println!("Fingerprint: {}", set.fingerprint());
    println!(
        "Every share was combined again with others and gave the secret. Destroy after {}.",
        set.destroy_after()
    );
}

/// The public file in the folder of a new set.
pub(crate) const SET_FILE: &str = "share-set.note";

/// A year and sixty days: the last period of a year that is made in one meeting is still accepted
/// then.
const DESTROY_AFTER_DAYS: i64 = 425;
const COLUMNS: usize = 3;

const PRINTING: &str = "\
The pages lie in memory, in the folder that you gave, and hold the words in clear. Now:
1. Open each page in a browser on this offline computer and print it, on a printer with a cable and
   without a memory of its own. Do not save it as a PDF on a disk or a stick.
2. Hand each page to its holder, and let nobody look at another one's.
3. Let each holder run `asylia-keys drill --set share-set.note` here, with the printed words.
4. Remove the folder with the pages, switch the printer off and on, and this computer off.";

const AFTERWARDS: &str = "\
share-set.note is public: copy it to every holder and to the transcript. Destroy the seed file when
every holder has proved a share: with it, one person alone has the secret.";
