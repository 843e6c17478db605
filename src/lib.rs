//! The intake server: a form, two seals, a store of ciphertext, and a stick.
//!
//! Reading order of the HTTP side, from the socket inwards: [`listen`] (accept loop and time-outs)
//! → [`router`] (every URL, the layers) → [`headers`], [`drain`], [`guard`], [`admission`] and [`room`] (what each
//! layer does)
//! → [`error`] and [`refusal`] (how a request ends that is not accepted). Around it: [`cli`] and
//! [`config`] (what the operator says), [`serve`], [`process`] and [`sandbox`] (how the process
//! starts),
//! [`clock`] (time and randomness as arguments), [`telemetry`] (what is logged, and what never is).

pub mod acknowledge;
pub mod admission;
pub mod app;
pub mod backup;
pub mod body;
pub mod cli;
pub mod clock;
pub mod collection;
pub mod config;
pub mod data_folder;
pub mod decoys;
pub mod doctor;
pub mod drain;
pub mod error;
pub mod guard;
pub mod headers;
pub mod health;
pub mod import;
pub mod intake;
pub mod keys;
pub mod keys_install;
pub mod l10n;
#[cfg(feature = "danger_leak")]
pub mod leak;
pub mod limits;
pub mod listen;
pub mod mailbox;
pub mod notice;
pub mod operator;
pub mod pages;
pub mod pairing;
pub mod process;
pub mod refusal;
pub mod room;
pub mod router;
pub mod routes;
pub mod sandbox;
pub mod serve;
pub mod setup;
pub mod site_manifest;
pub mod stack;
pub mod static_files;
pub mod status;
pub mod storage;
pub mod telemetry;
#[cfg(test)]
mod testing;
pub mod transfer;
pub mod uploads;
