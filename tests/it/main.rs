//! The integration tests: one binary, a module per subject.

mod command_line;
mod postgres;
mod protections;
mod store_contract;
