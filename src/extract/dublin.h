/* dublin.h - what packages say about themselves in Dublin Core and its like, collected field by
 * field and written once. */
#pragma once

#include "extract/document.h"

enum dublin_field {
    DUBLIN_TITLE,
    DUBLIN_LANGUAGE,
    DUBLIN_CREATOR,
    DUBLIN_CONTRIBUTOR,
    DUBLIN_LAST_MODIFIED_BY,
    DUBLIN_CREATED,
    DUBLIN_MODIFIED,
    DUBLIN_SUBJECT,
    DUBLIN_KEYWORDS,
    DUBLIN_DESCRIPTION,
    DUBLIN_PUBLISHER,
    DUBLIN_IDENTIFIER,
    DUBLIN_RIGHTS,
    DUBLIN_PRODUCER,
    N_DUBLIN_FIELDS,
};

/* Begins as all zeroes. */
struct dublin {
    struct buf values[N_DUBLIN_FIELDS];
};

void dublin_done(struct dublin *c);

/* One more value, its white space collapsed. Creators, subjects and the like are joined by "; ",
 * keywords by ", "; of the others the first counts. Equal to the last one of its field: nothing. */
void dublin_add(struct dublin *c, enum dublin_field field, const char *text, size_t n);

/* To title, language and metadata. */
void dublin_write(const struct dublin *c, struct document *d);
