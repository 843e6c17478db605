//! The integration tests: one binary, a module per subject.

mod command_line;
mod dependency_rules;
#[expect(
    clippy::indexing_slicing,
    reason = "a wrong index fails the test, as it should"
)]
mod no_plaintext;
mod postgres;
mod protections;
mod server;
#[expect(
    clippy::indexing_slicing,
    reason = "a wrong index fails the test, as it should"
)]
mod store_contract;
