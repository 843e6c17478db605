//! Key bundles from the office's side: build the next one, say in plain words what it is, sign,
//! verify.
//!
//! A note is signed by persons, so everything that a signature would cover is told first. Verifying
//! is the envelope's; what is added here is the calendar, the chain of bundles, and refusals in two
//! sentences.

use core::fmt::Write;

use asylia_envelope::{
    day::Day,
    ids::InstanceId,
    key_bundle::{Anchor, BundleContent, BundleError, KeyBundle, Period, UnverifiedBundle},
    signing::{Office, Root, Transfer, VerifyingKey},
};

use crate::signing_file::RootSigningKey;

/// What shall stand in the next key bundle; `None` and empty lists keep what the previous one says.
pub struct Plan {
    /// The installation.
    pub instance: Option<InstanceId>,
    /// The office, as a function and not a name of a person.
    pub office: Option<String>,
    /// Root keys; any order.
    pub roots: Vec<VerifyingKey<Root>>,
    /// How many of them must sign.
    pub threshold: Option<usize>,
    /// Keys that sign replies.
    pub office_keys: Vec<VerifyingKey<Office>>,
    /// The paired server's key.
    pub transfer_key: Option<VerifyingKey<Transfer>>,
    /// Periods to add, each with the installation it was made for.
    pub periods: Vec<(InstanceId, Period)>,
    /// First day on which it holds.
    pub not_before: Day,
    /// Last day on which it holds.
    pub not_after: Day,
}

/// Why a bundle is not built, signed or accepted. Each text is two sentences: what failed, what to
/// do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// A first bundle was asked for without this.
    #[error("A first key bundle needs {0}. Give it, or name the bundle before with --previous.")]
    Missing(&'static str),
    /// The days are out of order.
    #[error("The key bundle's last day is before its first. Give the days in order.")]
    Days,
    /// A period was made for another installation.
    #[error(
        "Period {0} was made for another installation. Make it again with the right --instance."
    )]
    ForeignPeriod(String),
    /// No period would be left.
    #[error("No period would be in force under this key bundle. Make one with `period new`.")]
    NoPeriod,
    /// The parts do not make a bundle: threshold, names, two periods of one name or day.
    #[error(
        "These parts do not make a key bundle: its line {0} would be refused. \
         Check office, threshold, keys, and that every period has its own name and first day."
    )]
    Line(usize),
    /// The key is not one of the note's root keys.
    #[error("This key is none of the root keys in the note. Use the key file of a listed holder.")]
    NotARoot,
    /// The key has signed it already.
    #[error("This key has signed the note already. Pass it to the next holder.")]
    SignedAlready,
    /// The number follows the bundle in use, and the chain does not.
    #[error(
        "The key bundle does not follow the one in use: it names another one before it. \
         Ask the office for the bundles between, and compare the fingerprint by telephone."
    )]
    NotInChain,
    /// The envelope refuses it.
    #[error("{}. {}.", sentence(.0), advice(.0))]
    Bundle(#[from] BundleError),
}

/// Builds the content of the next bundle, numbered and chained after `previous`.
///
/// Periods of the previous bundle stay as long as their windows reach `not_before`.
///
/// # Errors
/// [`Refusal::Missing`], `Days`, `ForeignPeriod`, `NoPeriod` and `Line`.
pub fn build(plan: Plan, previous: Option<&KeyBundle>) -> Result<BundleContent, Refusal> {
    let before = previous.map(KeyBundle::content);
    if plan.not_before > plan.not_after {
        return Err(Refusal::Days);
    }
    let instance = plan
        .instance
        .or(before.map(|b| b.instance))
        .ok_or(Refusal::Missing("--instance"))?;
    let office = plan
        .office
        .or(before.map(|b| b.office.clone()))
        .ok_or(Refusal::Missing("--office-name"))?;
    let mut roots = or_before(plan.roots, before.map(|b| &b.roots));
    roots.sort_by_key(VerifyingKey::to_bytes);
    if roots.is_empty() {
        return Err(Refusal::Missing("--root"));
    }
    let threshold = plan
        .threshold
        .or(before.map(|b| b.threshold))
        .ok_or(Refusal::Missing("--threshold"))?;
    let content = BundleContent {
        instance,
        office,
        sequence: before.map_or(1, |b| b.sequence.saturating_add(1)),
        previous: previous.map(KeyBundle::digest),
        not_before: plan.not_before,
        not_after: plan.not_after,
        demo: before.is_some_and(|b| b.demo),
        threshold,
        roots,
        office_keys: or_before(plan.office_keys, before.map(|b| &b.office_keys)),
        transfer_key: plan
            .transfer_key
            .or(before.and_then(|b| b.transfer_key.clone())),
        periods: periods(plan.periods, before, instance, plan.not_before)?,
    };
    // What the grammar refuses must not reach the holders.
    match UnverifiedBundle::parse(content.to_note(&[]).as_bytes()) {
        Ok(_) => Ok(content),
        Err(BundleError::Line(line)) => Err(Refusal::Line(line)),
        Err(error) => Err(error.into()),
    }
}

fn periods(
    added: Vec<(InstanceId, Period)>,
    before: Option<&BundleContent>,
    instance: InstanceId,
    not_before: Day,
) -> Result<Vec<Period>, Refusal> {
    if let Some((_, period)) = added.iter().find(|(of, _)| *of != instance) {
        return Err(Refusal::ForeignPeriod(period.id.clone()));
    }
    let kept = before
        .iter()
        // A period of another installation is sealed to identities that say so.
        .filter(|content| content.instance == instance)
        .flat_map(|content| content.periods.iter().cloned());
    let mut periods: Vec<Period> = kept
        .chain(added.into_iter().map(|(_, period)| period))
        .filter(|period| period.until >= not_before)
        .collect();
    periods.sort_by_key(|period| period.from);
    if periods.is_empty() {
        Err(Refusal::NoPeriod)
    } else {
        Ok(periods)
    }
}

fn or_before<T: Clone>(given: Vec<T>, before: Option<&Vec<T>>) -> Vec<T> {
    if given.is_empty() {
        before.cloned().unwrap_or_default()
    } else {
        given
    }
}

/// Adds one holder's signature to a note; signatures that are there stay.
///
/// A root key of `previous`, verified, may countersign a note that no longer lists it: other root
/// keys need the old threshold too.
///
/// # Errors
/// [`Refusal::NotARoot`] and [`Refusal::SignedAlready`].
pub fn sign(
    note: &UnverifiedBundle,
    previous: Option<&KeyBundle>,
    key: &RootSigningKey,
) -> Result<String, Refusal> {
    let content = note.claimed();
    let public = key.verifying_key();
    let of_old = previous.is_some_and(|before| before.content().roots.contains(&public));
    if !of_old && !content.roots.contains(&public) {
        return Err(Refusal::NotARoot);
    }
    let line = content.signature_line(key);
    let mut lines = note.signature_lines();
    // Ed25519 is deterministic: the same key over the same text gives the same line.
    if lines.contains(&line) {
        return Err(Refusal::SignedAlready);
    }
    lines.push(line);
    Ok(content.to_note(&lines))
}

/// Verifies a note: grammar, anchor, signatures, the bundle in use before it, and the day.
///
/// # Errors
/// [`Refusal::Bundle`] and [`Refusal::NotInChain`].
pub fn verify(
    note: &[u8],
    anchor: &Anchor,
    in_use: Option<&KeyBundle>,
    today: Day,
) -> Result<KeyBundle, Refusal> {
    let note = UnverifiedBundle::parse(note)?;
    let verified = match in_use {
        Some(before) => note.verify_successor(anchor, before),
        None => note.verify(anchor, None),
    };
    let bundle = verified.map_err(|error| match error {
        BundleError::NotInChain => Refusal::NotInChain,
        other => other.into(),
    })?;
    bundle.check_day(today)?;
    Ok(bundle)
}

/// Everything that a signature over `content` would cover, in plain words; many lines.
#[must_use]
pub fn describe(content: &BundleContent) -> String {
    let mut text = String::new();
    let mut line = |parts: core::fmt::Arguments<'_>| {
        writeln!(text, "{parts}").expect("a String takes all");
    };
    if content.demo {
        line(format_args!("DEMO KEYS: for trying out, protects nobody."));
    }
    line(format_args!("Key bundle number {}", content.sequence));
    line(format_args!("Office: {}", content.office));
    line(format_args!("Fingerprint: {}", content.fingerprint()));
    line(format_args!("Installation: {}", content.instance));
    match content.previous {
        Some(digest) => line(format_args!("Follows the bundle {}", hex::encode(digest))),
        None => line(format_args!("Is the first of its office")),
    }
    line(format_args!(
        "In force from {} to {}",
        content.not_before, content.not_after
    ));
    line(format_args!(
        "Root keys: {}, of which {} must sign",
        content.roots.len(),
        content.threshold
    ));
    content
        .roots
        .iter()
        .for_each(|key| line(format_args!("  {key}")));
    line(format_args!(
        "Keys that sign replies: {}",
        content.office_keys.len()
    ));
    content
        .office_keys
        .iter()
        .for_each(|key| line(format_args!("  {key}")));
    match &content.transfer_key {
        Some(key) => line(format_args!("Server's key: {key}")),
        None => line(format_args!("Server's key: not paired yet")),
    }
    line(format_args!("Periods: {}", content.periods.len()));
    for period in &content.periods {
        line(format_args!(
            "  {}: reports may be sealed to it from {} and are accepted until {}",
            period.id, period.from, period.until
        ));
    }
    text
}

fn sentence(error: &BundleError) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => text,
    }
}

fn advice(error: &BundleError) -> &'static str {
    match error {
        BundleError::Line(_) | BundleError::NotABundle => {
            "It was altered, or is another file: fetch keys.note again from the office"
        }
        BundleError::OtherOffice(_) => {
            "Compare the 12 words with the office by telephone, and do not use this file before \
             they agree"
        }
        BundleError::NoAnchor => "Give the office's 12 words with --office",
        BundleError::Signatures { .. } => {
            "It was altered, or more holders must sign it: do not use it as it is"
        }
        BundleError::OldRoots { .. } => {
            "Let holders of the root keys until now sign it with `bundle sign --previous`, and do not \
             use it before"
        }
        BundleError::DemoAfterReal => "Keep rehearsals away from the office's programs",
        BundleError::RolledBack => "Use the newer one",
        BundleError::Forked => "Tell the office at once, and use neither until it has answered",
        BundleError::NotInForce { .. } => "Fetch the current one, and check this computer's date",
        BundleError::NoPeriod => "Ask the office for a key bundle with a current period",
        _ => "Fetch keys.note again from the office",
    }
}

#[cfg(test)]
#[path = "bundle/tests.rs"]
mod tests;
