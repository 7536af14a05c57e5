/* questions.h - what a lexicon lacks, as bytes: how a worker asks the pool. */
#pragma once

#include "base/buf.h"
#include "search/vector.h"

/* Appends one. */
void questions_add(struct buf *list, const struct vector_question *q);

/* Takes the first off `n` bytes at `*at`, and moves on. 0; 1: there is none; -EPROTO: it is none
 * that questions_add() writes: a page or a chain that cannot be, a word that is empty, too long, or
 * not valid UTF-8 without NUL. The word lies in the list. */
int questions_next(const char **at, size_t *n, struct vector_question *ret) MUST_CHECK;
