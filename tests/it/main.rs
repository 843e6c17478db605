//! The integration suite of the server: one binary, a module per subject.

mod postgres;
mod store_contract;
