//! The program `asylia-console`: see [`asylia_console::cli`].

use std::process::ExitCode;

use asylia_console::cli;
use rand_core::OsRng;
use zeroizing_alloc::ZeroAlloc;

/// Freed memory holds no plaintext and no key.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    cli::main(std::env::args_os(), &mut OsRng)
}
