//! SLIP-39 itself: a secret into shares of groups, and exactly enough of these back into it.
//!
//! Two layers of Shamir's scheme over the encrypted secret: one among the groups, one in each. What
//! is checked here is what the standard checks; forged shares are told by the set's commitments
//! before ([`super::gather`]).

use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use super::{
    cipher::Cipher,
    mnemonic::{Common, Mnemonic},
    scheme::{Group, Scheme},
    shamir,
};

/// Why shares do not combine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum BadShares {
    /// They are of different sets, or say different things about theirs.
    Mixed,
    /// The same place twice.
    Duplicate,
    /// Not exactly as many groups, or shares of a group, as the set needs.
    Number,
    /// They are of one set by what they say, and do not belong together.
    Digest,
}

/// The parameters of a new set's words beside its scheme.
#[derive(Clone, Copy)]
pub(super) struct Parameters<'a> {
    pub(super) passphrase: &'a [u8],
    pub(super) exponent: u8,
    pub(super) identifier: u16,
    pub(super) extendable: bool,
}

impl Parameters<'_> {
    fn cipher(&self) -> Cipher<'_> {
        Cipher {
            passphrase: self.passphrase,
            exponent: self.exponent,
            identifier: self.identifier,
            extendable: self.extendable,
        }
    }
}

/// Splits `secret`, of 16 or more bytes and even length; shares in the order of the holders.
pub(super) fn split(
    scheme: &Scheme,
    secret: &[u8],
    parameters: Parameters<'_>,
    rng: &mut (impl RngCore + CryptoRng),
) -> Vec<Mnemonic> {
    let encrypted = parameters.cipher().encrypt(secret);
    let count = u8::try_from(scheme.groups().len()).expect("a scheme has at most 16 groups");
    let of_groups = shamir::split(scheme.group_threshold(), count, &encrypted, rng);
    let common = Common {
        identifier: parameters.identifier,
        extendable: parameters.extendable,
        exponent: parameters.exponent,
        group_threshold: scheme.group_threshold(),
        group_count: count,
    };
    let mut shares = Vec::new();
    for ((group_index, group), of_group) in (0..).zip(scheme.groups()).zip(&of_groups) {
        let Group { threshold, count } = *group;
        let values = shamir::split(threshold, count, of_group, rng);
        shares.extend((0..).zip(values).map(|(member_index, value)| Mnemonic {
            common,
            group_index,
            member_index,
            member_threshold: threshold,
            value,
        }));
    }
    shares
}

/// The secret of exactly as many shares as their set needs.
pub(super) fn combine(
    shares: &[&Mnemonic],
    passphrase: &[u8],
) -> Result<Zeroizing<Vec<u8>>, BadShares> {
    let common = shares.first().ok_or(BadShares::Number)?.common;
    let length = shares.first().map_or(0, |share| share.value.len());
    if shares
        .iter()
        .any(|share| share.common != common || share.value.len() != length)
    {
        return Err(BadShares::Mixed);
    }
    let mut of_groups: Vec<(u8, Zeroizing<Vec<u8>>)> = Vec::new();
    for index in 0..super::scheme::SHARES_LIMIT {
        let members: Vec<&Mnemonic> = shares
            .iter()
            .filter(|share| share.group_index == index)
            .copied()
            .collect();
        if !members.is_empty() {
            of_groups.push((index, recover_group(&members)?));
        }
    }
    if of_groups.len() != usize::from(common.group_threshold) {
        return Err(BadShares::Number);
    }
    let points: Vec<(u8, &[u8])> = of_groups
        .iter()
        .map(|(index, value)| (*index, &value[..]))
        .collect();
    let encrypted = shamir::recover(&points).map_err(|_| BadShares::Digest)?;
    let cipher = Cipher {
        passphrase,
        exponent: common.exponent,
        identifier: common.identifier,
        extendable: common.extendable,
    };
    Ok(cipher.decrypt(&encrypted))
}

/// The value of one group from its members' shares.
fn recover_group(members: &[&Mnemonic]) -> Result<Zeroizing<Vec<u8>>, BadShares> {
    let threshold = members.first().map_or(0, |share| share.member_threshold);
    if members
        .iter()
        .any(|share| share.member_threshold != threshold)
    {
        return Err(BadShares::Mixed);
    }
    let mut points: Vec<(u8, &[u8])> = members
        .iter()
        .map(|share| (share.member_index, &share.value[..]))
        .collect();
    points.sort_unstable_by_key(|(place, _)| *place);
    if points.is_sorted_by(|(a, _), (b, _)| a < b) {
        if points.len() != usize::from(threshold) {
            return Err(BadShares::Number);
        }
        shamir::recover(&points).map_err(|_| BadShares::Digest)
    } else {
        Err(BadShares::Duplicate)
    }
}

#[cfg(test)]
#[path = "slip39/tests.rs"]
mod tests;
