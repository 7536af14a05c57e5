/* sandbox_seccomp.c - the filter of system calls: what is not listed here ends the process
 * (SIGSYS), which the intake counts against the document.
 *
 * A worker that runs has little to ask of the kernel: bytes from its document, frames on its two
 * sockets, memory, the time. So the list is what those need, argument by argument where a call can
 * do more. What libraries only try, and can do without, fails with an error instead: a document
 * must not be blamed for a library's curiosity. Calls for another architecture end the process as
 * well (libseccomp checks it).
 *
 * Opening for reading passes only when there is something that may be read (sandbox_readable), and
 * Landlock there to keep it at that.
 */
#include "worker/worker.h"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

/* O_TMPFILE without O_DIRECTORY, which is in it */
#define WRITING (O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))

/* A call that is let through, or answered with an error; `n` conditions on its arguments. */
struct rule {
    int call;
    int error; /* 0: let through */
    unsigned n;
    struct scmp_arg_cmp when[2];
};

#define PASS(name)            \
    {                         \
        SCMP_SYS(name), 0, 0, \
        {                     \
            {                 \
                0             \
            }                 \
        }                     \
    }
#define PASS_IF(name, ...)    \
    {                         \
        SCMP_SYS(name), 0, 1, \
        {                     \
            __VA_ARGS__       \
        }                     \
    }
#define ANSWER(name, e)       \
    {                         \
        SCMP_SYS(name), e, 0, \
        {                     \
            {                 \
                0             \
            }                 \
        }                     \
    }
#define MASKED(arg, mask, is) SCMP_CMP64(arg, SCMP_CMP_MASKED_EQ, mask, is)
#define EQUAL(arg, value)     SCMP_CMP64(arg, SCMP_CMP_EQ, value)
#define ABOVE(arg, value)     SCMP_CMP64(arg, SCMP_CMP_GT, value)

static const struct rule rules[] = {
    /* the document, the sockets, the log */
    PASS_IF(read, ABOVE(0, STDERR_FILENO)), /* not a terminal, and no moving about in the log */
    PASS_IF(pread64, ABOVE(0, STDERR_FILENO)),
    PASS_IF(lseek, ABOVE(0, STDERR_FILENO)),
    PASS(fstat),
    PASS_IF(newfstatat, MASKED(3, AT_EMPTY_PATH, AT_EMPTY_PATH)), /* is fstat(3) here */
    PASS(close),
    PASS(recvmsg),
    PASS(sendmsg),
    PASS(poll),
    PASS(ppoll),
    PASS_IF(write, EQUAL(0, STDERR_FILENO)),
    PASS_IF(writev, EQUAL(0, STDERR_FILENO)),
    PASS_IF(pwritev2, EQUAL(0, STDERR_FILENO)),
    /* memory, but none that can be run */
    PASS(brk),
    PASS(munmap),
    PASS_IF(madvise, EQUAL(2, MADV_DONTNEED)),
    PASS_IF(madvise, EQUAL(2, MADV_FREE)),
    PASS_IF(madvise, EQUAL(2, MADV_HUGEPAGE)),
    PASS_IF(mmap, MASKED(2, PROT_EXEC, 0)),
    PASS_IF(mprotect, MASKED(2, PROT_EXEC, 0)),
    PASS(sysinfo), /* qsort(3) asks how much there is */
    /* the time, chance, itself */
    PASS(clock_gettime),
    PASS(gettimeofday),
    PASS(time),
    PASS(getrandom),
    PASS(getpid),
    PASS(gettid),
    PASS(getppid),
    PASS(getuid),
    PASS(geteuid),
    PASS(getgid),
    PASS(getegid),
    PASS_IF(setitimer, EQUAL(0, ITIMER_PROF)),
    PASS(getitimer),
    PASS_IF(prlimit64, EQUAL(2, 0)), /* reading */
    PASS(futex),
    PASS(sched_yield),
    PASS(restart_syscall),
    PASS(rt_sigprocmask), /* abort(3), raise(3) */
    PASS(rt_sigaction),
    PASS(rt_sigreturn),
    PASS(exit),
    PASS(exit_group),
    /* what is only tried */
    ANSWER(socket, EACCES),
    ANSWER(connect, EACCES),
    ANSWER(access, EACCES),
    ANSWER(faccessat, EACCES),
    ANSWER(faccessat2, EACCES),
    ANSWER(readlink, EACCES),
    ANSWER(readlinkat, EACCES),
    ANSWER(stat, EACCES),
    ANSWER(lstat, EACCES),
    ANSWER(statx, EACCES),
    ANSWER(getcwd, EACCES),
    ANSWER(ioctl, ENOTTY),
    ANSWER(mremap, ENOMEM), /* realloc(3) copies then; the page on which a worker counts is part of
                               a file, and would grow into those of the others */
    ANSWER(uname, EPERM),
    ANSWER(sched_getaffinity, EPERM),
    ANSWER(mlock, EPERM),
    ANSWER(rseq, ENOSYS),
    ANSWER(clone3, ENOSYS),
};

#if SANITIZED
/* What the sanitizers' runtime does to print a report, and to look for leaks at the end. */
static const struct rule sanitizer_rules[] = {
    PASS(write),
    PASS(writev),
    PASS(read),
    PASS(lseek),
    PASS(madvise),
    PASS(mremap),
    PASS(clone),
    PASS(ptrace),
    PASS(wait4),
    PASS(kill),
    PASS(tgkill),
    PASS(prctl),
    PASS(arch_prctl),
    PASS(rt_sigaction),
    PASS(sigaltstack),
    PASS(set_robust_list),
    PASS(getdents64),
    PASS(getdents),
    PASS(readlink),
    PASS(readlinkat),
    PASS(stat),
    PASS(lstat),
    PASS(newfstatat),
    PASS(access),
    PASS(fcntl),
    PASS(dup),
    PASS(pipe2),
    PASS(ioctl),
    PASS(process_vm_readv),
    PASS(uname),
    PASS(sched_getaffinity),
    PASS(getrusage),
    PASS(clock_nanosleep),
    PASS(set_tid_address),
};
#endif

static int add_rules(scmp_filter_ctx filter, const struct rule *list, size_t n)
{
    int r = 0;

    for (size_t i = 0; i < n && r == 0; i++) {
        const struct rule *rule = &list[i];

        r = seccomp_rule_add_array(
            filter, rule->error ? SCMP_ACT_ERRNO((uint32_t)rule->error) : SCMP_ACT_ALLOW,
            rule->call, rule->n, rule->when);
        if (r == -EEXIST) /* the same is said already */
            r = 0;
    }
    return r;
}

/* A failpoint ends its own process by a signal. */
#ifdef PENSTOCK_FAILPOINTS
#define SIGNALS_ARE_FREE true
#else
#define SIGNALS_ARE_FREE false
#endif

/* Rules that depend on what this process is. */
static int add_own_rules(scmp_filter_ctx filter, bool may_read)
{
    const struct rule own[] = {
        /* abort(3); no other signal, for the intake judges by them */
        {SCMP_SYS(tgkill),
         0,
         SIGNALS_ARE_FREE ? 1 : 2,
         {EQUAL(0, (uint64_t)getpid()), EQUAL(2, SIGABRT)}},
        {SCMP_SYS(openat), may_read ? 0 : EACCES, 1, {MASKED(2, WRITING, O_RDONLY)}},
        {SCMP_SYS(open), may_read ? 0 : EACCES, 1, {MASKED(1, WRITING, O_RDONLY)}},
    };

    return add_rules(filter, own, ARRAY_SIZE(own));
}

static int fill(scmp_filter_ctx filter, bool may_read)
{
    int r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

#if SANITIZED
    if (r == 0)
        r = add_rules(filter, sanitizer_rules, ARRAY_SIZE(sanitizer_rules));
#endif
    if (r == 0)
        r = add_own_rules(filter, may_read);
    if (r == 0)
        r = add_rules(filter, rules, ARRAY_SIZE(rules));
    return r;
}

int sandbox_enter_seccomp(bool has_landlock)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int r;

    if (!filter)
        return -ENOMEM;
    r = fill(filter, sandbox_n_readable > 0 && (has_landlock || SANITIZED));
    if (r == 0)
        r = seccomp_load(filter);
    seccomp_release(filter);
    return r;
}
