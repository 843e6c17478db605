//! The kernel's rule behind the console: no socket is made, connected or bound any more, whatever this program or
//! a fault in it tries. Set once the listener is there and the browser's helper has begun; a verb without pages
//! has no listener and may not accept either. The process cannot take it back, and its children inherit it.

use std::{collections::BTreeMap, env::consts::ARCH, os::fd::AsFd};

use rustix::{
    event::{EventfdFlags, eventfd},
    io::Errno,
    net::{AddressFamily, Ipv4Addr, SocketAddrV4, SocketType, accept, bind, connect, socket},
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompFilter, apply_filter, apply_filter_all_threads,
};

/// How much is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lock {
    /// All but accepting on the listener that is there.
    Pages,
    /// Accepting too.
    Verb,
}

/// Why the rule does not hold. Two sentences.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockdownError {
    /// The kernel did not take it.
    #[error(
        "The kernel did not take the rule that keeps this program off every network ({0}). Use a Linux kernel with seccomp; nothing was opened."
    )]
    NotTaken(seccompiler::Error),
    /// It was taken, and a call that must be refused is not.
    #[error(
        "This program could still open a network connection, so it stopped. Use the computer for which it was built, and tell the makers of this program."
    )]
    NotHeld,
}

/// What the kernel does with each call, tried on the spot: `true` for one that it refuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refused {
    /// Making a socket.
    pub socket: bool,
    /// Connecting one.
    pub connect: bool,
    /// Giving one an address.
    pub bind: bool,
    /// Accepting on one.
    pub accept: bool,
}

/// Sets the rule for every thread of the process, and tries whether it holds.
///
/// # Errors
/// See [`LockdownError`].
pub fn lock_down(lock: Lock) -> Result<(), LockdownError> {
    apply_filter_all_threads(&program(lock)?).map_err(LockdownError::NotTaken)?;
    held(lock)
}

/// Sets the rule for the calling thread and those it starts; for tests, whose process goes on.
///
/// # Errors
/// See [`LockdownError`].
pub fn lock_down_thread(lock: Lock) -> Result<(), LockdownError> {
    apply_filter(&program(lock)?).map_err(LockdownError::NotTaken)?;
    held(lock)
}

fn held(lock: Lock) -> Result<(), LockdownError> {
    match Refused::now().is_off_the_network(lock) {
        true => Ok(()),
        false => Err(LockdownError::NotHeld),
    }
}

impl Refused {
    /// Tries each call. What the kernel does not refuse ends at once: nothing is sent to anybody.
    #[must_use]
    pub fn now() -> Self {
        let nowhere = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
        // No socket, so a call that gets through ends with `ENOTSOCK`.
        let other = eventfd(0, EventfdFlags::CLOEXEC);
        let with = |call: &dyn Fn(std::os::fd::BorrowedFd<'_>) -> Option<Errno>| {
            let other = other.as_ref();
            other.is_ok_and(|other| call(other.as_fd()) == Some(Errno::PERM))
        };
        Self {
            socket: socket(AddressFamily::INET, SocketType::STREAM, None).err()
                == Some(Errno::PERM),
            connect: with(&|fd| connect(fd, &nowhere).err()),
            bind: with(&|fd| bind(fd, &nowhere).err()),
            accept: with(&|fd| accept(fd).err()),
        }
    }

    /// Whether all is refused that `lock` refuses.
    #[must_use]
    pub fn is_off_the_network(self, lock: Lock) -> bool {
        self.socket && self.connect && self.bind && (self.accept || lock == Lock::Pages)
    }
}

fn program(lock: Lock) -> Result<BpfProgram, LockdownError> {
    let failed = |error: seccompiler::BackendError| LockdownError::NotTaken(error.into());
    let accepting: &[i64] = match lock {
        Lock::Pages => &[],
        Lock::Verb => &ACCEPTING,
    };
    let mut rules = BTreeMap::new();
    for call in CALLS.iter().chain(accepting) {
        rules.insert(*call, Vec::new());
        if ARCH == "x86_64" {
            rules.insert(*call | X32, Vec::new());
        }
    }
    let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let architecture = ARCH.try_into().map_err(failed)?;
    SeccompFilter::new(rules, SeccompAction::Allow, refuse, architecture)
        .and_then(BpfProgram::try_from)
        .map_err(failed)
}

/// Making, connecting and binding sockets; and the ways round: a ring that makes the calls in the kernel, and
/// reaching into other processes for theirs. Calls of another architecture end the process.
const CALLS: [i64; 11] = [
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_pidfd_getfd,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
];
const ACCEPTING: [i64; 3] = [libc::SYS_accept, libc::SYS_accept4, libc::SYS_listen];
/// The second table of calls that a kernel for x86-64 may have.
const X32: i64 = 0x4000_0000;
