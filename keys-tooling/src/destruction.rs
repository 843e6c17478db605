//! The end of a set of shares: every sheet burnt before witnesses, and a signed statement about it.
//!
//! A set is due when its day has passed, or earlier when something proves that nobody needs it: the console's
//! statement that the period has ended, or the manifest of a hand-over that made a newer recovery set. What is
//! left afterwards is said as it is: a sheet that is missing may still be somewhere.

use asylia_envelope::{
    day::Day,
    ids::InstanceId,
    signing::{Role, SigningKey, VerifyingKey},
};

use crate::{
    ceremony::WitnessSigningKey,
    custody::Purpose,
    hand_over::SignedManifest,
    shares::{ShareSet, ShareSetId},
};

/// Most bytes of a statement that proves something, or is made here.
pub const STATEMENT_LIMIT_BYTES: usize = 8 * 1024;

/// A witness of ceremonies, with the same key that signs transcripts: signs that sheets were burnt.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SawBurnt {}

impl Role for SawBurnt {
    const CONTEXT: &'static str = "asylia/v1/ceremony/shares-destroyed";
}

/// A person of the office, as its vault knows the person: signed that a period has ended there.
enum EndedPeriod {}

impl Role for EndedPeriod {
    const CONTEXT: &'static str = "asylia/v1/vault/period-destroyed";
}

/// What permits burning before the day on the sheets.
pub enum Proof {
    /// The console destroyed the identities of this period.
    Period(InstanceId, String),
    /// The vault was handed over under this newer set.
    NewerRecovery(InstanceId, ShareSetId),
}

/// The statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SharesDestroyed {
    text: String,
}

/// Why a set is not destroyed yet, or a text proves nothing. Each text is two sentences.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotDue {
    /// The day has not come, and nothing proves that the set is not needed.
    #[error(
        "The sheets of set {0} are to be kept until {1} is over. \
         Give the console's statement that the period has ended, or the manifest of the hand-over."
    )]
    Early(ShareSetId, Day),
    /// Neither a statement nor a manifest.
    #[error(
        "This is neither the console's statement about a period nor the manifest of a hand-over. \
         Check the file, and ask whoever gave it to you."
    )]
    NoProof,
}

impl Proof {
    /// Reads a statement of `identity destroy`, or a manifest, whose signatures are those of the keys that it names.
    ///
    /// # Errors
    /// [`NotDue::NoProof`].
    pub fn parse(text: &[u8]) -> Result<Self, NotDue> {
        if let Ok(signed) = SignedManifest::parse(text) {
            let manifest = signed.manifest();
            return Ok(Self::NewerRecovery(
                manifest.instance,
                manifest.recovery_set,
            ));
        }
        let text = core::str::from_utf8(text).map_err(|_| NotDue::NoProof)?;
        ended_period(text).ok_or(NotDue::NoProof)
    }

    fn permits(&self, set: &ShareSet) -> bool {
        match self {
            Self::Period(instance, period) => {
                set.purpose() != Purpose::VaultRecovery
                    && (set.instance(), set.label()) == (*instance, period)
            }
            Self::NewerRecovery(instance, newer) => {
                set.purpose() == Purpose::VaultRecovery
                    && set.instance() == *instance
                    && set.id() != *newer
            }
        }
    }
}

/// Whether the sheets of a set may be burnt.
///
/// # Errors
/// [`NotDue::Early`].
pub fn check_due(set: &ShareSet, proofs: &[Proof], today: Day) -> Result<(), NotDue> {
    let due = today > set.destroy_after() || proofs.iter().any(|proof| proof.permits(set));
    due.then_some(())
        .ok_or_else(|| NotDue::Early(set.id(), set.destroy_after()))
}

impl SharesDestroyed {
    /// What a witness saw: the holders whose sheets burnt; all others are missing.
    #[must_use]
    pub fn new(set: &ShareSet, burnt: &[u8], day: Day, witness: &WitnessSigningKey) -> Self {
        let key = SigningKey::<SawBurnt>::from_seed(&witness.seed());
        let places = set.scheme().places();
        let missing: Vec<u8> = places
            .map(|place| place.holder)
            .filter(|holder| !burnt.contains(holder))
            .collect();
        let signed = format!(
            "{MAGIC}\nset: {}\ninstance: {}\npurpose: {}\nlabel: {}\nday: {day}\nburnt: {}\nmissing: {}\n\
             enough left to recover: {}\nwitness: {}\n",
            set.id(),
            set.instance(),
            set.purpose(),
            set.label(),
            numbers(burnt),
            numbers(&missing),
            if enough(set, &missing) { "yes" } else { "no" },
            key.verifying_key(),
        );
        let signature = hex::encode(key.sign(&[signed.as_bytes()]));
        Self {
            text: format!("{signed}signature: {signature}\n"),
        }
    }

    /// The file's text.
    #[must_use]
    pub fn to_text(&self) -> &str {
        &self.text
    }

    /// Whether a text is a statement with a good signature of the witness that it names.
    #[must_use]
    pub fn is_good(text: &str) -> bool {
        let Some((signed, signature)) = signed_part(text, MAGIC) else {
            return false;
        };
        let witness = value(signed, "witness");
        let key = witness.and_then(|key| VerifyingKey::<SawBurnt>::parse(key).ok());
        key.is_some_and(|key| key.verify(&[signed.as_bytes()], &signature).is_ok())
    }
}

/// Whether these holders together could still recover the secret.
#[must_use]
pub fn enough(set: &ShareSet, holders: &[u8]) -> bool {
    let scheme = set.scheme();
    let whole = (0..).zip(scheme.groups()).filter(|(index, group)| {
        let there = scheme.places().filter(|place| place.group == *index);
        let there = there.filter(|place| holders.contains(&place.holder));
        there.count() >= usize::from(group.threshold)
    });
    whole.count() >= usize::from(scheme.group_threshold())
}

fn ended_period(text: &str) -> Option<Proof> {
    let (signed, signature) = signed_part(text, "asylia period destroyed v1")?;
    let signer = VerifyingKey::<EndedPeriod>::parse(value(signed, "signer")?).ok()?;
    signer.verify(&[signed.as_bytes()], &signature).ok()?;
    let instance = value(signed, "instance")?.parse().ok()?;
    Some(Proof::Period(instance, value(signed, "period")?.to_owned()))
}

/// The text before the last line, and the signature in it.
fn signed_part<'a>(text: &'a str, magic: &str) -> Option<(&'a str, Vec<u8>)> {
    let at = text.rfind("signature: ")?;
    let (signed, last) = text.split_at_checked(at)?;
    let signature = last.strip_prefix("signature: ")?.strip_suffix('\n')?;
    let begins = signed.lines().next() == Some(magic) && signed.ends_with('\n');
    begins.then(|| hex::decode(signature).ok().map(|bytes| (signed, bytes)))?
}

fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = text.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn numbers(holders: &[u8]) -> String {
    match holders {
        [] => "none".to_owned(),
        holders => {
            let texts: Vec<String> = holders.iter().map(ToString::to_string).collect();
            texts.join(" ")
        }
    }
}

const MAGIC: &str = "asylia shares destroyed v1";

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;
    use crate::{
        custody::CustodySecret,
        shares::{Group, Scheme, split},
    };

    const INSTANCE: InstanceId = InstanceId([5; 16]);

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn set(scheme: &Scheme) -> ShareSet {
        let secret = CustodySecret::generate_recovery(INSTANCE, "2027", &mut OsRng).ok();
        let (made, until) = (day("2027-01-01"), day("2028-03-01"));
        let new = split(&secret.unwrap(), scheme, made, until, &mut OsRng).ok();
        new.unwrap().set
    }

    #[test]
    fn a_set_is_due_on_its_day_or_when_something_proves_it() {
        let set = set(&Scheme::single(2, 3).unwrap());
        let early = Err(NotDue::Early(set.id(), day("2028-03-01")));
        assert_eq!(check_due(&set, &[], day("2028-03-01")), early);
        assert_eq!(check_due(&set, &[], day("2028-03-02")), Ok(()));
        let proof = |instance, newer| [Proof::NewerRecovery(instance, newer)];
        let today = day("2027-06-15");
        let other = self::set(&Scheme::single(2, 3).unwrap()).id();
        assert_eq!(check_due(&set, &proof(INSTANCE, other), today), Ok(()));
        // The set that is in use is not due, nor one of somebody else, nor for the end of a period.
        assert_eq!(check_due(&set, &proof(INSTANCE, set.id()), today), early);
        let elsewhere = proof(InstanceId([6; 16]), other);
        assert_eq!(check_due(&set, &elsewhere, today), early);
        let period = [Proof::Period(INSTANCE, "2027".to_owned())];
        assert_eq!(check_due(&set, &period, today), early);
        assert_eq!(Proof::parse(b"asylia").err(), Some(NotDue::NoProof));
    }

    #[test]
    fn the_consoles_statement_is_a_proof_when_its_signature_is_good() {
        let key = SigningKey::<EndedPeriod>::from_seed(&[3; 32]);
        let signed = format!(
            "asylia period destroyed v1\nvault: 00\ninstance: {INSTANCE}\nperiod: 2027-Q1\nsigner: {}\n",
            key.verifying_key()
        );
        let signature = hex::encode(key.sign(&[signed.as_bytes()]));
        let text = format!("{signed}signature: {signature}\n");
        assert!(matches!(
            Proof::parse(text.as_bytes()),
            Ok(Proof::Period(INSTANCE, period)) if period == "2027-Q1"
        ));
        for (from, to) in [
            ("2027-Q1", "2027-Q2"),
            ("v1", "v2"),
            ("signature: ", "signature:"),
        ] {
            let altered = text.replacen(from, to, 1);
            assert!(Proof::parse(altered.as_bytes()).is_err(), "{from}");
        }
    }

    #[test]
    fn a_statement_says_who_is_missing_and_whether_that_is_enough() {
        let group = |threshold, count| Group { threshold, count };
        let scheme = Scheme::of_groups(2, vec![group(2, 3), group(1, 1), group(2, 2)]).unwrap();
        let set = set(&scheme);
        let witness = WitnessSigningKey::from_seed(&[4; 32]);
        let said = |burnt: &[u8]| {
            let made = SharesDestroyed::new(&set, burnt, day("2028-03-02"), &witness);
            assert!(SharesDestroyed::is_good(made.to_text()));
            made.to_text().to_owned()
        };
        let all = said(&[1, 2, 3, 4, 5, 6]);
        assert!(all.contains("burnt: 1 2 3 4 5 6\nmissing: none\nenough left to recover: no\n"));
        assert!(said(&[1, 4]).contains("missing: 2 3 5 6\nenough left to recover: yes\n"));
        assert!(said(&[1, 2, 5]).contains("missing: 3 4 6\nenough left to recover: no\n"));
        assert!(!SharesDestroyed::is_good(&all.replace("none", "1")));
    }
}
