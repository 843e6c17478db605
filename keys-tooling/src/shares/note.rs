//! The text of a share set: lines that a person can read, with one reading.
//!
//! What was read is written again and compared, so two texts never mean one set.

use asylia_envelope::signing::VerifyingKey;

use super::{
    scheme::{Group, Scheme},
    set::{Commitment, ShareSet, parse_hex},
};
use crate::{custody::Purpose, period::is_period_id};

/// Most bytes of a share set's note; 32 holders take some 4500.
pub const SET_NOTE_LIMIT_BYTES: usize = 16 * 1024;

/// A text is no share set of this version.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "This is not the public file of a share set. Give the file share-set.note that `split` wrote."
)]
pub struct BadNote;

impl ShareSet {
    /// The note.
    #[must_use]
    pub fn to_note(&self) -> String {
        let mut note = format!(
            "{NOTE_MAGIC}\nset: {}\ninstance: {}\npurpose: {}\nlabel: {}\nmade: {}\n\
             destroy after: {}\nrecipients: {}\nidentifier: {}\ngroups needed: {}\n",
            self.id,
            self.instance,
            self.purpose,
            self.label,
            self.made,
            self.destroy_after,
            hex::encode(self.recipients),
            self.identifier,
            self.scheme.group_threshold(),
        );
        for Group { threshold, count } in self.scheme.groups() {
            note.push_str(&format!("group: {threshold} of {count}\n"));
        }
        for (place, share) in self.scheme.places().zip(&self.shares) {
            let digest = hex::encode(share.digest);
            note.push_str(&format!(
                "share: {} {digest} {}\n",
                place.holder, share.drill_key
            ));
        }
        note
    }

    /// Reads what [`Self::to_note`] wrote. Nothing vouches for a note: compare its fingerprint with
    /// that of a sheet.
    ///
    /// # Errors
    /// [`BadNote`].
    pub fn parse(note: &[u8]) -> Result<Self, BadNote> {
        let text = core::str::from_utf8(note).map_err(|_| BadNote)?;
        let set = read(text).ok_or(BadNote)?;
        let whole = set.shares.len() == set.scheme.places().count()
            && set.made <= set.destroy_after
            && set.to_note() == text;
        if whole { Ok(set) } else { Err(BadNote) }
    }
}

fn read(text: &str) -> Option<ShareSet> {
    let mut lines = text.lines().skip(1).peekable();
    let mut value = |name: &str| {
        lines
            .next_if(|line| line.starts_with(name))?
            .strip_prefix(name)
    };
    let id = value("set: ")?.parse().ok()?;
    let instance = value("instance: ")?.parse().ok()?;
    let purpose = value("purpose: ")?;
    let purpose = Purpose::ALL
        .into_iter()
        .find(|known| known.to_string() == purpose)?;
    let label = value("label: ").filter(|label| is_period_id(label))?;
    let made = value("made: ")?.parse().ok()?;
    let destroy_after = value("destroy after: ")?.parse().ok()?;
    let recipients = parse_hex(value("recipients: ")?).ok()?;
    let identifier = value("identifier: ")?.parse().ok()?;
    let group_threshold = value("groups needed: ")?.parse().ok()?;
    let mut groups = Vec::new();
    while let Some(group) = value("group: ") {
        let (threshold, count) = group.split_once(" of ")?;
        groups.push(Group {
            threshold: threshold.parse().ok()?,
            count: count.parse().ok()?,
        });
    }
    let mut shares = Vec::new();
    while let Some(share) = value("share: ") {
        let mut words = share.split(' ').skip(1);
        shares.push(Commitment {
            digest: parse_hex(words.next()?).ok()?,
            drill_key: VerifyingKey::parse(words.next()?).ok()?,
        });
    }
    Some(ShareSet {
        id,
        instance,
        purpose,
        label: label.to_owned(),
        made,
        destroy_after,
        recipients,
        identifier: Some(identifier).filter(|identifier| *identifier < 1 << 15)?,
        scheme: Scheme::of_groups(group_threshold, groups).ok()?,
        shares,
    })
}

const NOTE_MAGIC: &str = "asylia share set v1";
