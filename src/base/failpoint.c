/* failpoint.c - failing on purpose; see failpoint.h. Built with -Dfailpoints=true only.
 *
 * The variables are read before main(): so a worker has its counts mapped long before its sandbox,
 * and no program has to think of it. A hit is one atomic increment in memory that all processes
 * share, so "the third" is the third of the whole service. A process that is to be killed has
 * counted that first. Nothing here needs a system call that a confined worker may not make: signals
 * go to itself (raise(3)), and waiting is poll(2).
 */
#include "base/failpoint.h"

#include "base/fd.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_RULES  64
#define FILE_BYTES (FAILPOINT_COUNT * sizeof(struct failpoint_row))

_Static_assert(sizeof(struct failpoint_row) == 48, "the file's rows have 48 bytes");

static const struct point {
    const char *name;
    bool takes_error;
} points[] = {
#define FAILPOINT(id, name, takes_error, what) [FAILPOINT_##id] = {name, takes_error},
#include "base/failpoints.def"
#undef FAILPOINT
};

struct rule {
    enum failpoint point;
    const struct action *action;
    uint64_t delay_msec;
    uint64_t first, every; /* every 0: only once. first 0: by chance */
    double chance;
};

/* What is set in this process. */
static struct {
    struct failpoint_row *rows; /* NULL: nothing is */
    struct rule rules[MAX_RULES];
    size_t n_rules;
    uint64_t seed;
} set;

/* ---- actions ---- */

static int fail(const struct rule *r);
static int send_signal(const struct rule *r);
static int wait_for(const struct rule *r);

static const struct action {
    const char *name;
    int (*act)(const struct rule *r);
    int number; /* the signal, or the error */
    bool is_error;
} actions[] = {
    {"kill", send_signal, SIGKILL, false},
    {"stop", send_signal, SIGSTOP, false},
    {"crash", send_signal, SIGSEGV, false},
    {"delay", wait_for, 0, false},
    {"eio", fail, EIO, true},
    {"enospc", fail, ENOSPC, true},
    {"enomem", fail, ENOMEM, true},
};

static int fail(const struct rule *r)
{
    return -r->action->number;
}

static int send_signal(const struct rule *r)
{
    if (r->action->number == SIGSEGV)
        (void)signal(SIGSEGV, SIG_DFL); /* a sanitizer's handler would make another end of it */
    (void)raise(r->action->number);
    return 0;
}

static int wait_for(const struct rule *r)
{
    (void)poll(NULL, 0, (int)r->delay_msec);
    return 0;
}

/* ---- hits ---- */

/* Evenly spread over [0, 1): the finalizer of splitmix64 over seed, point and hit. */
static double chance_of(enum failpoint point, uint64_t hit)
{
    uint64_t x = set.seed + (hit * FAILPOINT_COUNT + point) * 0x9e3779b97f4a7c15u;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    return (double)(x >> 11) / (double)(1ull << 53);
}

static bool is_due(const struct rule *r, uint64_t hit)
{
    if (r->first == 0)
        return chance_of(r->point, hit) < r->chance;
    if (r->every == 0 || hit < r->first)
        return hit == r->first;
    return (hit - r->first) % r->every == 0;
}

int failpoint_hit(enum failpoint point)
{
    uint64_t hit;

    if (!set.rows)
        return 0;
    hit = atomic_fetch_add(&set.rows[point].hits, 1) + 1;
    for (size_t i = 0; i < set.n_rules; i++) {
        const struct rule *r = &set.rules[i];

        if (r->point != point || !is_due(r, hit))
            continue;
        (void)atomic_fetch_add(&set.rows[point].fired, 1);
        return r->action->act(r);
    }
    return 0;
}

/* ---- FAIL ---- */

static bool equals(const char *text, size_t n, const char *name)
{
    return strlen(name) == n && memcmp(text, name, n) == 0;
}

/* A number from `min` on; *at moves behind it. */
static bool parse_number(const char **at, uint64_t min, uint64_t max, uint64_t *ret)
{
    char *end;

    if (**at < '0' || **at > '9')
        return false;
    errno = 0;
    *ret = strtoull(*at, &end, 10);
    *at = end;
    return errno == 0 && *ret >= min && *ret <= max;
}

static bool parse_point(const char *text, size_t n, struct rule *r)
{
    for (size_t i = 0; i < FAILPOINT_COUNT; i++) {
        r->point = (enum failpoint)i;
        if (equals(text, n, points[i].name))
            return true;
    }
    return false;
}

static bool parse_action(const char *text, size_t n, struct rule *r)
{
    const char *value = memchr(text, '=', n);
    size_t name_n = value ? (size_t)(value - text) : n;

    for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
        r->action = &actions[i];
        if (!equals(text, name_n, actions[i].name))
            continue;
        if (actions[i].act != wait_for)
            return !value;
        return value++ && parse_number(&value, 0, INT_MAX, &r->delay_msec) && value == text + n;
    }
    return false;
}

static bool parse_chance(const char *text, size_t n, struct rule *r)
{
    char *end;

    r->chance = strtod(text, &end) / 100;
    return text[0] >= '0' && text[0] <= '9' && end == text + n - 1 && r->chance > 0 &&
           r->chance <= 1;
}

static bool parse_when(const char *text, size_t n, struct rule *r)
{
    const char *at = text;

    if (n > 0 && text[n - 1] == '%')
        return parse_chance(text, n, r);
    if (!parse_number(&at, 1, UINT64_MAX, &r->first))
        return false;
    if (*at == '/') {
        at++;
        if (!parse_number(&at, 1, UINT64_MAX, &r->every))
            return false;
    }
    return at == text + n;
}

static int parse_rule(const char *text, size_t n, struct rule *r, struct reason *why)
{
    const char *colon = memchr(text, ':', n), *at = memchr(text, '@', n);
    const char *wrong = NULL;

    if (!colon || !at || at < colon)
        wrong = "it is not name:action@when";
    else if (!parse_point(text, (size_t)(colon - text), r))
        wrong = "there is no such point";
    else if (!parse_action(colon + 1, (size_t)(at - colon - 1), r))
        wrong = "the action is not kill, stop, crash, eio, enospc, enomem or delay=MS";
    else if (!parse_when(at + 1, (size_t)(text + n - at - 1), r))
        wrong = "the time is not N, N/M or P%";
    else if (r->action->is_error && !points[r->point].takes_error)
        wrong = "no system call can fail at this point";
    if (wrong)
        reason_set(why, "FAIL: \"%.*s\": %s", (int)n, text, wrong);
    return wrong ? 1 : 0;
}

static int parse(const char *fail_text, struct reason *why)
{
    int r = 0;

    while (r == 0 && fail_text && *fail_text) {
        size_t n = strcspn(fail_text, ",");
        struct rule *rule = &set.rules[set.n_rules];

        if (set.n_rules == MAX_RULES) {
            reason_set(why, "FAIL: more than %d points", MAX_RULES);
            return 1;
        }
        *rule = (struct rule){0};
        r = parse_rule(fail_text, n, rule, why);
        set.n_rules += r == 0;
        fail_text += n + (fail_text[n] == ',');
    }
    return r;
}

static int parse_seed(const char *seed, struct reason *why)
{
    set.seed = 0;
    if (!seed || !*seed || (parse_number(&seed, 0, UINT64_MAX, &set.seed) && !*seed))
        return 0;
    reason_set(why, "FAIL_SEED: \"%s\" is not a number", seed);
    return 1;
}

/* ---- FAIL_COUNTS ---- */

/* Without O_CREAT first: in a sticky folder that would be refused for somebody else's file
 * (fs.protected_regular, proc(5)), and workers may be somebody else. */
static int open_file(const char *path)
{
    int fd;

    do {
        fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT) {
            fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
            if (fd >= 0)
                (void)fchmod(fd, 0666);
        }
    } while (fd < 0 && errno == EEXIST);
    return fd < 0 ? -errno : fd;
}

/* Makes it as long as it must be, when it is new. 1: it is something else. */
static int size_file(int fd)
{
    struct stat st;

    if (flock(fd, LOCK_EX) < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (st.st_size == 0)
        return ftruncate(fd, (off_t)FILE_BYTES) < 0 ? -errno : 0;
    return st.st_size == (off_t)FILE_BYTES ? 0 : 1;
}

static bool name_rows(struct failpoint_row *rows)
{
    for (size_t i = 0; i < FAILPOINT_COUNT; i++) {
        if (rows[i].name[0] == '\0')
            (void)snprintf(rows[i].name, sizeof(rows[i].name), "%s", points[i].name);
        if (strncmp(rows[i].name, points[i].name, sizeof(rows[i].name)) != 0)
            return false;
    }
    return true;
}

static int map_file(const char *path, struct reason *why)
{
    CLEANUP(fd_closep) int fd = open_file(path);
    void *rows;
    int r = fd < 0 ? fd : size_file(fd);

    if (r == 0) {
        rows = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        r = rows == MAP_FAILED ? -errno : 0;
    }
    if (r < 0)
        reason_set(why, "FAIL_COUNTS: %s cannot be used: %s", path, strerror(-r));
    if (r == 0 && name_rows(rows)) {
        (void)flock(fd, LOCK_UN); /* or the mapping would keep it */
        set.rows = rows;
        return 0;
    }
    if (r == 0)
        (void)munmap(rows, FILE_BYTES);
    if (r >= 0)
        reason_set(why, "FAIL_COUNTS: %s holds something else", path);
    return r < 0 ? r : 1;
}

static void clear(void)
{
    if (set.rows)
        (void)munmap(set.rows, FILE_BYTES);
    set.rows = NULL;
    set.n_rules = 0;
}

int failpoint_setup(const char *fail_text, const char *counts, const char *seed, struct reason *why)
{
    int r;

    clear();
    r = parse(fail_text, why);
    if (r == 0)
        r = parse_seed(seed, why);
    if (r == 0 && set.n_rules > 0 && (!counts || !*counts)) {
        reason_set(why, "FAIL needs FAIL_COUNTS, the file that counts over all processes");
        r = 1;
    }
    if (r == 0 && counts && *counts)
        r = map_file(counts, why);
    return r;
}

__attribute__((constructor)) static void setup_from_environment(void)
{
    struct reason why = {0};

    if (failpoint_setup(getenv("FAIL"), getenv("FAIL_COUNTS"), getenv("FAIL_SEED"), &why) == 0)
        return;
    (void)fprintf(stderr, "penstock: %s\n", why.text);
    _exit(EXIT_USAGE);
}
