//! `asylia-seal` from both ends: what it seals opens with the office's identities, and what it
//! refuses it names.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod command_line;
mod mailbox;
mod opens_again;
