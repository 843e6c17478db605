//! `asylia keys install`: an operator puts the office's next key bundle before the server.
//!
//! Trusts the fingerprint that the data folder is pinned to, and nothing that the file says of itself. What is
//! worse than the bundle in use is refused by name, and nothing is written then.

use asylia_envelope::{
    day::Day,
    key_bundle::{Anchor, BundleError, KeyBundle},
};

use crate::{
    cli::KeysInstallArgs,
    clock::Clock,
    data_folder::DataFolder,
    error::Advice,
    keys::{self, Closed, judge, offered},
    serve,
    storage::{AnyStore, Store, StoreAddress},
};

/// What was offered to the server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Installed {
    /// Number of the new bundle.
    pub sequence: u64,
    /// Last day on which reports can be taken with it.
    pub last_day: Day,
    /// Whether root keys or threshold changed: the server must then be given the new words.
    pub other_words: Option<String>,
    /// Whether it is the one that is in use.
    pub known: bool,
}

/// Runs the verb and says what it did.
///
/// # Errors
/// Those of [`install`].
pub fn run(args: &KeysInstallArgs) -> anyhow::Result<()> {
    let done = serve::runtime()?.block_on(install(args, Clock::System))?;
    if done.known {
        println!("Key bundle number {} is in use already.", done.sequence);
        return Ok(());
    }
    println!(
        "Key bundle number {} is good. Reports can be taken with it until {}.",
        done.sequence, done.last_day
    );
    match done.other_words {
        None => println!(
            "A running server takes it over within a few seconds, a stopped one at its next start; \
             `asylia status` shows its number."
        ),
        Some(words) => println!(
            "Its root keys are others. Give the server these words with --office or in its \
             configuration, and start it again: {words}"
        ),
    }
    Ok(())
}

/// Verifies a bundle against the pinned fingerprint and the bundle in use, and offers it to the server.
///
/// # Errors
/// [`Advice`] that names what is wrong; nothing is written then.
pub async fn install(args: &KeysInstallArgs, clock: Clock) -> anyhow::Result<Installed> {
    let data = DataFolder::existing(&args.data)?;
    let today = Day::from_days_since_1970(i64::from(clock.today())).ok_or_else(no_day)?;
    let in_use = data.bundle();
    let anchor = match (&args.office, &in_use) {
        (Some(words), _) => keys::anchor(Some(words))?,
        (None, Some(bundle)) => Anchor::Fingerprint(bundle.content().fingerprint()),
        (None, None) => keys::anchor(None)?,
    };
    let address: StoreAddress = data.store_address()?.parse()?;
    let store = AnyStore::open(&address).await?;
    let judged = match offered(&args.file) {
        Ok(note) => judge(&note, &anchor, in_use.as_ref(), &store, today).await,
        Err(closed) => Err(closed),
    };
    store.close().await?;
    let bundle = judged.map_err(|closed| advice(&closed))?;
    let known = in_use.as_ref().map(KeyBundle::digest) == Some(bundle.digest());
    if !known {
        data.offer_bundle(&bundle)?;
    }
    let words = bundle.content().fingerprint();
    let changed = in_use.is_some_and(|before| before.content().fingerprint() != words);
    Ok(Installed {
        sequence: bundle.sequence(),
        last_day: last_day(&bundle),
        other_words: changed.then(|| words.to_string()),
        known,
    })
}

/// The last day on which anything can be sealed under a bundle: its own, or its last period's.
#[must_use]
pub fn last_day(bundle: &KeyBundle) -> Day {
    let content = bundle.content();
    let of_periods = content.periods.iter().map(|period| period.until).max();
    of_periods.map_or(content.not_after, |day| day.min(content.not_after))
}

fn advice(closed: &Closed) -> Advice {
    let refused = "The key bundle is refused, and the one in use stays";
    let next = match closed {
        Closed::Missing => "Check the path and the file",
        Closed::Store(_) => "See what `asylia doctor` says of the store",
        Closed::Refused(error) => match error {
            BundleError::RolledBack => "Ask the office for its newest keys.note",
            BundleError::Forked | BundleError::NotInChain => {
                "Tell the office at once by another way, and install nothing before it has answered"
            }
            BundleError::OtherOffice(_) => {
                "Compare the words with the office by telephone; only if its root keys changed, give \
                 the new words with --office"
            }
            BundleError::OldRoots { .. } => {
                "Tell the office: holders of the root keys until now must sign it too"
            }
            BundleError::NotInForce { .. } | BundleError::NoPeriod => {
                "Check this machine's date, and ask the office for a bundle that holds today"
            }
            BundleError::NoAnchor => "Give the office's 12 words with --office",
            BundleError::DemoAfterReal => "Keep demonstrations and rehearsals off this server",
            _ => "Fetch keys.note again from the office",
        },
    };
    Advice::failed(format!("{refused}: {closed}"), next)
}

fn no_day() -> Advice {
    Advice::failed("The machine's date is not usable", "Set its clock")
}

#[cfg(test)]
#[path = "keys_install/tests.rs"]
mod tests;
