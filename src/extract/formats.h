/* formats.h - the media types that are known, and what reads each.
 *
 * A new format is one file format_<name>.c and one row in formats.c.
 */
#pragma once

#include "extract/document.h"

/* How content is recognised. The driver tries the text families in this order; the last takes any
 * text. */
enum family {
#ifdef PENSTOCK_FAILPOINTS
    FAMILY_POISON, /* for tests: ends the worker in one way or another */
#endif
    FAMILY_HTML,
    FAMILY_XML,
    FAMILY_JSON,
    FAMILY_NDJSON,
    FAMILY_TEXT,
    N_TEXT_FAMILIES,
    FAMILY_SIGNATURE = N_TEXT_FAMILIES, /* not text, known by its first bytes */
    FAMILY_SIGNATURE_NUL,               /* the same, and a NUL byte follows them */
};

/* Writes title, body and metadata. 0, EXTRACT_REFUSED, or -errno. */
typedef int (*extract_fn)(struct extractor *x, struct document *d);

struct format {
    enum family family;
    const char *media_type;
    const char
        *names;       /* extensions and whole file names, lowercase, separated by spaces; or NULL */
    const char *mark; /* what the family looks for in content; see formats.c; or NULL */
    extract_fn extract; /* NULL: known, but nothing reads it */
};

extern const struct format formats[];
extern const size_t n_formats;

int extract_plain(struct extractor *x, struct document *d);
int extract_verbatim(struct extractor *x, struct document *d);
int extract_rst(struct extractor *x, struct document *d);
int extract_markdown(struct extractor *x, struct document *d);
int extract_csv(struct extractor *x, struct document *d);
int extract_yaml(struct extractor *x, struct document *d);
int extract_json(struct extractor *x, struct document *d);
int extract_ndjson(struct extractor *x, struct document *d);
int extract_html(struct extractor *x, struct document *d);
int extract_xml(struct extractor *x, struct document *d);
#ifdef PENSTOCK_FAILPOINTS
int extract_poison(struct extractor *x, struct document *d);
#endif
