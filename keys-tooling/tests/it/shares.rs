//! Splitting, combining and drills as people do them: files in, sentences out, words on a screen.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use asylia_keys::{
    identity::AnyIdentity,
    key_file::WorkFactor,
    period::{Window, new_period, to_note},
};
use rand_core::OsRng;
use secrecy::SecretString;

use crate::{
    INSTANCE, after, good, keys, refused,
    terminal::{Terminal, first_screen},
};

/// Files of two periods, made once for all tests, with little work for their passphrase: the
/// program's own take a second each.
fn seeds() -> &'static Path {
    static SEEDS: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = SEEDS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("pw"), PASSPHRASE).unwrap();
        for (id, from) in [("2026-Q4", "2026-10-01"), ("2027-Q1", "2027-01-01")] {
            let window = Window::quarter(from.parse().unwrap());
            let instance = INSTANCE.parse().unwrap();
            let made = new_period(instance, id, window, &mut OsRng).ok().unwrap();
            let (passphrase, work) = (SecretString::from(PASSPHRASE), WorkFactor::DEMO);
            let of_period = folder.path().join(id);
            fs::create_dir(&of_period).unwrap();
            #[rustfmt::skip]
            let files = [
                ("seed-period", made.period_seed.seal_file(&passphrase, work)),
                ("seed-identity", made.identity_seed.seal_file(&passphrase, work)),
                ("identity-account", made.account.seal_file(&passphrase, work)),
                ("period.note", to_note(instance, &made.public).into_bytes()),
            ];
            for (name, file) in files {
                fs::write(of_period.join(name), file).unwrap();
            }
        }
        folder
    });
    folder.path()
}

/// A folder with a copy of the passphrase and paths to the seeds.
struct Office {
    folder: tempfile::TempDir,
}

impl Office {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(seeds().join("pw"), folder.path().join("pw")).unwrap();
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn seed(period: &str, name: &str) -> String {
        let path: PathBuf = seeds().join(period).join(name);
        path.to_str().unwrap().to_owned()
    }

    /// Splits with pages, and reads the words off them.
    fn split(&self, seed: &str, out: &str, scheme: &[&str]) -> Vec<String> {
        let pages = format!("{out}-pages");
        #[rustfmt::skip]
        let mut arguments = vec!["split", "--seed", seed, "--passphrase-file", "pw", "--out", out,
            "--sheets", &pages, "--danger-sheets-on-disk"];
        arguments.extend(scheme);
        let told = good(self.path(), &arguments);
        assert!(told.contains("gave the secret") && told.contains("Remove the folder"));
        let pages = self.path().join(pages);
        let count = fs::read_dir(&pages).unwrap().count();
        let read = |holder| fs::read_to_string(pages.join(format!("sheet-{holder}.html"))).unwrap();
        let words: Vec<String> = (1..=count).map(|holder| words_of(&read(holder))).collect();
        for words in &words {
            assert!(!holds_words(&told, words));
        }
        words
    }

    fn three_of_five(&self, period: &str, name: &str, out: &str) -> Vec<String> {
        let scheme = ["--threshold", "3", "--shares", "5"];
        self.split(&Self::seed(period, name), out, &scheme)
    }
}

fn words_of(page: &str) -> String {
    let words = page.split("</b>").skip(1);
    let words: Vec<&str> = words
        .filter_map(|rest| rest.split_once("</li>"))
        .map(|(word, _)| word)
        .collect();
    assert_eq!(words.len(), 33);
    words.join(" ")
}

/// Whether a text holds words of a share: eight of the 29 that are secret, in any order. One or two
/// stand in any text by chance; eight do once in a million runs.
fn holds_words(text: &str, share: &str) -> bool {
    let said: Vec<&str> = text.split(|letter: char| !letter.is_alphabetic()).collect();
    // The first four say where the share belongs.
    let words = share.split(' ').skip(4);
    words.filter(|word| said.contains(word)).count() >= 8
}

/// Runs with lines on standard input.
pub(crate) fn with_input(
    folder: &Path,
    arguments: &[&str],
    lines: &[&str],
) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_asylia-keys"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses before it reads closes its end.
    let _ = child
        .stdin
        .take()
        .unwrap()
        .write_all(lines.join("\n").as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[rustfmt::skip]
fn combine<'a>(set: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["combine", "--set", set, "--out", "back", "--passphrase-file", "pw"];
    all.extend(more);
    all
}

#[test]
fn a_period_comes_back_from_paper() {
    let office = Office::new();
    #[rustfmt::skip]
    good(office.path(), &["period", "new", "--id", "2027-Q1", "--from", "2027-01-01", "--out", "made",
        "--passphrase-file", "pw", "--keep-seeds"]);
    let made = office.path().join("made");
    for (name, roles) in [
        ("seed-period", &["intake", "account"][..]),
        ("seed-identity", &["identity"]),
    ] {
        let seed = made.join(name);
        let scheme = ["--threshold", "3", "--shares", "5"];
        let words = office.split(seed.to_str().unwrap(), name, &scheme);
        let set = format!("{name}/share-set.note");
        let lines = [&*words[4].to_uppercase(), "", &*words[0], &*words[2]];
        let (code, out, err) = with_input(office.path(), &combine(&set, &[]), &lines);
        assert_eq!(code, 0, "{err}");
        assert!(out.contains("The secret is whole"));
        let fingerprint = after(&out, "with a sheet:");
        let page = fs::read_to_string(office.path().join(format!("{name}-pages/sheet-1.html")));
        assert!(page.unwrap().contains(&fingerprint));

        let out = format!("{name}-restored");
        #[rustfmt::skip]
        good(office.path(), &["period", "restore", "--seed", "back", "--out", &out, "--passphrase-file", "pw"]);
        for role in roles {
            let file = format!("identity-{role}");
            let restored = secret_text(&office.path().join(&out).join(&file));
            assert_eq!(restored, secret_text(&made.join(&file)));
        }
        fs::remove_file(office.path().join("back")).unwrap();
    }
}

fn secret_text(path: &Path) -> String {
    let (file, passphrase) = (fs::read(path).unwrap(), SecretString::from(PASSPHRASE));
    let identity = AnyIdentity::open_file(&file, &passphrase).ok().unwrap();
    identity.to_secret_text().to_string()
}

#[test]
fn groups_are_split_and_combined() {
    let office = Office::new();
    let scheme = ["--threshold", "2", "--groups", "2of3,1of1,2of2"];
    let words = office.split(&Office::seed("2027-Q1", "seed-period"), "g", &scheme);
    assert_eq!(words.len(), 6);
    let arguments = combine("g/share-set.note", &[]);
    let (code, _, err) = with_input(
        office.path(),
        &arguments,
        &[&words[0], &words[2], &words[4]],
    );
    assert_eq!(code, 1);
    assert!(err.contains("Ask holders 4 and 6 for more."), "{err}");
    let lines = [&*words[0], &*words[2], &*words[3]];
    assert_eq!(with_input(office.path(), &arguments, &lines).0, 0);
}

#[test]
fn what_is_wrong_with_a_share_is_said() {
    let office = Office::new();
    let words = office.three_of_five("2027-Q1", "seed-period", "s");
    let last_year = office.three_of_five("2026-Q4", "seed-period", "old");
    let identity = office.three_of_five("2027-Q1", "seed-identity", "id");
    let refused = |set: &str, more: &[&str], lines: &[&str]| {
        let (code, _, err) = with_input(office.path(), &combine(set, more), lines);
        assert_eq!(code, 1);
        assert_eq!(err.trim_end().matches(". ").count(), 1, "{err}");
        // No words of a share are repeated, so none can lie in a log.
        assert!(words.iter().all(|share| !holds_words(&err, share)));
        err
    };
    let set = "s/share-set.note";
    let good = [&*words[0], &*words[1], &*words[2]];
    assert!(refused(set, &[], &good[..2]).contains("too few shares: only holders 1 and 2"));
    assert!(refused(set, &[], &[]).contains("too few shares: none"));
    let typo = words[1].replacen(words[1].split(' ').nth(11).unwrap(), "zero", 1);
    assert!(refused(set, &[], &[good[0], &typo]).starts_with("Line 2: Word 12 does not fit"));
    assert!(refused(set, &[], &[good[0], good[0]]).contains("holder 1 was given already"));
    assert!(refused(set, &[], &[&last_year[0]]).contains("of another set: the sheets of this one"));
    let known = [
        "--known",
        "old/share-set.note",
        "--known",
        "id/share-set.note",
    ];
    assert!(refused(set, &known, &[&last_year[0]]).contains("a share of 2026-Q4, another time"));
    assert!(refused(set, &known, &[&identity[0]]).contains("identity part of reports, 2027-Q1"));

    // A set file that promises other keys: nothing comes out.
    let note = fs::read_to_string(office.path().join(set)).unwrap();
    let other = fs::read_to_string(office.path().join("old/share-set.note")).unwrap();
    let forged = note.replace(&after(&note, "recipients:"), &after(&other, "recipients:"));
    fs::write(office.path().join("forged"), forged).unwrap();
    assert!(refused("forged", &[], &good).contains("not the keys that the file promises"));
    fs::write(
        office.path().join("broken"),
        note.replace("made: ", "made:  "),
    )
    .unwrap();
    assert!(refused("broken", &[], &good).contains("not the public file of a share set"));
    assert!(!office.path().join("back").exists());
}

#[test]
fn a_set_is_compared_with_the_key_bundle() {
    let office = Office::new();
    let words = office.three_of_five("2027-Q1", "seed-period", "s");
    #[rustfmt::skip]
    let root = after(&good(office.path(), &["root", "new", "--out", "r", "--passphrase-file", "pw"]), "--root`:");
    let mut anchors = Vec::new();
    for period in ["2026-Q4", "2027-Q1"] {
        let note = seeds().join(period).join("period.note");
        #[rustfmt::skip]
        let built = good(office.path(), &["bundle", "build", "--instance", INSTANCE, "--office-name", "Focal point",
            "--root", &root, "--threshold", "1", "--period", note.to_str().unwrap(), "--not-before", "2026-10-01",
            "--not-after", "2027-03-01", "--out", "n0"]);
        anchors.push(after(&built, "Fingerprint:"));
        let signed = format!("{period}.note");
        #[rustfmt::skip]
        good(office.path(), &["bundle", "sign", "n0", "--key", "r", "--out", &signed, "--passphrase-file", "pw"]);
        fs::remove_file(office.path().join("n0")).unwrap();
    }
    let lines = [&*words[0], &*words[1], &*words[2]];
    let run = |bundle: &str| {
        let more = ["--keys", bundle, "--office", &anchors[0]];
        with_input(office.path(), &combine("s/share-set.note", &more), &lines)
    };
    assert!(
        run("2026-Q4.note")
            .2
            .contains("promises other keys than the key bundle lists")
    );
    assert_eq!(run("2027-Q1.note").0, 0);
}

#[test]
fn sets_without_custody_and_unsafe_places_are_refused() {
    let office = Office::new();
    let seed = Office::seed("2027-Q1", "seed-period");
    let account = Office::seed("2027-Q1", "identity-account");
    let split = |seed: &str, more: &[&str]| {
        let mut arguments = vec![
            "split",
            "--seed",
            seed,
            "--passphrase-file",
            "pw",
            "--out",
            "s",
        ];
        arguments.extend(more);
        refused(office.path(), &arguments)
    };
    let pages = ["--sheets", "p", "--danger-sheets-on-disk"];
    let with = |scheme: &[&'static str]| [scheme, &pages].concat();
    let one = with(&["--threshold", "1", "--shares", "5"]);
    assert!(split(&seed, &one).contains("One holder alone"));
    let one = with(&["--threshold", "1", "--groups", "2of3,1of1"]);
    assert!(split(&seed, &one).contains("One holder alone"));
    let many = with(&["--threshold", "6", "--shares", "5"]);
    assert!(split(&seed, &many).contains("More would be needed"));
    let fine = with(&["--threshold", "3", "--shares", "5"]);
    assert!(split(&account, &fine).contains("a key for account, which is not kept in shares"));
    let scheme = ["--threshold", "3", "--shares", "5"];
    assert!(split(&seed, &scheme).contains("shown on a terminal alone"));
    // The file system of /proc is no memory that files can lie in.
    let disk = [&scheme[..], &["--sheets", "/proc/pages"]].concat();
    assert!(split(&seed, &disk).contains("lies on a disk"));
    assert!(!office.path().join("s").exists() && !office.path().join("p").exists());
    for wrong in [
        &["split", "--seed", &seed, "--threshold", "3", "--out", "s"][..],
        &["combine", "--set", "s", "--out", "o", "--words", "academic"],
        &["combine", "--set", "s", "--out", "o", "academic"],
        &["drill", "--set", "s", "academic acid"],
    ] {
        assert_eq!(keys(office.path(), wrong).0, 2, "{wrong:?}");
    }
}

#[test]
fn pages_may_lie_in_memory_unless_it_is_swapped_out() {
    let office = Office::new();
    let memory = tempfile::tempdir_in("/dev/shm").unwrap();
    let pages = memory.path().join("pages");
    let seed = Office::seed("2027-Q1", "seed-period");
    #[rustfmt::skip]
    let arguments = ["split", "--seed", &seed, "--passphrase-file", "pw", "--out", "s", "--threshold", "2",
        "--shares", "2", "--sheets", pages.to_str().unwrap()];
    let swaps = fs::read_to_string("/proc/swaps").unwrap_or_default();
    if swaps.lines().count() > 1 {
        assert!(refused(office.path(), &arguments).contains("has swap"));
    } else {
        good(office.path(), &arguments);
        assert_eq!(fs::read_dir(&pages).unwrap().count(), 2);
    }
}

/// The word at a place, off the screen that showed them.
fn on_screen(shown: &str) -> Vec<String> {
    let mut words = vec![String::new(); 33];
    let tokens: Vec<&str> = shown.split_whitespace().collect();
    for pair in tokens.windows(2) {
        let is_word = pair[1].bytes().all(|byte| byte.is_ascii_lowercase());
        if let (Ok(number @ 1..=33), true) = (pair[0].parse::<usize>(), is_word) {
            words[number - 1] = pair[1].to_owned();
        }
    }
    assert!(words.iter().all(|word| !word.is_empty()), "{shown}");
    words
}

/// Goes through one holder's turn, with a slip first if asked, and gives the words.
fn take_share(terminal: &mut Terminal, slip: bool) -> Vec<String> {
    terminal.wait_for("Press Enter to see the words.");
    terminal.type_line("");
    terminal.wait_for("no passphrase");
    let words = on_screen(&terminal.wait_for("Copy all of it."));
    terminal.wait_for("are asked. ");
    terminal.type_line("");
    let answer = |terminal: &mut Terminal| {
        terminal.wait_for("Type the words ");
        let places = terminal.wait_for(": ");
        let places = places.trim_end_matches(": ").split(", ");
        let words: Vec<&str> = places
            .map(|place| &*words[place.parse::<usize>().unwrap() - 1])
            .collect();
        words.join(" ")
    };
    if slip {
        let mut wrong = answer(terminal);
        wrong.replace_range(..wrong.find(' ').unwrap(), "nonsense");
        terminal.type_line(&wrong);
        terminal.wait_for("is not the one of this share");
        terminal.wait_for("words again. ");
        terminal.type_line("");
        terminal.wait_for("are asked. ");
        terminal.type_line("");
    }
    let right = answer(terminal);
    terminal.type_line(&right);
    terminal.wait_for("next step. ");
    terminal.type_line("");
    words
}

#[test]
fn at_a_terminal_words_are_shown_asked_and_gone() {
    let office = Office::new();
    let seed = Office::seed("2027-Q1", "seed-period");
    #[rustfmt::skip]
    let split = ["split", "--seed", &seed, "--passphrase-file", "pw", "--out", "s", "--threshold", "2", "--shares", "3"];
    let mut terminal = Terminal::start(office.path(), &split);
    let words: Vec<Vec<String>> = (0..3)
        .map(|holder| take_share(&mut terminal, holder == 1))
        .collect();
    let (code, seen) = terminal.finish();
    assert_eq!(code, 0, "{seen}");
    let stays = first_screen(&seen);
    assert!(stays.contains("share-set.note is public"));
    assert!(
        holds_words(&seen, &words[0].join(" ")),
        "the check sees nothing"
    );
    for share in &words {
        assert!(!holds_words(&stays, &share.join(" ")));
    }
    let files: Vec<_> = fs::read_dir(office.path().join("s")).unwrap().collect();
    assert_eq!(files.len(), 1, "the public file alone");

    // Back again, by first letters over two lines, with a slip.
    let mut terminal = Terminal::start(office.path(), &combine("s/share-set.note", &[]));
    let short: Vec<&str> = words[2].iter().map(|word| &word[..4]).collect();
    terminal.wait_for("From word 1: ");
    terminal.type_line(&short[..12].join(" "));
    terminal.wait_for("From word 13: ");
    terminal.type_line("nonsense");
    terminal.wait_for("Word 13 is not a word");
    terminal.wait_for("From word 13: ");
    terminal.type_line(&short[12..].join(" "));
    terminal.wait_for("holder 3 is good");
    terminal.wait_for("From word 1: ");
    terminal.type_line(&words[0].join(" "));
    let (code, seen) = terminal.finish();
    assert_eq!(code, 0, "{seen}");
    let stays = first_screen(&seen);
    assert!(stays.contains("The secret is whole") && !stays.contains("From word"));
    assert!(office.path().join("back").exists());
}

#[test]
fn a_ceremony_that_is_stopped_leaves_no_word_and_no_set() {
    let office = Office::new();
    let seed = Office::seed("2027-Q1", "seed-period");
    #[rustfmt::skip]
    let split = ["split", "--seed", &seed, "--passphrase-file", "pw", "--out", "s", "--threshold", "2", "--shares", "3"];
    let mut terminal = Terminal::start(office.path(), &split);
    terminal.wait_for("Press Enter to see the words.");
    terminal.type_line("");
    let words = on_screen(&terminal.wait_for("Copy all of it."));
    terminal.wait_for("are asked. ");
    // Ctrl-C.
    terminal.type_raw("\u{3}");
    let (code, seen) = terminal.finish();
    assert_eq!(code, 1);
    let stays = first_screen(&seen);
    assert!(
        stays.contains("You stopped before every holder had a share"),
        "{stays}"
    );
    assert!(!holds_words(&stays, &words.join(" ")));
    assert_eq!(fs::read_dir(office.path().join("s")).unwrap().count(), 0);

    // Words are not taken from a keyboard whose screen would keep them, nor shown to a pipe.
    let (code, _, err) = keys(office.path(), &split);
    assert_eq!(code, 1);
    assert!(err.contains("on a terminal alone"), "{err}");
}

#[test]
fn a_drill_proves_shares_and_names_who_is_missing() {
    let office = Office::new();
    let words = office.three_of_five("2027-Q1", "seed-period", "s");
    let set = ["drill", "--set", "s/share-set.note"];
    let with = |more: &[&'static str]| [&set, more].concat();
    let challenge = good(office.path(), &with(&["--draw"]));
    let challenge = challenge.trim();
    assert_eq!(challenge.len(), 32);
    assert_ne!(good(office.path(), &with(&["--draw"])).trim(), challenge);
    for holder in [1, 4] {
        let out = format!("answer-{holder}");
        let arguments = [&set[..], &["--challenge", challenge, "--out", &out]].concat();
        let (code, said, err) = with_input(office.path(), &arguments, &[&words[holder - 1]]);
        assert_eq!(code, 0, "{err}");
        assert!(said.contains(&format!("The share of holder {holder} is whole")));
    }
    let verify = |more: &[&str]| {
        let arguments = [&set[..], &["--verify", "answer-1", "answer-4"], more].concat();
        keys(office.path(), &arguments)
    };
    let (code, out, _) = verify(&["--challenge", challenge]);
    assert_eq!(code, 0);
    assert!(out.contains("Holder 4: good") && out.contains("No answer from: 2, 3, 5."));
    assert!(verify(&[]).1.contains("may be old"));
    let (code, _, err) = verify(&["--challenge", &"0".repeat(32)]);
    assert_eq!(code, 1);
    assert!(err.contains("to another challenge"), "{err}");

    // Without the office's challenge: a fresh one, and the answer on standard output.
    let (_, first, _) = with_input(office.path(), &set, &[&words[2]]);
    let (_, second, _) = with_input(office.path(), &set, &[&words[2]]);
    assert!(first.starts_with("asylia drill v1\nset: ") && first != second);
    let (code, _, err) = with_input(office.path(), &set, &["academic acid"]);
    assert_eq!(code, 1);
    assert!(err.contains("These are 2 words"), "{err}");
}

const PASSPHRASE: &str = "six random words of a list";
