//! Custody: a secret of the office as shares of several holders, and back.
//!
//! Shares are SLIP-39 mnemonics, so that other tools recover them in ten years. Beside the words
//! stands a public note, the [`ShareSet`], that commits to every share and to what the secret must
//! give: whatever is typed, forged or mixed up is refused by name, and a wrong secret is never
//! returned.
//!
//! Reading order: the standard ([`gf256`], [`shamir`], [`rs1024`], [`words`], [`mnemonic`],
//! [`cipher`], [`slip39`]), then what Asylia adds.

mod cipher;
mod gf256;
mod mnemonic;
mod rs1024;
mod scheme;
mod shamir;
mod slip39;
#[cfg(test)]
pub(crate) mod testing;
mod words;

pub use scheme::{BadScheme, Group, HOLDERS_LIMIT, Place, SHARES_LIMIT, Scheme};
pub use words::{NotAWord, ShareWords};
