/* epub_opf.h - the package document of an EPUB (OPF 2, OPF 3, and what went before): metadata, what
 * the book consists of, in which order it is read. */
#pragma once

#include "extract/facts.h"
#include "extract/markup/xml_events.h"

struct opf_item {
    size_t id, href, type; /* where they begin in `names` */
    bool is_read;
};

/* Begins as all zeroes. */
struct opf {
    struct facts facts;
    struct buf names; /* texts, each with a NUL behind it */
    struct buf items; /* struct opf_item, sorted by id when all are there */
    struct buf spine; /* size_t: where ids begin in `names` */
    struct buf text;  /* of the metadata field that is open */
    int field;        /* its number plus one; 0: none */
    bool is_opf;      /* the root says so */
};

/* Takes a struct opf as its user. */
extern const struct xml_handler opf_handler;

void opf_done(struct opf *o);

/* Behind the reading. 0 or -ENOMEM. */
int opf_seal(struct opf *o) MUST_CHECK;

/* How many places the book has to be read at, in order; without a spine, all its items. */
size_t opf_count(const struct opf *o);

/* The item at a place; NULL: the manifest does not have it. */
struct opf_item *opf_at(struct opf *o, size_t place);

const char *opf_text(const struct opf *o, size_t at);

/* Whether its media type is that of a page to be read: XHTML, HTML, SVG, or none at all. */
bool opf_is_page(const struct opf *o, const struct opf_item *item);

/* The name of the member that `href` in the file `base` means: percent-encoding undone, without
 * fragment, ".." resolved. */
void opf_resolve(const char *base, const char *href, struct buf *to);
