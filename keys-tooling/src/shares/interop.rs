//! With the reference implementation of SLIP-39 (PyPI `shamir-mnemonic`): what it splits we
//! combine, what we split it combines, and the documented path by hand gives our identities.
//!
//! `scripts/test interop` installs it and names its Python in `ASYLIA_REFERENCE_PYTHON`.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "these tests start another implementation, which only the environment knows"
)]

use std::{
    io::Write,
    process::{Command, Stdio},
};

use asylia_envelope::ids::InstanceId;
use serde_json::{Value, json};

use super::{
    mnemonic::Mnemonic,
    scheme::{Group, Scheme},
    set::split as split_set,
    slip39::{Parameters, combine, split},
    testing::SeededRng,
    words::ShareWords,
};
use crate::{custody::CustodySecret, identity::PeriodSeed};

/// Runs a script with `input` on its standard input and gives its standard output.
fn python(script: &str, arguments: &[&str], input: &str) -> String {
    let python = std::env::var("ASYLIA_REFERENCE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut child = Command::new(python)
        .args(["-I", "-c", script])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("there is a Python; scripts/test interop installs what it needs");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the reference refused");
    String::from_utf8(output.stdout).unwrap()
}

fn schemes() -> Vec<Scheme> {
    let group = |threshold, count| Group { threshold, count };
    let mut all: Vec<Scheme> = [(2, 2), (2, 3), (3, 5), (5, 9), (16, 16)]
        .map(|(threshold, count)| Scheme::single(threshold, count).unwrap())
        .into();
    all.push(Scheme::of_groups(2, vec![group(2, 3), group(1, 1), group(3, 5)]).unwrap());
    all.push(Scheme::of_groups(1, vec![group(2, 2), group(4, 4)]).unwrap());
    all
}

/// A smallest circle of the shares, the last holder in it.
fn circle(scheme: &Scheme, shares: &[Mnemonic]) -> Vec<String> {
    let circle = scheme.circle_of(scheme.places().last().unwrap());
    let places = scheme.places().zip(shares);
    places
        .filter(|(place, _)| circle.contains(&place.holder))
        .map(|(_, share)| share.to_words().to_text().to_string())
        .collect()
}

#[test]
fn the_reference_recovers_what_we_split() {
    let mut rng = SeededRng::new(71);
    let mut asked = Vec::new();
    let mut secrets = Vec::new();
    for (number, scheme) in (0..).zip(schemes()) {
        let length = if number % 2 == 0 { 32 } else { 16 };
        let secret: Vec<u8> = (number..number + length).collect();
        let parameters = Parameters {
            passphrase: b"pass",
            exponent: number % 3,
            identifier: 32_000 + u16::from(number),
            extendable: number % 2 == 1,
        };
        let shares = split(&scheme, &secret, parameters, &mut rng);
        asked.push(circle(&scheme, &shares));
        secrets.push(hex::encode(secret));
    }
    let said = python(COMBINE, &[], &json!(asked).to_string());
    let found: Vec<String> = serde_json::from_str(&said).unwrap();
    assert_eq!(found, secrets);
}

#[test]
fn we_recover_what_the_reference_splits() {
    let mut asked = Vec::new();
    for (number, scheme) in (0_u8..).zip(schemes()) {
        let groups: Vec<[u8; 2]> = scheme
            .groups()
            .iter()
            .map(|group| [group.threshold, group.count])
            .collect();
        asked.push(json!({
            "threshold": scheme.group_threshold(),
            "groups": groups,
            "secret": hex::encode([number + 1; 32]),
            "exponent": number % 3,
            "extendable": number % 2 == 0,
        }));
    }
    let said = python(SPLIT, &[], &json!(asked).to_string());
    let sets: Vec<Vec<String>> = serde_json::from_str(&said).unwrap();
    for ((texts, scheme), asked) in sets.iter().zip(schemes()).zip(asked) {
        let read = |text: &String| Mnemonic::from_words(&ShareWords::parse(text).unwrap()).ok();
        let shares: Vec<Mnemonic> = texts.iter().map(|text| read(text).unwrap()).collect();
        assert_eq!(shares.len(), scheme.places().count());
        let chosen = scheme.circle_of(scheme.places().last().unwrap());
        let circle: Vec<&Mnemonic> = scheme
            .places()
            .zip(&shares)
            .filter(|(place, _)| chosen.contains(&place.holder))
            .map(|(_, share)| share)
            .collect();
        let secret = combine(&circle, b"pass").unwrap();
        assert_eq!(Value::from(hex::encode(&*secret)), asked["secret"]);
    }
}

/// What the sheets and `docs/FORMAT.md` promise for the day when this program is gone.
#[test]
fn the_documented_path_by_hand_gives_our_identities() {
    let mut rng = SeededRng::new(72);
    let instance = InstanceId([0xa5; 16]);
    let seed = PeriodSeed::generate(&mut rng);
    let secret = CustodySecret::of_period(&seed, instance, "2027-Q1");
    let [made, destroy] = ["2026-11-23", "2028-01-22"].map(|day| day.parse().unwrap());
    let scheme = Scheme::single(3, 5).unwrap();
    let new = split_set(&secret, &scheme, made, destroy, &mut rng)
        .ok()
        .unwrap();
    let texts: Vec<String> = new.shares[2..]
        .iter()
        .map(|share| share.words().to_text().to_string())
        .collect();
    let script = documented_script();
    for (label, identity) in [
        (
            "asylia/v1/period/intake",
            seed.derive_intake(instance, "2027-Q1").to_secret_text(),
        ),
        (
            "asylia/v1/period/account",
            seed.derive_account(instance, "2027-Q1").to_secret_text(),
        ),
    ] {
        #[rustfmt::skip]
        let arguments = ["asylia/v1/period-seed", label, &instance.to_string(), "2027-Q1"];
        let said = python(&script, &arguments, &texts.join("\n"));
        let key = identity
            .lines()
            .last()
            .and_then(|line| line.strip_prefix("key: "));
        assert_eq!(Some(said.trim()), key);
    }
}

/// The one Python block of the section "Shares".
fn documented_script() -> String {
    let format = include_str!("../../../docs/FORMAT.md");
    let (_, section) = format.split_once("\n## Shares\n").expect("the section");
    let (_, script) = section.split_once("```python\n").expect("the script");
    script.split_once("```").expect("its end").0.to_owned()
}

const COMBINE: &str = "
import json, sys
from shamir_mnemonic import combine_mnemonics
print(json.dumps([combine_mnemonics(texts, b'pass').hex() for texts in json.load(sys.stdin)]))
";

const SPLIT: &str = "
import json, sys
from shamir_mnemonic import generate_mnemonics
def split(s):
    groups = generate_mnemonics(s['threshold'], [tuple(g) for g in s['groups']], bytes.fromhex(s['secret']),
                                b'pass', extendable=s['extendable'], iteration_exponent=s['exponent'])
    return [text for group in groups for text in group]
print(json.dumps([split(s) for s in json.load(sys.stdin)]))
";
