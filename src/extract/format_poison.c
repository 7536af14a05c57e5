/* format_poison.c - a document that does to its worker what a broken or hostile parser would; built
 * with -Dfailpoints=true only.
 *
 * The content begins with "%POISON ", a word, perhaps "=" and an argument, and the end of the line.
 * What follows is text; it makes documents of one kind differ. Words that try what a worker may not
 * do write how it ended, "CALL: EACCES" or "CALL: SUCCEEDED", before the text; or the worker is
 * killed for it. An unknown word is plain text. Signals go to the process itself and waiting is
 * poll(2), both of which a confined worker may do.
 */
#include "extract/extractor.h"

#include "base/fd.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_WORD 256

/* ---- ends of the process ---- */

static int crash(struct document *d, const char *argument)
{
    (void)signal(SIGSEGV, SIG_DFL);
    (void)raise(SIGSEGV);
    return 0;
}

static _Noreturn int give_up(struct document *d, const char *argument)
{
    abort();
}

static _Noreturn int leave(struct document *d, const char *argument)
{
    exit(atoi(argument));
}

static int crash_late(struct document *d, const char *argument)
{
    result_whole_text(d);
    return crash(d, argument);
}

static int crash_sometimes(struct document *d, const char *argument)
{
    uint8_t coin = 0;

    (void)!getrandom(&coin, sizeof(coin), 0);
    return coin & 1 ? crash(d, argument) : 0;
}

/* Each call has a page of its own; the condition only keeps the compiler from seeing that it never
 * ends. */
static int descend(volatile const char *above)
{
    volatile char page[4096];

    page[0] = above[0];
    return above[0] == '\1' ? 0 : descend(page) + page[0];
}

static int overflow_stack(struct document *d, const char *argument)
{
    return descend("") > 0;
}

/* ---- no end ---- */

static _Noreturn int spin(struct document *d, const char *argument)
{
    for (volatile uint64_t n = 0;; n++)
        ;
}

static _Noreturn int sleep_for_ever(struct document *d, const char *argument)
{
    for (;;)
        (void)poll(NULL, 0, -1);
}

static _Noreturn int chatter(struct document *d, const char *argument)
{
    for (;;) {
        result_text(d, ".", 1);
        (void)poll(NULL, 0, 10);
    }
}

/* So many milliseconds, as for a slow disk. */
static int wait_a_while(struct document *d, const char *argument)
{
    (void)poll(NULL, 0, atoi(argument));
    return 0;
}

/* ---- too much ---- */

struct block {
    struct block *next;
    char bytes[(1 << 20) - sizeof(struct block *)];
};

/* Touched memory, up to an end that a limit should have come before. */
static int take_memory(struct document *d, const char *argument)
{
    const size_t max_blocks = 4096;
    struct block *all = NULL, *b = NULL;
    size_t n = 0;

    while (n < max_blocks && (b = malloc(sizeof(*b)))) {
        memset(b->bytes, (int)n + 1, sizeof(b->bytes) / 16); /* the rest costs no time */
        b->next = all;
        all = b;
        n++;
        result_text(d, ".", 1); /* however slow the machine, it is not silent */
    }
    while ((b = all)) {
        all = b->next;
        free(b);
    }
    result_text(d, "memory: SUCCEEDED\n", 18);
    return n < max_blocks ? -ENOMEM : 0;
}

static int write_too_much(struct document *d, const char *argument)
{
    char line[1024];

    memset(line, 'x', sizeof(line));
    line[sizeof(line) - 1] = '\n';
    for (size_t n = 0; n < 4 * d->limits->max_text_bytes; n += sizeof(line))
        result_text(d, line, sizeof(line));
    return 0;
}

/* ---- what a worker may not do ---- */

/* `r` is what a system call gave back. */
static int tell(struct document *d, const char *call, long r)
{
    const char *end = r < 0 ? strerrorname_np(errno) : "SUCCEEDED";

    result_text(d, call, strlen(call));
    result_text(d, ": ", 2);
    result_text(d, end, strlen(end));
    result_text(d, "\n", 1);
    return 0;
}

static int try_open(struct document *d, const char *argument)
{
    CLEANUP(fd_closep) int fd = open(argument, O_RDONLY | O_CLOEXEC);

    return tell(d, "open", fd);
}

static int try_socket(struct document *d, const char *argument)
{
    CLEANUP(fd_closep) int fd = socket(AF_INET, SOCK_STREAM, 0);

    return tell(d, "socket", fd);
}

/* When it succeeds, the exit code is one that no worker gives. */
static int try_exec(struct document *d, const char *argument)
{
    static char program[] = "/bin/false";
    char *argv[] = {program, NULL}, *envp[] = {NULL};

    return tell(d, "exec", execve(program, argv, envp));
}

static int try_fork(struct document *d, const char *argument)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    if (pid > 0)
        (void)waitpid(pid, NULL, 0);
    return tell(d, "fork", pid);
}

/* No signal, only the question whether it might be sent. */
static int try_kill(struct document *d, const char *argument)
{
    return tell(d, "kill", kill(getppid(), 0));
}

/* Does not stop whom it seizes; ends with the worker. */
static int try_ptrace(struct document *d, const char *argument)
{
    return tell(d, "ptrace", ptrace(PTRACE_SEIZE, getppid(), NULL, NULL));
}

static const struct {
    const char *word;
    int (*act)(struct document *d, const char *argument);
} words[] = {
    {"segv", crash},         {"abort", give_up},         {"stack", overflow_stack},
    {"exit", leave},         {"late", crash_late},       {"flaky", crash_sometimes},
    {"spin", spin},          {"sleep", sleep_for_ever},  {"chatter", chatter},
    {"memory", take_memory}, {"output", write_too_much}, {"open", try_open},
    {"socket", try_socket},  {"exec", try_exec},         {"fork", try_fork},
    {"kill", try_kill},      {"ptrace", try_ptrace},     {"wait", wait_a_while},
};

int extract_poison(struct extractor *x, struct document *d)
{
    const char *line;
    char word[MAX_WORD], *argument;
    size_t n, rest = next_line(d->text, d->size, 0, &line, &n);
    int r = 0;

    n = MIN(n - strlen("%poison "), sizeof(word) - 1);
    memcpy(word, line + strlen("%poison "), n);
    word[n] = '\0';
    argument = strchr(word, '=');
    argument = argument ? argument : word + n;
    if (*argument)
        *argument++ = '\0';
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (strcmp(word, words[i].word) == 0)
            r = words[i].act(d, argument);
    result_text(d, d->text + rest, d->size - rest);
    return r;
}
