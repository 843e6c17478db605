//! The filter of system calls: seccomp. What is on the list is what axum, tokio and the store were seen to use;
//! anything else ends the process. No program can be run, no socket made, no other process reached, and no
//! memory made executable.

use std::{collections::BTreeMap, env::consts::ARCH};

use rustix::{process::getpid, thread::SecureComputingMode, thread::secure_computing_mode};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op, SeccompCondition,
    SeccompFilter, SeccompRule, apply_filter_all_threads,
};

/// Which calls are permitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Calls {
    /// All that serving from a file needs.
    Sqlite,
    /// And connecting to a socket in the file system, where PostgreSQL is.
    Postgres,
}

/// Sets the filter on every thread.
pub(super) fn restrict(calls: Calls) -> Result<(), String> {
    let failed = |error: seccompiler::Error| error.to_string();
    // `clone3` hides its flags in memory, where no filter looks. Without it the C library uses `clone`.
    let threads = program(
        BTreeMap::from([(libc::SYS_clone3, Vec::new())]),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::ENOSYS.unsigned_abs()),
    );
    let listed = rules(calls)
        .and_then(|rules| program(rules, SeccompAction::KillProcess, SeccompAction::Allow));
    apply_filter_all_threads(&threads.map_err(failed)?).map_err(failed)?;
    apply_filter_all_threads(&listed.map_err(failed)?).map_err(failed)?;
    match secure_computing_mode() {
        Ok(SecureComputingMode::Filter) => Ok(()),
        _ => Err("the kernel took the filter and does not keep it".to_owned()),
    }
}

/// How many calls are permitted.
pub(super) fn permitted(calls: Calls) -> usize {
    rules(calls).map_or(0, |rules| rules.len())
}

fn program(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    listed: SeccompAction,
) -> Result<BpfProgram, seccompiler::Error> {
    let architecture = ARCH.try_into()?;
    let filter = SeccompFilter::new(rules, otherwise, listed, architecture)?;
    Ok(filter.try_into()?)
}

fn rules(calls: Calls) -> Result<BTreeMap<i64, Vec<SeccompRule>>, seccompiler::Error> {
    let free = FREE.iter().chain(FREE_OF_OLD);
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = free.map(|call| (*call, Vec::new())).collect();
    for (call, conditions) in bounded() {
        let conditions: Result<Vec<_>, _> = conditions
            .into_iter()
            .map(|(argument, length, comparison, value)| {
                SeccompCondition::new(argument, length, comparison, value)
            })
            .collect();
        let rule = SeccompRule::new(conditions?)?;
        rules.entry(call).or_default().push(rule);
    }
    if calls == Calls::Postgres {
        let local = SeccompCondition::new(0, Len::Dword, Op::Eq, unsigned(libc::AF_UNIX))?;
        rules.insert(libc::SYS_socket, vec![SeccompRule::new(vec![local])?]);
        rules.insert(libc::SYS_connect, Vec::new());
    }
    Ok(rules)
}

type Condition = (u8, Len, Op, u64);

/// Calls that are permitted with some arguments only; several lines of one call are alternatives.
fn bounded() -> Vec<(i64, Vec<Condition>)> {
    let not_executable = || vec![(2, Len::Dword, Op::MaskedEq(unsigned(libc::PROT_EXEC)), 0)];
    let own = u64::from(getpid().as_raw_nonzero().get().unsigned_abs());
    let thread = unsigned(
        libc::CLONE_VM
            | libc::CLONE_FS
            | libc::CLONE_FILES
            | libc::CLONE_SIGHAND
            | libc::CLONE_THREAD,
    );
    let first = |value: u64| vec![(0, Len::Dword, Op::Eq, value)];
    vec![
        (libc::SYS_mmap, not_executable()),
        (libc::SYS_mprotect, not_executable()),
        // A thread, never a process.
        (
            libc::SYS_clone,
            vec![(0, Len::Qword, Op::MaskedEq(thread), thread)],
        ),
        // The name of a thread; whether the filter holds.
        (libc::SYS_prctl, first(unsigned(libc::PR_SET_NAME))),
        (libc::SYS_prctl, first(unsigned(libc::PR_GET_SECCOMP))),
        // Ending itself, and nobody else.
        (libc::SYS_tgkill, first(own)),
        // Asking for its own limits, and setting none.
        (
            libc::SYS_prlimit64,
            vec![(0, Len::Dword, Op::Eq, 0), (2, Len::Qword, Op::Eq, 0)],
        ),
    ]
}

fn unsigned(value: i32) -> u64 {
    u64::from(value.unsigned_abs())
}

/// Calls that are permitted whatever their arguments.
const FREE: &[i64] = &[
    // What is open: connections, the store, the log.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_recvfrom,
    libc::SYS_sendto,
    libc::SYS_recvmsg,
    libc::SYS_sendmsg,
    libc::SYS_accept4,
    libc::SYS_shutdown,
    libc::SYS_getsockopt,
    libc::SYS_setsockopt,
    libc::SYS_getsockname,
    libc::SYS_getpeername,
    libc::SYS_close,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_ctl,
    libc::SYS_eventfd2,
    // Files; which, landlock decides.
    libc::SYS_openat,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_statfs,
    libc::SYS_fstatfs,
    libc::SYS_lseek,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_fdatasync,
    libc::SYS_fsync,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_unlinkat,
    libc::SYS_renameat,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_fcntl,
    libc::SYS_flock,
    libc::SYS_fchmod,
    libc::SYS_fchown,
    libc::SYS_getcwd,
    // Itself.
    libc::SYS_geteuid,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_uname,
    // Memory.
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    // Time and chance.
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_clock_gettime,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    libc::SYS_restart_syscall,
    // Threads, signals, the end.
    libc::SYS_futex,
    // Let through here, since the stricter answer counts: the other filter has none but "no such call".
    libc::SYS_clone3,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// The same under the names that only the older table has.
#[cfg(target_arch = "x86_64")]
const FREE_OF_OLD: &[i64] = &[
    libc::SYS_open,
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_access,
    libc::SYS_readlink,
    libc::SYS_rename,
    libc::SYS_unlink,
    libc::SYS_poll,
    libc::SYS_epoll_wait,
];
#[cfg(not(target_arch = "x86_64"))]
const FREE_OF_OLD: &[i64] = &[libc::SYS_ppoll];
