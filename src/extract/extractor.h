/* extractor.h - what is loaded once and used for every document; no format keeps state anywhere
 * else. */
#pragma once

#include "extract/decode.h"
#include "extract/formats.h"

enum { MAX_FOREIGN_TYPES = 512, TAG_SLOTS = 512 };

struct magic_set;

struct extractor {
    struct extract_limits limits;
    struct decoder decoder;
    struct magic_set *magic;                /* libmagic's cookie */
    char *foreign_types[MAX_FOREIGN_TYPES]; /* names that libmagic gave, kept for the extractions */
    size_t n_foreign_types;
    unsigned char tag_slots[TAG_SLOTS]; /* hash table of HTML's tags; see format_html.c */
    struct buf scratch;                 /* a format's own; empty between documents */
};

/* Fills the table of tags. */
void html_init(struct extractor *x);
