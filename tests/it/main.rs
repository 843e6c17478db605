//! The integration tests: one binary, a module per subject.

mod acknowledge;
mod backup;
mod clear_web;
mod command_line;
mod dependency_rules;
mod doors;
#[expect(
    clippy::indexing_slicing,
    reason = "a wrong index fails the test, as it should"
)]
mod durability;
mod interop;
#[expect(
    clippy::indexing_slicing,
    reason = "a wrong index fails the test, as it should"
)]
mod journey;
mod log;
mod mailbox;
mod memory;
#[expect(
    clippy::indexing_slicing,
    reason = "a wrong index fails the test, as it should"
)]
mod no_plaintext;
mod one_server;
mod packaging;
mod postgres;
mod process;
mod programs;
mod protections;
mod proxy;
mod sandbox;
mod sealed_files;
mod server;
mod setup;
mod site_manifest;
mod stage;
#[expect(
    clippy::indexing_slicing,
    reason = "a wrong index fails the test, as it should"
)]
mod store_contract;
mod stored_length;
mod uploads;
