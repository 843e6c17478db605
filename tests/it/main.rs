//! The integration tests: one binary, a module per subject.

mod command_line;
mod protections;
