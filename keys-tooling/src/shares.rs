//! Custody: a secret of the office as shares of several holders, and back.
//!
//! Shares are SLIP-39 mnemonics, so that other tools recover them in ten years. Beside the words
//! stands a public note, the [`ShareSet`], that commits to every share and to what the secret must
//! give: whatever is typed, forged or mixed up is refused by name, and a wrong secret is never
//! returned.
//!
//! Reading order: the standard (`gf256`, `shamir`, `rs1024`, `words`, `mnemonic`,
//! `cipher`, `slip39`), then what Asylia adds: who must come together (`scheme`), the set and
//! its note (`set`, `note`), the way back (`gather`), proofs of having a share (`drill`,
//! `read_back`), and paper (`sheet`).

mod cipher;
mod drill;
mod gather;
mod gf256;
#[cfg(test)]
mod interop;
mod mnemonic;
mod note;
mod read_back;
mod rs1024;
mod scheme;
mod set;
mod shamir;
mod sheet;
mod slip39;
#[cfg(test)]
pub(crate) mod testing;
mod typed;
mod words;

pub use drill::{Challenge, DRILL_ANSWER_LIMIT_BYTES, Drill, DrillAnswer, DrillRefusal};
pub use gather::{CombineError, Gathering, ShareRefusal, TooFew};
pub use note::{BadNote, SET_NOTE_LIMIT_BYTES};
pub use read_back::{ReadBack, ReadBackError, WORDS_ASKED};
pub use scheme::{BadScheme, Group, HOLDERS_LIMIT, Place, SHARES_LIMIT, Scheme};
pub use set::{BadHex, NewSet, SHARE_WORDS, Share, ShareSet, ShareSetId, SplitError, split};
pub use sheet::{rehearsal_sheet_html, sheet_html};
pub use typed::{TypedError, ask_share, gather_typed};
pub use words::{NotAWord, ShareWords};
