//! Putting shares together again, and saying what is wrong with each that does not belong.
//!
//! A share is taken only when its words are those that the set committed to, so the secret at the
//! end can only be the one that was split; it is compared with its recipients all the same. A wrong
//! secret is never returned.

use core::fmt;

use zeroize::Zeroizing;

use super::{
    mnemonic::{BadMnemonic, Mnemonic},
    rs1024::{self, Slip},
    scheme::Place,
    set::{NO_PASSPHRASE, SHARE_WORDS, ShareSet},
    slip39,
    words::{NotAWord, ShareWords},
};
use crate::custody::{CustodySecret, Purpose};

/// Why a share is not taken. Each text is two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShareRefusal {
    /// A typed word is not on the list.
    #[error("Word {0} is not a word of a share. Read it on the sheet once more.")]
    NotAWord(usize),
    /// Another number of words.
    #[error("These are {0} words, and a share has 33. Look for a word left out or typed twice.")]
    Count(usize),
    /// One word is another one than on the sheet.
    #[error("Word {0} does not fit the others. Read it on the sheet once more.")]
    Typo(usize),
    /// Two neighbours changed places.
    #[error("Words {0} and {next} have changed places. Type them in the order of the sheet.", next = .0 + 1)]
    Swapped(usize),
    /// Several words are wrong.
    #[error("More than one word is wrong. Read the whole sheet once more, word by word.")]
    Typos,
    /// It is of a set with the same purpose and another label.
    #[error(
        "This is a share of {0}, another time than this set is for. Take the sheet of this set."
    )]
    OtherYear(String),
    /// It is of another known set.
    #[error("This is a share of another set: {}, {}. Take the sheet of this set.", .0.describe(), .1)]
    OtherSet(Purpose, String),
    /// It is of a set that nobody named.
    #[error(
        "This is a share of another set: the sheets of this one all begin with the words `{0}`. \
         Compare the set and the year that stand on the sheet."
    )]
    UnknownSet(String),
    /// Its words say that it is of this set, and it is not.
    #[error(
        "This share is forged: its words look right, and it is none of those that this set was made \
         with. Keep it, and tell the office who brought it."
    )]
    Forged,
    /// It was given before.
    #[error("The share of holder {0} was given already. Ask another holder.")]
    Duplicate(u8),
}

/// Why there is no secret. Each text is two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CombineError {
    /// More shares are needed.
    #[error("{0}")]
    TooFew(TooFew),
    /// Every share is the set's, and the secret is not: the set's file was made up or changed.
    #[error(
        "The shares fit the set's file, but not the keys that the file promises, so nothing is \
         returned. Get the file again from the office, and compare its fingerprint with a sheet."
    )]
    WrongSecret,
}

/// How many shares were given, and whose would help.
#[derive(Debug, PartialEq, Eq)]
pub struct TooFew {
    /// Holders whose shares were given, ascending.
    pub given: Vec<u8>,
    /// Holders whose shares are not there and would bring it forward, ascending.
    pub missing: Vec<u8>,
    scheme: String,
}

/// Shares of one set, as they come in.
pub struct Gathering<'a> {
    set: &'a ShareSet,
    others: &'a [ShareSet],
    shares: Vec<(Place, Mnemonic)>,
}

impl<'a> Gathering<'a> {
    /// No share yet. `others` are further sets that the office knows, to name a foreign share by.
    #[must_use]
    pub fn new(set: &'a ShareSet, others: &'a [ShareSet]) -> Self {
        Self {
            set,
            others,
            shares: Vec::new(),
        }
    }

    /// Takes a share as it was typed or scanned, and says whose it is.
    ///
    /// # Errors
    /// Every [`ShareRefusal`].
    pub fn add(&mut self, typed: &str) -> Result<u8, ShareRefusal> {
        let (place, mnemonic) = recognise(self.set, self.others, typed)?;
        if self.shares.iter().any(|(there, _)| *there == place) {
            return Err(ShareRefusal::Duplicate(place.holder));
        }
        self.shares.push((place, mnemonic));
        Ok(place.holder)
    }

    /// What is still missing; `None` when the shares are enough.
    #[must_use]
    pub fn missing(&self) -> Option<TooFew> {
        self.circle().err()
    }

    /// The secret.
    ///
    /// # Errors
    /// Every [`CombineError`].
    pub fn combine(&self) -> Result<CustodySecret, CombineError> {
        let circle = self.circle().map_err(CombineError::TooFew)?;
        let seed =
            slip39::combine(&circle, NO_PASSPHRASE).map_err(|_| CombineError::WrongSecret)?;
        let mut bytes = Zeroizing::new([0; 32]);
        if seed.len() != bytes.len() {
            return Err(CombineError::WrongSecret);
        }
        bytes.copy_from_slice(&seed);
        let ShareSet {
            purpose,
            instance,
            label,
            ..
        } = self.set;
        let secret = CustodySecret::from_parts(*purpose, *instance, label, bytes);
        if secret.recipients_digest() == self.set.recipients {
            Ok(secret)
        } else {
            Err(CombineError::WrongSecret)
        }
    }

    /// Exactly as many shares as it takes, of exactly as many groups.
    fn circle(&self) -> Result<Vec<&Mnemonic>, TooFew> {
        let scheme = self.set.scheme();
        let mut circle = Vec::new();
        let mut groups = 0;
        for (index, group) in (0..).zip(scheme.groups()) {
            let of_group = self.shares.iter().filter(|(place, _)| place.group == index);
            let members: Vec<&Mnemonic> = of_group
                .map(|(_, share)| share)
                .take(group.threshold.into())
                .collect();
            if members.len() == usize::from(group.threshold) && groups < scheme.group_threshold() {
                groups += 1;
                circle.extend(members);
            }
        }
        if groups == scheme.group_threshold() {
            Ok(circle)
        } else {
            Err(self.too_few())
        }
    }

    fn too_few(&self) -> TooFew {
        let scheme = self.set.scheme();
        let mut given: Vec<u8> = self.shares.iter().map(|(place, _)| place.holder).collect();
        given.sort_unstable();
        let of_group = |group: u8| {
            self.shares
                .iter()
                .filter(move |(place, _)| place.group == group)
        };
        let incomplete = |place: &Place| {
            let group = scheme.groups().get(usize::from(place.group));
            group.is_some_and(|group| of_group(place.group).count() < group.threshold.into())
        };
        let missing = scheme
            .places()
            .filter(|place| !given.contains(&place.holder) && incomplete(place))
            .map(|place| place.holder)
            .collect();
        TooFew {
            given,
            missing,
            scheme: scheme.describe(),
        }
    }
}

impl fmt::Display for TooFew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = match self.given.as_slice() {
            [] => "none".to_owned(),
            given => format!("only {}", holders(given)),
        };
        write!(
            f,
            "There are too few shares: {given}, and it takes {}. Ask {} for more.",
            self.scheme,
            holders(&self.missing)
        )
    }
}

/// `holder 3`, or `holders 2, 4 and 5`.
fn holders(numbers: &[u8]) -> String {
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    match texts.split_last() {
        Some((only, [])) => format!("holder {only}"),
        Some((last, before)) => format!("holders {} and {last}", before.join(", ")),
        None => "nobody".to_owned(),
    }
}

/// Whose share the typed words are.
pub(super) fn recognise(
    set: &ShareSet,
    others: &[ShareSet],
    typed: &str,
) -> Result<(Place, Mnemonic), ShareRefusal> {
    let words =
        ShareWords::parse(typed).map_err(|NotAWord(place)| ShareRefusal::NotAWord(place))?;
    if words.count() != SHARE_WORDS {
        return Err(ShareRefusal::Count(words.count()));
    }
    let mnemonic = match Mnemonic::from_words(&words) {
        Ok(mnemonic) => mnemonic,
        Err(BadMnemonic::Length) => return Err(ShareRefusal::Count(words.count())),
        Err(BadMnemonic::Checksum) => return Err(slip(&words)),
        Err(BadMnemonic::Content) => return Err(foreign(set, others, &words, false)),
    };
    match set.holder_of(&words) {
        // Only a made-up note commits to words whose place is another one.
        Some(place) if stands_at(set, &mnemonic, place) => Ok((place, mnemonic)),
        Some(_) => Err(ShareRefusal::Forged),
        None => {
            let same_set = mnemonic.common.first_words() == set.common().first_words();
            Err(foreign(set, others, &words, same_set))
        }
    }
}

fn stands_at(set: &ShareSet, share: &Mnemonic, place: Place) -> bool {
    let group = set.scheme().groups().get(usize::from(place.group));
    share.common == set.common()
        && (share.group_index, share.member_index) == (place.group, place.member)
        && group.is_some_and(|group| group.threshold == share.member_threshold)
}

/// The checksum is wrong: the one slip that explains it, or several.
fn slip(words: &ShareWords) -> ShareRefusal {
    match rs1024::locate(words.numbers()) {
        Some(Slip::Word(place)) => ShareRefusal::Typo(place + 1),
        Some(Slip::Swap(place)) => ShareRefusal::Swapped(place + 1),
        None => ShareRefusal::Typos,
    }
}

/// The words are a good share and none of the set's.
fn foreign(
    set: &ShareSet,
    others: &[ShareSet],
    words: &ShareWords,
    same_set: bool,
) -> ShareRefusal {
    let known = others.iter().find(|other| other.holder_of(words).is_some());
    match known {
        Some(other) if other.purpose == set.purpose && other.label != set.label => {
            ShareRefusal::OtherYear(other.label.clone())
        }
        Some(other) => ShareRefusal::OtherSet(other.purpose, other.label.clone()),
        None if same_set => ShareRefusal::Forged,
        None => ShareRefusal::UnknownSet(set.first_words()),
    }
}

#[cfg(test)]
#[path = "gather/tests.rs"]
mod tests;
