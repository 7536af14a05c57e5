/* extractor.h - what is loaded once and used for every document; no format keeps state anywhere
 * else. */
#pragma once

#include "extract/decode.h"
#include "extract/formats.h"

enum { MAX_FOREIGN_TYPES = 512, TAG_SLOTS = 512 };

struct magic_set;
struct ocr;
struct parts;

struct extractor {
    struct extract_limits limits;
    struct extractor *outer; /* of parts: the one above; else NULL */
    struct extractor *inner; /* for parts; made when there is one */
    struct decoder decoder;
    struct magic_set *magic; /* libmagic's cookie; of the outermost */
    struct ocr *ocr;         /* reads text from pictures; of the outermost; NULL: that is off */
    char *foreign_types[MAX_FOREIGN_TYPES]; /* names that libmagic gave, kept for the extractions */
    size_t n_foreign_types;
    unsigned char tag_slots[TAG_SLOTS]; /* hash table of HTML's tags; see format_html.c */
    struct buf scratch;                 /* a format's own; empty between documents */
};

/* The extractor for the parts of what this one reads. NULL: out of memory. */
struct extractor *extractor_inner(struct extractor *x);

/* extract_document() for what may be a part: `number` is its own, `depth` its level. */
int extract_at_depth(struct extractor *x, const struct extract_input *in, struct parts *parts,
                     unsigned number, unsigned depth, struct extraction *out) MUST_CHECK;

/* Fills the table of tags. */
void html_init(struct extractor *x);
