//! The format of Asylia: bytes in, values out.
//!
//! This crate knows no HTTP, SQL, async runtime, clock or file system; time and randomness are arguments
//! (the age crate's own randomness apart). `docs/FORMAT.md` is normative and names its constants.
//!
//! Reading order: [`questionnaire`] and [`answers`] (what a person says), [`submission`] (compartments),
//! [`hybrid`], [`prescan`], [`seal`] (one age file), [`slices`] and [`padding`] (what is inside one),
//! [`sealing`] (inner layer), [`sealed_file`] (carried to an upload), [`record`] (outer layer), [`open`]
//! (the way back), [`key_bundle`] and [`signing`] (whose keys), [`return_code`] and [`words`] (the
//! submitter's side), [`reply`] and [`follow_up`] (what is said later), [`transfer`] and
//! [`acknowledgement`] (the stick), [`pairing`] (whose stick), [`packet`] (to an addressee), [`site`] (what a
//! site serves).
#![deny(missing_docs)]

pub mod acknowledgement;
pub mod answers;
pub mod day;
pub mod follow_up;
pub mod hybrid;
pub mod ids;
pub mod key_bundle;
pub mod open;
pub mod packet;
pub mod padding;
pub mod pairing;
pub mod prescan;
pub mod questionnaire;
pub mod record;
pub mod reply;
pub mod return_code;
pub mod seal;
pub mod sealed_file;
pub mod sealing;
pub mod signing;
pub mod site;
pub mod slices;
pub mod submission;
pub mod transfer;
pub mod words;
