/* book.c - the files that the intake knows, found by path, nonce and token, each in the list of its
 * state. */
#include "intake/intake.h"

#include "base/fd.h"
#include "inbox/name.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Well below the 1,024 descriptors that a process has at least. */
#define MAX_OPEN 512

const char *const item_state_names[ITEM_N_STATES] = {
    [ITEM_SETTLING] = "settling",   [ITEM_WAITING] = "waiting",     [ITEM_CLAIMING] = "claiming",
    [ITEM_READY] = "claimed",       [ITEM_WORKING] = "working",     [ITEM_STORING] = "storing",
    [ITEM_REPORTING] = "reporting", [ITEM_BACKOFF] = "backoff",     [ITEM_FILING] = "filing",
    [ITEM_TAKEN] = "taken",         [ITEM_HELD] = "held",           [ITEM_SIDECAR] = "sidecar",
    [ITEM_JOINED] = "joined",       [ITEM_GATHERING] = "gathering", [ITEM_MISSING] = "missing",
};

void book_init(struct intake *in)
{
    for (int s = 0; s < ITEM_N_STATES; s++)
        TAILQ_INIT(&in->lists[s]);
}

size_t book_key(char *key, unsigned inbox, const char *path)
{
    size_t n = strlen(path);

    key[0] = (char)(inbox & 0xff);
    key[1] = (char)(inbox >> 8);
    memcpy(key + 2, path, n + 1);
    return n + 2;
}

struct item *book_find(struct intake *in, unsigned inbox, const char *path)
{
    size_t n = strlen(path) + 2;
    char key[BOOK_KEY_BYTES];
    struct item *i;

    if (n + 1 > sizeof(key))
        return NULL;
    (void)book_key(key, inbox, path);
    HASH_FIND(by_path, in->paths, key, n, i);
    return i;
}

struct item *book_find_nonce(struct intake *in, uint64_t nonce)
{
    struct item *i;

    HASH_FIND(by_nonce, in->nonces, &nonce, sizeof(nonce), i);
    return i;
}

struct item *book_find_token(struct intake *in, uint64_t token)
{
    struct item *i;

    HASH_FIND(by_token, in->tokens, &token, sizeof(token), i);
    return i;
}

static size_t count_parked(const struct intake *in)
{
    return in->counts[ITEM_HELD] + in->counts[ITEM_TAKEN] + in->counts[ITEM_FILING] +
           in->counts[ITEM_SIDECAR] + in->counts[ITEM_MISSING];
}

bool book_is_full(const struct intake *in)
{
    return in->n_items - count_parked(in) >= BOOK_MAX_ITEMS;
}

bool book_is_roomy(const struct intake *in)
{
    return in->n_items - count_parked(in) <= BOOK_MAX_ITEMS / 2;
}

bool book_is_parking(const struct intake *in)
{
    return count_parked(in) < BOOK_MAX_PARKED;
}

/* Not to be guessed by a worker: a result must name the nonce of its claim. Taken from the kernel some at
 * a time. */
static uint64_t random_nonce(struct intake *in)
{
    uint64_t nonce;

    if (in->n_nonces == 0) {
        (void)!getrandom(in->nonce_stock, sizeof(in->nonce_stock), 0); /* whole, up to 256 bytes */
        in->n_nonces = ARRAY_SIZE(in->nonce_stock);
    }
    nonce = in->nonce_stock[--in->n_nonces];
    return nonce >> 1 | 1; /* positive also as a signed number, and never 0 */
}

static void update_gauges(struct intake *in)
{
    struct stats_map *m = &in->base.stats;
    const size_t *n = in->counts;
    const struct item *oldest = TAILQ_FIRST(&in->lists[ITEM_WAITING]);

    stats_set(m, GAUGE_SETTLING, n[ITEM_SETTLING]);
    stats_set(m, GAUGE_WAITING, n[ITEM_WAITING]);
    stats_set(m, GAUGE_CLAIMING, n[ITEM_CLAIMING] + n[ITEM_READY] + n[ITEM_GATHERING]);
    stats_set(m, GAUGE_WORKING, n[ITEM_WORKING]);
    stats_set(m, GAUGE_STORING, n[ITEM_STORING] + n[ITEM_REPORTING] + n[ITEM_FILING]);
    stats_set(m, GAUGE_HELD,
              n[ITEM_HELD] + n[ITEM_TAKEN] + n[ITEM_BACKOFF] + n[ITEM_SIDECAR] + n[ITEM_MISSING]);
    stats_set(m, GAUGE_OLDEST_WAITING_USEC, oldest ? oldest->complete_usec : 0);
}

struct item *book_add(struct intake *in, unsigned inbox, const char *path,
                      const struct file_identity *identity)
{
    struct item *i = calloc(1, sizeof(*i));
    size_t n = strlen(path) + 2;

    if (!i)
        return NULL;
    i->key = malloc(n + 1);
    if (!i->key) {
        free(i);
        return NULL;
    }
    (void)book_key(i->key, inbox, path);
    i->path = i->key + 2;
    i->inbox = inbox;
    if (inbox_folder_of(path) > 0 && !folder_begin(in, i)) {
        free(i->key);
        free(i);
        return NULL;
    }
    i->identity = *identity;
    i->fd = -1;
    i->nonce = random_nonce(in);
    i->state = ITEM_SETTLING;
    HASH_ADD_KEYPTR(by_path, in->paths, i->key, n, i);
    HASH_ADD(by_nonce, in->nonces, nonce, sizeof(i->nonce), i);
    TAILQ_INSERT_TAIL(&in->lists[i->state], i, next);
    in->counts[i->state]++;
    in->n_items++;
    update_gauges(in);
    return i;
}

void book_set_token(struct intake *in, struct item *i, uint64_t token)
{
    if (i->token)
        HASH_DELETE(by_token, in->tokens, i);
    i->token = token;
    if (token)
        HASH_ADD(by_token, in->tokens, token, sizeof(i->token), i);
}

void book_keep_open(struct intake *in, struct item *i, int fd)
{
    (void)fd_close(book_take_fd(in, i)); /* of an earlier claim */
    if (in->n_open == MAX_OPEN) {
        (void)fd_close(fd);
        return;
    }
    in->n_open++;
    i->fd = fd;
}

int book_take_fd(struct intake *in, struct item *i)
{
    int fd = i->fd;

    in->n_open -= fd >= 0;
    i->fd = -1;
    return fd;
}

static void close_file(struct intake *in, struct item *i)
{
    (void)fd_close(book_take_fd(in, i));
}

void book_join(struct intake *in, struct item *file, struct item *sidecar)
{
    file->sidecar = sidecar;
    sidecar->file = file;
    book_move(in, sidecar, ITEM_JOINED);
}

struct item *book_part(struct item *file)
{
    struct item *sidecar = file->sidecar;

    file->sidecar = NULL;
    if (sidecar)
        sidecar->file = NULL;
    return sidecar;
}

/* The other one of a pair stays; a sidecar waits anew. */
static void leave_pair(struct intake *in, struct item *i)
{
    struct item *sidecar = book_part(i);

    if (i->file)
        (void)book_part(i->file);
    if (sidecar)
        pair_wait(in, sidecar);
}

void book_forget(struct intake *in, struct item *i)
{
    leave_pair(in, i);
    folder_end(in, i);
    close_file(in, i);
    book_set_token(in, i, 0);
    HASH_DELETE(by_path, in->paths, i);
    HASH_DELETE(by_nonce, in->nonces, i);
    TAILQ_REMOVE(&in->lists[i->state], i, next);
    in->counts[i->state]--;
    in->n_items--;
    update_gauges(in);
    free(i->key);
    free(i);
    intake_kick(in);
}

static void change_state(struct intake *in, struct item *i, enum item_state to, bool front)
{
    TAILQ_REMOVE(&in->lists[i->state], i, next);
    in->counts[i->state]--;
    i->state = to;
    if (front)
        TAILQ_INSERT_HEAD(&in->lists[to], i, next);
    else
        TAILQ_INSERT_TAIL(&in->lists[to], i, next);
    in->counts[to]++;
    update_gauges(in);
    intake_kick(in);
}

void book_move(struct intake *in, struct item *i, enum item_state to)
{
    change_state(in, i, to, false);
}

void book_move_front(struct intake *in, struct item *i, enum item_state to)
{
    change_state(in, i, to, true);
}

struct item *book_first(struct intake *in, enum item_state state)
{
    return TAILQ_FIRST(&in->lists[state]);
}

void book_unclaim(struct intake *in, struct item *i)
{
    close_file(in, i);
    book_set_token(in, i, 0);
    i->job = 0;
    i->hash_only = i->list_only = false;
    i->again = false;
    i->verdict = VERDICT_NONE;
}
