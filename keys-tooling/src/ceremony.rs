//! Ceremonies: the four periods of a year, or a vault's recovery key, made, split, handed out, read back,
//! signed, in one meeting.
//!
//! Everything that has happened is a line of a hash-chained transcript of public facts, and the next
//! step follows from these lines alone: a ceremony that was killed goes on where it stood. Between
//! steps a seed lies in a key file under a passphrase and nowhere else; words of shares lie on pages
//! in a folder in memory until they are handed out.
//!
//! Reading order: `plan` (what shall be made), `fact` and `transcript` (what has happened),
//! `standing` (what comes next), `year` (the steps), `sheets` and `signing` (two of them), `witness`.

mod desk;
mod fact;
mod plan;
mod recovery;
mod room;
mod screen;
mod sheets;
mod signing;
mod standing;
#[cfg(test)]
mod tests;
mod transcript;
mod witness;
mod year;

pub use desk::{Keyboard, Script, desk};
pub use plan::{BadPlan, Recovery, YearPlan};
pub use recovery::RECOVERY;
pub use room::{CeremonyError, Room};
pub use transcript::{BadTranscript, TRANSCRIPT_LIMIT_BYTES, Transcript};
pub use witness::{Witness, WitnessSigningKey, open_witness, seal_witness, witness_statement};
pub use year::{Place, Year};
