/* pieces.h - what a vector is put together from: lexemes with positions, in any order, the same
 * lexeme perhaps several times. */
#pragma once

#include "base/buf.h"

/* PostgreSQL's limits of a vector (manual, section 12.11): the largest position, how many a lexeme
 * has at most, bytes of lexemes and positions as the server lays them out. */
#define VECTOR_MAX_POSITION  16383u
#define VECTOR_MAX_POSITIONS 255u
#define VECTOR_MAX_BYTES     1048575u

struct piece {
    const char *at;
    const uint16_t *positions; /* ascending */
    uint32_t size;
    uint32_t n; /* positions */
};

/* What is sorted in place of the pieces. */
struct piece_key {
    uint64_t prefix; /* of the lexeme, as a number that sorts alike */
    size_t piece;
};

/* Begins as all zeroes. What is added must stay until it is written. */
struct pieces {
    struct piece *list;
    size_t n, max;
    struct piece_key *keys; /* twice as many as pieces: half of them is room to sort */
    size_t max_keys;
    uint16_t *merged; /* positions of one lexeme */
    size_t max_merged;
    int failed; /* -ENOMEM */
};

void pieces_done(struct pieces *p);
/* Empties it, and forgets a failure. */
void pieces_clear(struct pieces *p);
void pieces_add(struct pieces *p, const char *lexeme, size_t size, const uint16_t *positions,
                size_t n);

/* Sorts, merges, and appends the vector as tsvectorsend() would. -EFBIG: it is longer than a vector
 * may be, and nothing was appended. -ENOMEM. */
int pieces_write(struct pieces *p, bool with_positions, struct buf *ret) MUST_CHECK;

/* Room for one more than `n` elements in a list that may be moved. -ENOMEM. */
int list_grow(void *list, size_t n, size_t *max, size_t element_bytes) MUST_CHECK;
