//! The format of Asylia: bytes in, values out.
pub mod questionnaire;
