//! Keys of the office: the only code that loads a focal-point identity.
//!
//! Used by the binary `asylia-keys` at ceremonies and by the console; the intake server never
//! depends on it. Randomness and the day are arguments. Nothing here opens a socket.
//!
//! Reading order: [`period`] (seeds, windows), [`identity`] (what opens submissions, one type a
//! role), [`key_file`] (a secret under a passphrase), [`signing_file`] (keys that sign), [`bundle`]
//! (what the Committee signs), [`custody`] and [`shares`] (secrets kept by several holders),
//! [`root`] (whose keys sign), [`recovery`] (what reopens a vault), [`ceremony`] (a year made in one
//! meeting), [`hand_over`] (one office follows another), [`destruction`] (sheets burnt),
//! [`dice`] (mixed into randomness), [`carry`] (public files as QR codes),
//! [`files`] (writing once, for the owner only), [`demo`] (a throwaway office).
#![deny(missing_docs)]

pub mod bundle;
pub mod carry;
pub mod ceremony;
pub mod custody;
pub mod demo;
pub mod destruction;
pub mod dice;
pub mod files;
pub mod hand_over;
pub mod identity;
pub mod key_file;
pub mod period;
pub mod recovery;
pub mod root;
pub mod shares;
pub mod signing_file;
pub mod terminal;
