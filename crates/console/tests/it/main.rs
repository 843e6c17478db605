//! The console from the stick to the page: one binary, a module per subject.

mod after_lock;
mod batch;
mod casework;
mod command_line;
mod hand_over;
mod hand_over_program;
mod import;
mod killed;
mod letters;
mod lockdown;
mod migration;
mod office;
mod packets;
mod pages;
mod people;
mod periods;
mod records;
mod vault;
mod withdrawals;
mod year;
