/* odf_meta.h - what an OpenDocument says about itself in meta.xml. */
#pragma once

#include "extract/facts.h"
#include "extract/markup/xml_events.h"

/* Begins as all zeroes. */
struct odf_meta {
    struct facts facts;
    struct buf text;     /* of the field that is open */
    int field;           /* its number plus one; 0: none */
    bool is_open;        /* the list of fields is */
    uint32_t page_count; /* 0: not told */
};

/* Takes a struct odf_meta as its user, and ends the reading behind the metadata. */
extern const struct xml_handler odf_meta_handler;

void odf_meta_done(struct odf_meta *m);

/* Writes all but the page count. */
void odf_meta_write(struct odf_meta *m, struct document *d);
