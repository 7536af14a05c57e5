/* lexicon.c - see search/lexicon.h.
 *
 * The memory: a head, a table of slots, and entries one behind the other. A slot is the place of an
 * entry in units of 8 bytes, written last and with release, so who sees the slot sees the entry.
 * Open addressing, linear probing, at most half of the slots in use. The hash has a key of its own,
 * so that nobody can write a document whose words all meet in one slot.
 */
#include "search/lexicon.h"

#include "base/fd.h"
#include "bytes.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNIT            8u
#define MIN_BYTES       65536u
#define BYTES_PER_SLOT  16u /* half the size of an entry and its slots, mostly */
#define MAX_LEXEMES     254u
#define UNKNOWN_LEXEMES 255u

struct entry {
    uint32_t hash;
    uint16_t size; /* of the word */
    uint8_t chain;
    uint8_t n;    /* of lexemes, or UNKNOWN_LEXEMES */
    char bytes[]; /* the word, then its lexemes */
};

struct memory {
    uint64_t key;
    uint64_t size;                          /* of all */
    uint32_t n_slots;                       /* a power of two */
    uint8_t configs[LANGUAGES_MAX_CONFIGS]; /* enum lexicon_config */
    uint8_t chains[LANGUAGES_MAX_CONFIGS][TOKEN_N_TYPES];
    uint8_t flags[LEXICON_MAX_CHAINS];
    _Atomic uint32_t pages[CHAR_N_PAGES]; /* places, in units; 0: none */
    _Atomic uint32_t slots[];
};

struct lexicon {
    struct memory *memory;
    size_t size;
    int fd;
    /* the writer's */
    size_t used; /* bytes */
    uint32_t n_words;
};

struct lexeme lexemes_next(struct lexemes *l)
{
    struct lexeme first;
    uint16_t size;

    memcpy(&size, l->at, sizeof(size));
    first = (struct lexeme){.at = l->at + sizeof(size), .size = size};
    l->at = first.at + size;
    l->n--;
    return first;
}

static void *at_unit(const struct lexicon *l, uint32_t unit)
{
    return (char *)l->memory + (size_t)unit * UNIT;
}

/* ---- the writer ---- */

static int map(struct lexicon *l, int protection)
{
    void *at = mmap(NULL, l->size, protection, MAP_SHARED, l->fd, 0);

    if (at == MAP_FAILED)
        return -errno;
    l->memory = at;
    return 0;
}

static int make_memory(struct lexicon *l, size_t bytes)
{
    int r;

    l->fd = memfd_create("penstock-lexicon", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (l->fd < 0)
        return -errno;
    l->size = MAX(bytes, (size_t)MIN_BYTES) / UNIT * UNIT;
    if (ftruncate(l->fd, (off_t)l->size) < 0)
        return -errno;
    r = map(l, PROT_READ | PROT_WRITE);
    if (r == 0 && fcntl(l->fd, F_ADD_SEALS,
                        F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) < 0)
        r = -errno;
    return r;
}

static int fill_head(struct lexicon *l)
{
    struct memory *m = l->memory;

    m->size = l->size;
    m->n_slots = 1024;
    while ((size_t)m->n_slots * 2 * BYTES_PER_SLOT <= l->size)
        m->n_slots *= 2;
    l->used = (sizeof(*m) + m->n_slots * sizeof(m->slots[0]) + UNIT - 1) / UNIT * UNIT;
    return getrandom(&m->key, sizeof(m->key), 0) < 0 ? -errno : 0;
}

int lexicon_new(size_t bytes, struct lexicon **ret)
{
    struct lexicon *l = calloc(1, sizeof(*l));
    int r;

    if (!l)
        return -ENOMEM;
    l->fd = -1;
    r = make_memory(l, bytes);
    if (r == 0)
        r = fill_head(l);
    if (r < 0) {
        (void)lexicon_free(l);
        return r;
    }
    *ret = l;
    return 0;
}

void lexicon_set_config(struct lexicon *l, unsigned config, enum lexicon_config state)
{
    l->memory->configs[config] = (uint8_t)state;
}

void lexicon_set_chain(struct lexicon *l, unsigned config, enum token_type type, unsigned chain,
                       unsigned flags)
{
    l->memory->chains[config][type] = (uint8_t)chain;
    l->memory->flags[chain] = (uint8_t)flags;
}

int lexicon_fd(const struct lexicon *l)
{
    return l->fd;
}

/* Room behind what is there, in units; 0: none. */
static uint32_t reserve(struct lexicon *l, size_t bytes)
{
    uint32_t unit = (uint32_t)(l->used / UNIT);

    bytes = (bytes + UNIT - 1) / UNIT * UNIT;
    if (bytes > l->size - l->used)
        return 0;
    l->used += bytes;
    return unit;
}

static size_t list_bytes(const struct lexemes *list)
{
    struct lexemes rest = *list;

    while (rest.n > 0)
        (void)lexemes_next(&rest);
    return list->n > 0 ? (size_t)(rest.at - list->at) : 0;
}

static _Atomic uint32_t *free_slot(const struct lexicon *l, uint32_t hash)
{
    struct memory *m = l->memory;
    uint32_t i = hash;

    while (atomic_load_explicit(&m->slots[i & (m->n_slots - 1)], memory_order_relaxed) != 0)
        i++;
    return &m->slots[i & (m->n_slots - 1)];
}

bool lexicon_add_word(struct lexicon *l, unsigned chain, const char *word, size_t size,
                      const struct lexemes *lexemes)
{
    uint32_t hash = lexicon_hash(l, chain, word, size), unit;
    size_t n_bytes = list_bytes(lexemes);
    struct lexemes found;
    struct entry *e;

    if (lexicon_find(l, hash, chain, word, size, &found))
        return true;
    if (l->n_words >= l->memory->n_slots / 2 || lexemes->n > MAX_LEXEMES)
        return false;
    unit = reserve(l, sizeof(*e) + size + n_bytes);
    if (unit == 0)
        return false;
    e = at_unit(l, unit);
    *e = (struct entry){.hash = hash,
                        .size = (uint16_t)size,
                        .chain = (uint8_t)chain,
                        .n = (uint8_t)(lexemes->is_known ? lexemes->n : UNKNOWN_LEXEMES)};
    memcpy(e->bytes, word, size);
    if (n_bytes > 0)
        memcpy(e->bytes + size, lexemes->at, n_bytes);
    atomic_store_explicit(free_slot(l, hash), unit, memory_order_release);
    l->n_words++;
    return true;
}

bool lexicon_add_page(struct lexicon *l, unsigned page, const uint8_t classes[CHAR_PAGE_SIZE])
{
    uint32_t unit;

    if (lexicon_page(l, page))
        return true;
    unit = reserve(l, CHAR_PAGE_SIZE);
    if (unit == 0)
        return false;
    memcpy(at_unit(l, unit), classes, CHAR_PAGE_SIZE);
    atomic_store_explicit(&l->memory->pages[page], unit, memory_order_release);
    return true;
}

/* ---- readers ---- */

int lexicon_open(int fd, struct lexicon **ret)
{
    struct lexicon *l = calloc(1, sizeof(*l));
    struct stat st;
    int r = -ENOMEM;

    if (l) {
        l->fd = fd;
        r = fstat(fd, &st) < 0 ? -errno : 0;
        l->size = r == 0 ? (size_t)st.st_size : 0;
        if (r == 0)
            r = l->size < MIN_BYTES ? -EINVAL : map(l, PROT_READ);
    } else {
        (void)fd_close(fd);
    }
    if (r < 0) {
        (void)lexicon_free(l);
        return r;
    }
    l->fd = fd_close(l->fd);
    *ret = l;
    return 0;
}

struct lexicon *lexicon_free(struct lexicon *l)
{
    if (!l)
        return NULL;
    if (l->memory)
        (void)munmap(l->memory, l->size);
    (void)fd_close(l->fd);
    free(l);
    return NULL;
}

enum lexicon_config lexicon_config(const struct lexicon *l, unsigned config)
{
    return (enum lexicon_config)l->memory->configs[config];
}

const uint8_t *lexicon_chains(const struct lexicon *l, unsigned config)
{
    return l->memory->chains[config];
}

unsigned lexicon_chain_flags(const struct lexicon *l, unsigned chain)
{
    return l->memory->flags[chain];
}

/* Multiplies eight bytes at a time into 128 bits, and folds these. */
static uint64_t stir(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint32_t lexicon_hash(const struct lexicon *l, unsigned chain, const char *word, size_t size)
{
    uint64_t hash = l->memory->key ^ chain;

    for (; size > sizeof(hash); size -= sizeof(hash), word += sizeof(hash))
        hash = stir(hash ^ bytes_load(word, sizeof(hash)), 0x9e3779b97f4a7c15u);
    hash = stir(hash ^ bytes_load(word, size), 0xd1342543de82ef95u ^ size << 1);
    return (uint32_t)(hash ^ hash >> 32);
}

bool lexicon_find(const struct lexicon *l, uint32_t hash, unsigned chain, const char *word,
                  size_t size, struct lexemes *ret)
{
    const struct memory *m = l->memory;

    for (uint32_t i = hash;; i++) {
        uint32_t unit = atomic_load_explicit(&m->slots[i & (m->n_slots - 1)], memory_order_acquire);
        const struct entry *e;

        if (unit == 0)
            return false;
        e = at_unit(l, unit);
        if (e->hash != hash || e->size != size || e->chain != chain ||
            memcmp(e->bytes, word, size) != 0)
            continue;
        *ret = (struct lexemes){.is_known = e->n != UNKNOWN_LEXEMES,
                                .n = e->n == UNKNOWN_LEXEMES ? 0 : e->n,
                                .at = e->bytes + size};
        return true;
    }
}

void lexicon_expect_slot(const struct lexicon *l, uint32_t hash)
{
    const struct memory *m = l->memory;

    __builtin_prefetch((const void *)&m->slots[hash & (m->n_slots - 1)]);
}

void lexicon_expect_entry(const struct lexicon *l, uint32_t hash)
{
    const struct memory *m = l->memory;

    __builtin_prefetch(
        at_unit(l, atomic_load_explicit(&m->slots[hash & (m->n_slots - 1)], memory_order_relaxed)));
}

const uint8_t *lexicon_page(const struct lexicon *l, unsigned page)
{
    uint32_t unit = atomic_load_explicit(&l->memory->pages[page], memory_order_acquire);

    return unit ? at_unit(l, unit) : NULL;
}
