//! The console of the focal point's office: offline, holds the vault, opens what was sent.
//!
//! Reading order: [`cli`] (the verbs), [`access`] (who may do what), [`vault`] (the encrypted store), [`identity`] (the seam to `asylia-keys`),
//! [`import`] (from the stick into the vault), [`opening`] (one record out of its seals), [`report`] and
//! [`attachment`] (what an officer is shown), [`search`] (for words), [`casework`] (cases, consent, the gate),
//! [`deny_list`] (what must not leave), [`ui`] (the pages as a `Router` that does not know how it is
//! served), [`door`], [`listen`], [`lockdown`] and [`launcher`] (how it is served today), [`l10n`] and [`words`] (texts), [`qr`] (what a telephone reads).

pub mod access;
pub mod attachment;
pub mod casework;
pub mod cli;
pub mod correspondence;
pub mod deny_list;
pub mod door;
pub mod hand_over;
pub mod identity;
pub mod import;
pub mod l10n;
pub mod launcher;
pub mod listen;
pub mod lockdown;
pub mod machine;
pub mod opening;
pub mod pairing;
pub mod passphrase;
pub mod qr;
pub mod report;
pub mod search;
pub mod sticks;
pub mod ui;
pub mod vault;
pub mod words;

// The office of the tests names this crate from outside, as the integration tests do.
#[cfg(test)]
extern crate self as asylia_console;

#[cfg(test)]
#[path = "../tests/it/office.rs"]
#[expect(
    dead_code,
    reason = "the integration tests use more of it than the unit tests"
)]
mod office;
