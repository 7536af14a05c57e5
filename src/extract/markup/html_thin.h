/* html_thin.h - an HTML page without what means nothing for its text, for a parser that is slow at
 * it. */
#pragma once

#include "extract/markup/html_tag.h"

enum { THIN_MAX_CUTS = 64, THIN_SLOTS = 256 };

/* A page while it is being thinned; set by html_thin_init(). */
struct html_thin {
    struct html_source page;
    size_t at;      /* before it everything was handed out or left out */
    size_t scanned; /* before it all markup is understood: what is left out of it is in `cuts` */
    struct thin_cut {
        size_t begin, end;
    } cuts[THIN_MAX_CUTS]; /* to be left out, in their order */
    size_t n_cuts;
    size_t next_cut;
    bool in_body;
    bool has_anchor; /* an <a> was handed out: the next one may close it */
    enum { NOT_IN_PRE, IN_PRE, PERHAPS_IN_PRE } pre; /* whether white space counts */
    uint64_t pre_key;                                /* the name of the element that is open then */
    bool is_blind; /* something was not plain: from there on all is handed out as it is */
    struct thin_slot {
        uint64_t key;
        unsigned role;
    } slots[THIN_SLOTS]; /* hash table of names */
};

/* Begins a page of valid UTF-8 without NUL, which must outlive `t`. */
void html_thin_init(struct html_thin *t, const char *text, size_t size);

/* Writes the next piece of at most `room` bytes, more than none; returns its size, 0 at the end. */
size_t html_thin_read(struct html_thin *t, char *piece, size_t room);
