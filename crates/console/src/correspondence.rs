//! Correspondence with submitters: what the office writes and how it leaves, what comes back and what it changes.
//!
//! [`writing`] queues replies in the vault, [`sending`] seals them into bundles on a stick, [`acknowledge`] says to
//! the server what arrived, [`follow_ups`] judges what submitters send later, [`thread`] shows all of it.

pub mod acknowledge;
pub mod follow_ups;
pub mod names;
pub mod sending;
pub mod thread;
pub mod writing;
