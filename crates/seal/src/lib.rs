//! Sealing a submission offline, for staff of institutions and organisations.
//!
//! The library behind `asylia-seal`: answers from a file, the office's keys from a verified key
//! bundle, out comes a sealed file and, once, a return code. Nothing here opens a socket or keeps
//! anything; the day and the random source are arguments.
//!
//! Reading order: [`answers_file`] (what was answered), [`sealing`] (the sealed file and its
//! receipt), [`inspect`] (what a sealed file says in clear), [`site`] (a saved copy of a site).
#![deny(missing_docs)]

pub mod answers_file;
pub mod inspect;
pub mod sealing;
pub mod site;
