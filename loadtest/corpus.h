/* corpus.h - the documents of a load test. Document i of a profile and a seed
 * has the same bytes wherever it is made. */
#pragma once

#include "words.h"

struct corpus;

struct corpus_document {
    struct buf bytes;
    const char *extension;
    uint64_t content; /* the first document with these bytes: i, unless it is a copy */
};

struct profile {
    const char *name, *summary;
    uint64_t n_documents; /* when nothing is told; 0: all there are */
    int (*open)(struct corpus *c, struct reason *why);
    void (*make)(const struct corpus *c, uint64_t i, struct corpus_document *ret);
};

struct kernel_text {
    char *bytes;
    size_t n_bytes;
    const char *extension;
    unsigned char sha256[32];
};

struct corpus {
    const struct profile *profile;
    uint64_t seed;
    struct words words;
    enum words_source wanted_words;
    struct kernel_text *texts; /* of kernel */
    size_t n_texts, max_texts;
};

/* The table; its end has no name. */
extern const struct profile corpus_profiles[];
/* NULL when there is none of that name. */
const struct profile *corpus_profile(const char *name);

/* Returns 1 and why: a package that is missing, no memory. */
int corpus_open(struct corpus *c, const struct profile *profile, enum words_source words,
                uint64_t seed, struct reason *why) MUST_CHECK;
void corpus_close(struct corpus *c);

/* How many documents a run has when nothing is told. */
uint64_t corpus_default_count(const struct corpus *c);

/* Document i into *ret, whose buffer is used again; any thread may call it.
 * -ENOMEM. */
int corpus_make(const struct corpus *c, uint64_t i, struct corpus_document *ret) MUST_CHECK;

/* Writes the first n documents into a folder, as NUMBER.EXTENSION; their names
 * into *ret_names (may be NULL; each and the array free()d by the caller).
 * *ret_bytes is their size. -errno. */
int corpus_write(const struct corpus *c, uint64_t n, const char *folder, char **ret_names,
                 uint64_t *ret_bytes) MUST_CHECK;

/* Of corpus_kernel.c and corpus_mixed.c. */
int corpus_open_kernel(struct corpus *c, struct reason *why) MUST_CHECK;
void corpus_make_kernel(const struct corpus *c, uint64_t i, struct corpus_document *ret);
void corpus_make_mixed(const struct corpus *c, uint64_t i, struct corpus_document *ret);
