/* inside.c - see inside.h. Attempts are raw system calls: the C library's own checks are not what
 * is tested. */
#include "inside.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

static struct {
    char *folder;
    char file[256], fresh[256];
    pid_t victim;
    int tcp, unix_socket, listener, abstract, open_file;
    struct sockaddr_in tcp_address;
    struct sockaddr_un abstract_address;
    socklen_t abstract_size;
    void *page;
} on;

static int result(long r)
{
    return r < 0 ? -errno : 0;
}

/* ---- paths ---- */

static int open_for_reading(void)
{
    return result(syscall(SYS_openat, AT_FDCWD, on.file, O_RDONLY));
}

static int open_for_writing(void)
{
    return result(syscall(SYS_openat, AT_FDCWD, on.file, O_WRONLY));
}

static int create(void)
{
    return result(syscall(SYS_openat, AT_FDCWD, on.fresh, O_WRONLY | O_CREAT, 0600));
}

static int open_folder(void)
{
    return result(syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY));
}

static int open_environment(void)
{
    return result(syscall(SYS_openat, AT_FDCWD, "/proc/self/environ", O_RDONLY));
}

static int open_unnamed(void)
{
    return result(syscall(SYS_openat, AT_FDCWD, "/tmp", O_RDWR | O_TMPFILE, 0600));
}

static int open_by_another_call(void)
{
    const uint64_t how[3] = {O_RDONLY, 0, 0};

    return result(syscall(SYS_openat2, AT_FDCWD, on.file, how, sizeof(how)));
}

static int unlink_file(void)
{
    return result(syscall(SYS_unlinkat, AT_FDCWD, on.file, 0));
}

static int rename_file(void)
{
    return result(syscall(SYS_renameat2, AT_FDCWD, on.file, AT_FDCWD, on.fresh, 0));
}

static int make_directory(void)
{
    return result(syscall(SYS_mkdirat, AT_FDCWD, on.fresh, 0700));
}

static int make_symlink(void)
{
    return result(syscall(SYS_symlinkat, "/", AT_FDCWD, on.fresh));
}

static int truncate_file(void)
{
    return result(syscall(SYS_truncate, on.file, 0));
}

static int change_mode(void)
{
    return result(syscall(SYS_fchmodat, AT_FDCWD, on.file, 0777));
}

static int change_time(void)
{
    return result(syscall(SYS_utimensat, AT_FDCWD, on.file, NULL, 0));
}

static int write_to_a_file_that_is_open(void)
{
    return result(syscall(SYS_write, on.open_file, "x", 1));
}

/* ---- sockets ---- */

static int make_inet_socket(void)
{
    return result(syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
}

static int make_unix_socket(void)
{
    return result(syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
}

static int connect_tcp(void)
{
    return result(syscall(SYS_connect, on.tcp, &on.tcp_address, sizeof(on.tcp_address)));
}

static int connect_abstract(void)
{
    return result(syscall(SYS_connect, on.unix_socket, &on.abstract_address, on.abstract_size));
}

/* ---- processes ---- */

static int execute(void)
{
    char *const argv[] = {(char *)"true", NULL};
    char *const envp[] = {NULL};

    return result(syscall(SYS_execve, "/bin/true", argv, envp)); /* 0 as well when it works */
}

static int execute_at(void)
{
    char *const argv[] = {(char *)"true", NULL};
    char *const envp[] = {NULL};

    return result(syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, envp, 0));
}

static int fork_one(long pid)
{
    if (pid == 0)
        _exit(0);
    return result(pid);
}

static int clone_process(void)
{
    return fork_one(syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL));
}

#ifdef SYS_fork
static int fork_process(void)
{
    return fork_one(syscall(SYS_fork));
}
#endif

static int clone_anew(void)
{
    uint64_t args[11] = {0};

    args[4] = SIGCHLD;
    return fork_one(syscall(SYS_clone3, args, sizeof(args)));
}

static int signal_another(void)
{
    return result(syscall(SYS_kill, on.victim, SIGCONT));
}

static int signal_a_thread_of_another(void)
{
    return result(syscall(SYS_tgkill, on.victim, on.victim, SIGCONT));
}

static int take_hold_of_another(void)
{
    return result(syscall(SYS_pidfd_open, on.victim, 0));
}

static int trace_another(void)
{
    return result(syscall(SYS_ptrace, PTRACE_SEIZE, on.victim, NULL, NULL));
}

static int read_the_memory_of_another(void)
{
    char here[8];
    struct iovec local = {here, sizeof(here)}, remote = {&on, sizeof(here)};

    return result(syscall(SYS_process_vm_readv, on.victim, &local, 1, &remote, 1, 0));
}

/* ---- the kernel ---- */

static int mount_something(void)
{
    return result(syscall(SYS_mount, "none", on.folder, "tmpfs", 0, NULL));
}

static int leave_the_namespace(void)
{
    return result(syscall(SYS_unshare, CLONE_NEWNS));
}

static int enter_a_namespace(void)
{
    return result(syscall(SYS_setns, on.open_file, 0)) == -EINVAL ? 0 : -errno;
}

static int change_root(void)
{
    return result(syscall(SYS_chroot, on.folder));
}

static int set_up_io_uring(void)
{
    struct io_uring_params params = {0};

    return result(syscall(SYS_io_uring_setup, 1, &params));
}

static int load_a_program(void)
{
    union bpf_attr attr = {
        .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

    return result(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
}

static int make_a_file_in_memory(void)
{
    return result(syscall(SYS_memfd_create, "x", 0));
}

static int share_memory(void)
{
    return result(syscall(SYS_shmget, 0, 4096, 0600));
}

static int add_a_key(void)
{
    return result(syscall(SYS_keyctl, 0, -3, 1)); /* the id of the session's keyring */
}

static int catch_page_faults(void)
{
    return result(syscall(SYS_userfaultfd, 1));
}

/* ---- undoing it ---- */

static int become_dumpable(void)
{
    return result(syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int forget_the_parent(void)
{
    return result(syscall(SYS_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0));
}

static int raise_a_limit(void)
{
    const struct rlimit files = {16, 16};

    return result(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &files, NULL));
}

static int run_written_memory(void)
{
    return result(syscall(SYS_mprotect, on.page, 4096, PROT_READ | PROT_EXEC));
}

static int map_memory_to_run(void)
{
    return syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                   0) == -1
               ? -errno
               : 0;
}

static int become_root(void)
{
    return result(syscall(SYS_setresuid, 0, 0, 0));
}

const struct attempt attempts[] = {
    {"open for reading", open_for_reading, REFUSED, BY_LANDLOCK},
    {"open for writing", open_for_writing, KILLED, BY_LANDLOCK},
    {"create a file", create, KILLED, BY_LANDLOCK},
    {"open a folder", open_folder, REFUSED, BY_LANDLOCK},
    {"open /proc/self/environ", open_environment, REFUSED, BY_LANDLOCK | SANITIZERS},
    {"make a file without a name", open_unnamed, KILLED, BY_LANDLOCK},
    {"openat2", open_by_another_call, KILLED, BY_LANDLOCK},
    {"unlink", unlink_file, KILLED, BY_LANDLOCK},
    {"rename", rename_file, KILLED, BY_LANDLOCK},
    {"mkdir", make_directory, KILLED, BY_LANDLOCK},
    {"symlink", make_symlink, KILLED, BY_LANDLOCK},
    {"truncate", truncate_file, KILLED, BY_TRUNCATE},
    {"chmod", change_mode, KILLED, 0},
    {"utime", change_time, KILLED, 0},
    {"write to another descriptor", write_to_a_file_that_is_open, KILLED, SANITIZERS},
    {"socket of the internet", make_inet_socket, REFUSED, 0},
    {"socket of this machine", make_unix_socket, REFUSED, 0},
    {"connect by TCP", connect_tcp, REFUSED, BY_NETWORK},
    {"connect to an abstract name", connect_abstract, REFUSED, BY_SCOPE},
    {"execve", execute, KILLED, BY_LANDLOCK},
    {"execveat", execute_at, KILLED, BY_LANDLOCK},
    {"clone", clone_process, KILLED, SANITIZERS},
#ifdef SYS_fork
    {"fork", fork_process, KILLED, 0},
#endif
    {"clone3", clone_anew, REFUSED, 0},
    {"kill another", signal_another, KILLED, BY_SCOPE | SANITIZERS},
    {"tgkill another", signal_a_thread_of_another, KILLED, BY_SCOPE | SANITIZERS},
    {"pidfd_open", take_hold_of_another, KILLED, 0},
    {"ptrace another", trace_another, KILLED, BY_LANDLOCK | SANITIZERS},
    {"process_vm_readv", read_the_memory_of_another, KILLED, BY_LANDLOCK | SANITIZERS},
    {"mount", mount_something, KILLED, BY_LANDLOCK | ROOT_ONLY | NEVER},
    {"unshare", leave_the_namespace, KILLED, ROOT_ONLY | NEVER},
    {"setns", enter_a_namespace, KILLED, 0},
    {"chroot", change_root, KILLED, ROOT_ONLY | NEVER},
    {"io_uring_setup", set_up_io_uring, KILLED, NEVER},
    {"bpf", load_a_program, KILLED, ROOT_ONLY | NEVER},
    {"memfd_create", make_a_file_in_memory, KILLED, 0},
    {"shmget", share_memory, KILLED, 0},
    {"keyctl", add_a_key, KILLED, NEVER},
    {"userfaultfd", catch_page_faults, KILLED, NEVER},
    {"prctl PR_SET_DUMPABLE", become_dumpable, KILLED, SANITIZERS},
    {"prctl PR_SET_PDEATHSIG", forget_the_parent, KILLED, SANITIZERS},
    {"prlimit", raise_a_limit, KILLED, 0},
    {"mprotect PROT_EXEC", run_written_memory, KILLED, 0},
    {"mmap PROT_EXEC", map_memory_to_run, KILLED, 0},
    {"setresuid", become_root, KILLED, ROOT_ONLY},
};
const size_t n_attempts = ARRAY_SIZE(attempts);

/* ---- before and after ---- */

static pid_t start_victim(void)
{
    pid_t pid = fork();

    while (pid == 0)
        (void)pause();
    return pid;
}

static int listen_on(int domain, void *address, socklen_t *size)
{
    int fd = socket(domain, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (bind(fd, address, *size) < 0 || listen(fd, 128) < 0 || getsockname(fd, address, size) < 0)
        return fd_close(fd);
    return fd;
}

int inside_prepare(void **state)
{
    socklen_t size = sizeof(on.tcp_address);
    void *folder;

    if (make_folder(&folder) != 0)
        return -1;
    on.folder = folder;
    (void)chmod(on.folder, 0777);
    (void)snprintf(on.file, sizeof(on.file), "%s/file", on.folder);
    (void)snprintf(on.fresh, sizeof(on.fresh), "%s/fresh", on.folder);
    on.victim = start_victim();
    on.tcp_address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    on.listener = listen_on(AF_INET, &on.tcp_address, &size);
    on.abstract_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    (void)snprintf(on.abstract_address.sun_path + 1, 64, "penstock-test-%d", (int)getpid());
    on.abstract_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                                   strlen(on.abstract_address.sun_path + 1));
    on.abstract = listen_on(AF_UNIX, &on.abstract_address, &on.abstract_size);
    on.page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return on.listener < 0 || on.abstract < 0 ? -1 : 0;
}

int inside_clean_up(void **state)
{
    void *folder = on.folder;

    (void)kill(on.victim, SIGKILL);
    (void)waitpid(on.victim, NULL, 0);
    fd_close(on.listener);
    fd_close(on.abstract);
    (void)munmap(on.page, 4096);
    return remove_folder(&folder);
}

/* Files and sockets as they were, whatever the attempt before did. */
static void put_back(void)
{
    (void)remove(on.fresh);
    write_file(on.file, "x", 1);
    (void)chmod(on.file, 0666);
    on.open_file = open(on.file, O_RDWR | O_CLOEXEC);
    on.tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    on.unix_socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(on.open_file >= 0 && on.tcp >= 0 && on.unix_socket >= 0);
}

enum ending inside_run(int (*enter)(void), int (*make)(void))
{
    enum { DID_NOT_ENTER = 99, WAS_REFUSED = 98 };
    int status;
    pid_t pid;

    put_back();
    pid = fork();
    if (pid == 0) {
        if (enter() != 0)
            _exit(DID_NOT_ENTER);
        _exit(make() == 0 ? 0 : WAS_REFUSED);
    }
    fd_close(on.open_file);
    fd_close(on.tcp);
    fd_close(on.unix_socket);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGSYS ? KILLED : OTHER_DEATH;
    switch (WEXITSTATUS(status)) {
    case 0:
        return WORKED;
    case WAS_REFUSED:
        return REFUSED;
    case DID_NOT_ENTER:
        return NO_ENTRY;
    default:
        return OTHER_DEATH;
    }
}
