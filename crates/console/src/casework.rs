//! Casework: what came in becomes a case, permissions become what may be done, a decision becomes a packet.
//!
//! Reading order: [`values`] and [`framework`] (the words of the framework, as types and as data), [`event`] (what
//! is written down), [`case`] (what the events make of a case), [`triage`], [`calendar`] and [`deadline`] (what is
//! due when), [`rules`] and [`acts`] (what may be written, and writing it). Nothing here decides or sends: it records what people of the office decided. Until somebody assessed
//! it, everything is an allegation.

pub mod acts;
pub mod calendar;
pub mod case;
pub mod cases;
pub mod consent;
pub mod deadline;
pub mod edtf;
pub mod event;
pub mod figures;
mod follow_ups;
pub mod framework;
pub mod gate;
pub mod knowledge;
pub mod number;
pub mod office_data;
pub mod packet;
pub mod reference;
pub mod rules;
#[cfg(test)]
mod shared_cases;
pub mod shown;
#[cfg(test)]
pub(crate) mod testing;
pub mod triage;
pub mod values;
mod zone;
