/* stats.c - the shared page; see stats.h for what is in it.
 *
 * The file is one struct stats rounded up to pages, then a page for each worker slot, so that a
 * worker can be given its own and nothing else. Its blocks are allocated when it is made: a hole
 * that no disk space is left for would kill whoever counts (SIGBUS, mmap(2)). It appears under its
 * name complete and is replaced, never truncated, so a reader that still holds an older one reads
 * on safely.
 *
 * Counting never fails and never waits. Nothing here is synchronised beyond single words.
 */
#include "base/stats.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/utf8.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATS_MAGIC 0x317374617473706eULL

const char *const stats_counter_names[STATS_N_COUNTERS] = {
#define X(id, name) name,
    STATS_COUNTERS(X)
#undef X
};

const char *const stats_gauge_names[STATS_N_GAUGES] = {
#define X(id, name) name,
    STATS_GAUGES(X)
#undef X
};

const char *const stats_histogram_names[STATS_N_HISTOGRAMS] = {
#define X(id, name) name,
    STATS_HISTOGRAMS(X)
#undef X
};

const char *const worker_stage_names[STAGE_N] = {[STAGE_IDLE] = "idle",
                                                 [STAGE_READ] = "read",
                                                 [STAGE_EXTRACT] = "extract",
                                                 [STAGE_ASK] = "ask",
                                                 [STAGE_SEND] = "send"};

/* Bytes between two worker pages: what mmap(2) can map apart, which is more than 4096 on some
 * machines. */
static size_t page_bytes(void)
{
    long page = sysconf(_SC_PAGESIZE);

    return page > STATS_PAGE_BYTES ? (size_t)page : STATS_PAGE_BYTES;
}

static size_t header_bytes(void)
{
    size_t page = page_bytes();

    return (sizeof(struct stats) + page - 1) / page * page;
}

static size_t file_bytes(void)
{
    return header_bytes() + STATS_MAX_WORKERS * page_bytes();
}

/* Maps the whole file; `ret` takes over the descriptor when that is done. */
static int map_all(int fd, int protection, struct stats_map *ret)
{
    char *at = mmap(NULL, file_bytes(), protection, MAP_SHARED, fd, 0);

    if (at == MAP_FAILED)
        return -errno;
    *ret = (struct stats_map){
        .stats = (struct stats *)at,
        .workers = (struct worker_page *)(at + header_bytes()),
        .mapped_bytes = file_bytes(),
        .fd = fd,
    };
    return 0;
}

/* Whether the file was made by this build: 0, else 1. Reads, since a page that is too short must
 * not be mapped. */
static int check_layout(int fd)
{
    struct stats head;
    struct stat st;
    ssize_t n;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (st.st_size != (off_t)file_bytes())
        return 1;
    n = pread(fd, &head, offsetof(struct stats, layout_bytes) + sizeof(head.layout_bytes), 0);
    if (n < 0)
        return -errno;
    return head.magic != STATS_MAGIC || head.layout_bytes != sizeof(struct stats);
}

/* A file of the right size, all zero, with its blocks allocated. */
static int make_file(const char *path, int *ret_fd)
{
    CLEANUP(fd_closep) int fd = -1;
    int r;

    (void)unlink(path); /* left by a process that died at it */
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    r = posix_fallocate(fd, 0, (off_t)file_bytes());
    if (r != 0) {
        (void)unlink(path);
        return -r;
    }
    *ret_fd = TAKE_FD(fd);
    return 0;
}

static void fill_header(struct stats *s)
{
    s->magic = STATS_MAGIC;
    s->layout_bytes = sizeof(*s);
    s->supervisor_pid = getpid();
    s->started_wall_usec = clock_wall_usec();
}

int stats_create(const char *path, struct stats_map *ret)
{
    CLEANUP(fd_closep) int fd = -1;
    char fresh[PATH_MAX];
    struct stats_map map;
    int r;

    if ((size_t)snprintf(fresh, sizeof(fresh), "%s.%d", path, (int)getpid()) >= sizeof(fresh))
        return -ENAMETOOLONG;
    r = make_file(fresh, &fd);
    if (r < 0)
        return r;
    r = map_all(fd, PROT_READ | PROT_WRITE, &map);
    if (r < 0) {
        (void)unlink(fresh);
        return r;
    }
    TAKE_FD(fd);
    fill_header(map.stats);
    if (rename(fresh, path) < 0) {
        r = -errno;
        (void)unlink(fresh);
        stats_close(&map);
        return r;
    }
    *ret = map;
    return 0;
}

int stats_open(const char *path, struct stats_map *ret)
{
    CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int r;

    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? 1 : -errno;
    r = check_layout(fd);
    if (r == 0)
        r = map_all(fd, PROT_READ, ret);
    if (r == 0)
        TAKE_FD(fd);
    return r;
}

/* The page of one slot, and nothing that would lead to the others. */
static int map_slot(int fd, int slot, struct stats_map *ret)
{
    off_t offset = (off_t)(header_bytes() + (size_t)slot * page_bytes());
    void *at = mmap(NULL, page_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);

    if (at == MAP_FAILED)
        return -errno;
    *ret = (struct stats_map){.workers = at, .mapped_bytes = page_bytes(), .fd = -1};
    (void)fd_close(fd);
    return 0;
}

int stats_inherit(int fd, int slot, struct stats_map *ret)
{
    int r = check_layout(fd);

    if (r != 0)
        return r < 0 ? r : -EINVAL;
    if (slot >= STATS_MAX_WORKERS)
        return -EINVAL;
    return slot >= 0 ? map_slot(fd, slot, ret) : map_all(fd, PROT_READ | PROT_WRITE, ret);
}

void stats_close(struct stats_map *m)
{
    void *at = m->stats ? (void *)m->stats : (void *)m->workers;

    if (at)
        (void)munmap(at, m->mapped_bytes);
    (void)fd_close(m->fd);
    *m = (struct stats_map){.fd = -1};
}

struct worker_page *stats_worker(const struct stats_map *m, unsigned slot)
{
    if (!m->stats)
        return m->workers;
    return (struct worker_page *)((char *)m->workers + slot * page_bytes());
}

void stats_add(struct stats_map *m, enum stats_counter c, uint64_t n)
{
    if (m->stats)
        (void)atomic_fetch_add_explicit(&m->stats->counters[c], n, memory_order_relaxed);
}

uint64_t stats_count(const struct stats_map *m, enum stats_counter c)
{
    return m->stats ? atomic_load_explicit(&m->stats->counters[c], memory_order_relaxed) : 0;
}

void stats_set(struct stats_map *m, enum stats_gauge g, uint64_t value)
{
    if (m->stats)
        atomic_store_explicit(&m->stats->gauges[g], value, memory_order_relaxed);
}

uint64_t stats_gauge(const struct stats_map *m, enum stats_gauge g)
{
    return m->stats ? atomic_load_explicit(&m->stats->gauges[g], memory_order_relaxed) : 0;
}

static void store_byte(char *to, char c)
{
    __atomic_store_n(to, c, __ATOMIC_RELEASE);
}

/* The first byte goes last: a reader in between sees no sentence rather than half of two. */
void stats_set_text(struct stats_map *m, enum stats_text t, const char *text)
{
    size_t n = strlen(text);
    char *to;

    if (!m->stats)
        return;
    to = m->stats->texts[t];
    n = utf8_cut(text, n, STATS_TEXT_SIZE - 1);
    if (strlen(to) == n && memcmp(to, text, n) == 0)
        return;
    store_byte(to, '\0');
    for (size_t i = 1; i < n; i++)
        store_byte(to + i, text[i]);
    store_byte(to + n, '\0');
    if (n > 0)
        store_byte(to, text[0]);
}

void stats_text(const struct stats_map *m, enum stats_text t, char ret[STATS_TEXT_SIZE])
{
    memset(ret, 0, STATS_TEXT_SIZE);
    for (size_t i = 0; m->stats && i < STATS_TEXT_SIZE - 1; i++) {
        ret[i] = __atomic_load_n(&m->stats->texts[t][i], __ATOMIC_ACQUIRE);
        if (!ret[i])
            return;
    }
}

/* Below 8 each value has its own bucket; from there 8 buckets halve, quarter and eighth each power
 * of two. */
static unsigned bucket_of(uint64_t usec)
{
    unsigned exponent, index;

    if (usec < 8)
        return (unsigned)usec;
    exponent = 63 - (unsigned)__builtin_clzll(usec);
    index = (exponent - 2) * 8 + (unsigned)(usec >> (exponent - 3) & 7);
    return MIN(index, HISTOGRAM_BUCKETS - 1);
}

/* The largest value that falls into the bucket. */
static uint64_t bucket_limit(unsigned bucket)
{
    unsigned shift;

    if (bucket < 8)
        return bucket;
    shift = bucket / 8 - 1;
    return ((uint64_t)(8 + bucket % 8 + 1) << shift) - 1;
}

void stats_time(struct stats_map *m, enum stats_histogram h, uint64_t usec)
{
    struct histogram *to;
    uint64_t max;

    if (!m->stats)
        return;
    to = &m->stats->histograms[h];
    (void)atomic_fetch_add_explicit(&to->buckets[bucket_of(usec)], 1, memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&to->sum_usec, usec, memory_order_relaxed);
    max = atomic_load_explicit(&to->max_usec, memory_order_relaxed);
    while (usec > max && !atomic_compare_exchange_weak_explicit(
                             &to->max_usec, &max, usec, memory_order_relaxed, memory_order_relaxed))
        ;
}

/* The value that `percent` of all are not above: the limit of its bucket, which is at most an
 * eighth too high. */
static uint64_t quantile(const uint64_t counts[HISTOGRAM_BUCKETS], const struct histogram_view *v,
                         unsigned percent)
{
    uint64_t rank = (v->count * percent + 99) / 100, seen = 0;

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
        seen += counts[i];
        if (seen >= rank)
            return MIN(bucket_limit(i), v->max_usec);
    }
    return v->max_usec;
}

struct histogram_view stats_histogram_view(const struct histogram *h)
{
    struct histogram_view v = {0};
    uint64_t counts[HISTOGRAM_BUCKETS];

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        counts[i] = atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
        v.count += counts[i];
    }
    if (v.count == 0)
        return v;
    v.mean_usec =
        (double)atomic_load_explicit(&h->sum_usec, memory_order_relaxed) / (double)v.count;
    v.max_usec = atomic_load_explicit(&h->max_usec, memory_order_relaxed);
    v.p50_usec = quantile(counts, &v, 50);
    v.p95_usec = quantile(counts, &v, 95);
    v.p99_usec = quantile(counts, &v, 99);
    return v;
}
