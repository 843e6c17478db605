//! The intake server as a library; `main.rs` only parses arguments and calls it.

pub mod storage;
