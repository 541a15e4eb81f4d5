//! The worker locks itself in: Landlock for files and the network, limits for memory and descriptors, and a seccomp
//! filter that knows only the system calls a scan needs. Everything else fails with `EPERM`.
//!
//! What is locked stays locked for the life of the process and of whatever it might start.

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus, Scope};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, Signal, set_dumpable_behavior, set_parent_process_death_signal,
    setrlimit,
};
use seccompiler::SeccompCmpArgLen::{Dword, Qword};
use seccompiler::SeccompCmpOp::{Eq, Le, MaskedEq};
use seccompiler::{
    SeccompAction, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
    apply_filter_all_threads,
};
use std::collections::BTreeMap;

/// Shuts files and the network, and sets the limits. Comes before any thread is started, because Landlock holds for
/// the thread that asks and for those it starts. Answers what could not be had.
pub(super) fn enter(memory: u64) -> Vec<String> {
    let steps: [(&str, Result<(), String>); 4] = [
        ("death signal", said(set_parent_process_death_signal(Some(Signal::KILL)))),
        ("no dumps", said(set_dumpable_behavior(DumpableBehavior::NotDumpable))),
        ("limits", said(limit(memory))),
        ("landlock", shut()),
    ];
    steps.into_iter().filter_map(|(what, done)| done.err().map(|why| format!("{what}: {why}"))).collect()
}

/// Shuts everything that is not on the list. Holds for all threads of the process.
///
/// # Errors
/// Why it could not be done.
pub(super) fn seal() -> Result<(), String> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(|error| error.to_string())?;
    // The C library then takes `clone`, whose flags a filter can see.
    let threads = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    apply(threads, SeccompAction::Allow, SeccompAction::Errno(errno(libc::ENOSYS)), arch)?;
    apply(allowed()?, SeccompAction::Errno(errno(libc::EPERM)), SeccompAction::Allow, arch)
}

fn said<E: std::fmt::Display>(done: Result<(), E>) -> Result<(), String> {
    done.map_err(|error| error.to_string())
}

fn limit(memory: u64) -> rustix::io::Result<()> {
    // Of the address space the YARA engine reserves gigabytes that it never touches; what can be written counts.
    let limits = [
        (Resource::Data, memory),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nofile, DESCRIPTORS),
        (Resource::Memlock, 0),
        (Resource::Msgqueue, 0),
    ];
    for (resource, most) in limits {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}

/// Standard input, output and error, and what the YARA engine opens while it is set up.
const DESCRIPTORS: u64 = 16;

fn shut() -> Result<(), String> {
    let abi = ABI::V6;
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(abi)))
        .and_then(|rules| rules.scope(Scope::from_all(abi)))
        .and_then(Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self)
        .map_err(|error| error.to_string())?;
    // An older kernel knows fewer kinds of access; the filter shuts those as well.
    if status.ruleset == RulesetStatus::NotEnforced { Err("not in this kernel".into()) } else { Ok(()) }
}

fn errno(number: i32) -> u32 {
    number.unsigned_abs()
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

fn apply(rules: Rules, other: SeccompAction, these: SeccompAction, arch: TargetArch) -> Result<(), String> {
    let filter = SeccompFilter::new(rules, other, these, arch).map_err(|error| error.to_string())?;
    let program: seccompiler::BpfProgram =
        filter.try_into().map_err(|error: seccompiler::BackendError| error.to_string())?;
    said(apply_filter_all_threads(&program))
}

/// System calls that harm nobody, whatever they are given.
#[rustfmt::skip]
const HARMLESS: &[i64] = &[
    // Memory.
    libc::SYS_munmap, libc::SYS_mremap, libc::SYS_brk, libc::SYS_madvise,
    // Threads and what they wait for.
    libc::SYS_futex, libc::SYS_sched_yield, libc::SYS_sched_getaffinity, libc::SYS_set_robust_list,
    libc::SYS_rseq, libc::SYS_gettid, libc::SYS_getpid, libc::SYS_membarrier, libc::SYS_restart_syscall,
    libc::SYS_exit, libc::SYS_exit_group, libc::SYS_getcpu,
    // Signals.
    libc::SYS_sigaltstack, libc::SYS_rt_sigaction, libc::SYS_rt_sigprocmask, libc::SYS_rt_sigreturn,
    // Clocks and chance.
    libc::SYS_clock_gettime, libc::SYS_clock_getres, libc::SYS_clock_nanosleep, libc::SYS_nanosleep,
    libc::SYS_gettimeofday, libc::SYS_getrandom,
    // What is open.
    libc::SYS_close, libc::SYS_fstat,
    // Allowed here and answered by the other filter.
    libc::SYS_clone3,
];

/// The whole list.
fn allowed() -> Result<Rules, String> {
    let mut rules: Rules = HARMLESS.iter().map(|call| (*call, Vec::new())).collect();
    let memory = libc::PROT_EXEC;
    let thread = u64::from(libc::CLONE_THREAD.unsigned_abs());
    let executable = u64::from(memory.unsigned_abs());
    // Call, argument, and what must hold for it.
    let bound: [(i64, u8, SeccompCmpOp, u64); 9] = [
        // Jobs come by standard input, and answers go by the two others, whatever else may be open.
        (libc::SYS_read, 0, Eq, 0),
        (libc::SYS_readv, 0, Eq, 0),
        (libc::SYS_write, 0, Le, 2),
        (libc::SYS_writev, 0, Le, 2),
        // No memory that can run comes in after the rules are loaded.
        (libc::SYS_mmap, 2, MaskedEq(executable), 0),
        (libc::SYS_mprotect, 2, MaskedEq(executable), 0),
        // Threads, no processes.
        (libc::SYS_clone, 0, MaskedEq(thread), thread),
        // How `abort` ends the process.
        (libc::SYS_tgkill, 0, Eq, u64::from(std::process::id())),
        (libc::SYS_prctl, 0, Eq, u64::from(libc::PR_SET_NAME.unsigned_abs())),
    ];
    for (call, argument, operator, value) in bound {
        let length = if call == libc::SYS_clone { Qword } else { Dword };
        let rule = SeccompCondition::new(argument, length, operator, value)
            .and_then(|condition| SeccompRule::new(vec![condition]))
            .map_err(|error| error.to_string())?;
        rules.insert(call, vec![rule]);
    }
    Ok(rules)
}
