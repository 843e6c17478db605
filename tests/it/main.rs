//! The integration suite of the server: one binary, a module per subject.

mod postgres;
#[expect(
    clippy::indexing_slicing,
    reason = "a wrong index fails the test, as it should"
)]
mod store_contract;
