//! The intake server: a form, two seals, a store of ciphertext, and a stick.

pub mod l10n;
pub mod pages;
