/* facts.h - what documents say about themselves, in Dublin Core and its like, collected under the
 * names that all formats share.
 *
 * Pages, feeds and packages say a thing several times and in any order: a source of a lower rank
 * counts more; of the same rank, people, subjects, keywords and the like add up, of anything else
 * the first counts.
 */
#pragma once

#include "extract/document.h"

enum fact {
    FACT_TITLE,    /* when the document has none of its own */
    FACT_LANGUAGE, /* the same */
    FACT_CREATOR,
    FACT_CONTRIBUTOR,
    FACT_LAST_MODIFIED_BY,
    FACT_CREATED,
    FACT_MODIFIED,
    FACT_SUBJECT,
    FACT_KEYWORDS,
    FACT_DESCRIPTION,
    FACT_PUBLISHER,
    FACT_PRODUCER,
    FACT_IDENTIFIER,
    FACT_RIGHTS,
    FACT_CANONICAL,
    N_FACTS,
};

/* All zeroes to begin with. */
struct facts {
    struct buf texts[N_FACTS];
    unsigned ranks[N_FACTS];
};

/* A row of a format's table of names; those are lowercase. */
struct fact_name {
    const char *name;
    enum fact fact;
    unsigned rank;
};

/* Adds one value in UTF-8 without NUL; white space around it goes. */
void facts_add(struct facts *f, enum fact fact, unsigned rank, const char *text, size_t n);

/* The row with this name, in any case; NULL: none. */
const struct fact_name *facts_find(const struct fact_name *names, size_t n_names, const char *name);

/* Writes all into the result, and frees. */
void facts_write(struct facts *f, struct document *d);

/* Frees without writing. */
void facts_done(struct facts *f);
