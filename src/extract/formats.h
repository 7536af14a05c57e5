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
    FAMILY_MAIL,
    FAMILY_MBOX,
    FAMILY_JSON,
    FAMILY_NDJSON,
    FAMILY_TEXT,
    N_TEXT_FAMILIES,
    FAMILY_SIGNATURE = N_TEXT_FAMILIES, /* not text, known by its first bytes */
    FAMILY_SIGNATURE_NUL,               /* the same, and a NUL byte follows them */
    FAMILY_SIGNATURE_WEAK,              /* a text may begin with them as well */
    FAMILY_SIGNATURE_NEAR,              /* the same, and junk may go before them */
    FAMILY_TAR,                         /* known by what stands behind the first name */
    FAMILY_NAMED,                       /* not text, known by the file's name only */
};

/* Writes title, body and metadata; may set a media type of its own. 0, EXTRACT_REFUSED, -errno, or
 * what part_read() made it end with. */
typedef int (*extract_fn)(struct extractor *x, struct document *d);

struct format {
    enum family family;
    const char *media_type;
    const char
        *names;       /* extensions and whole file names, lowercase, separated by spaces; or NULL */
    const char *mark; /* what the family looks for in content; see formats.c; or NULL */
    extract_fn extract; /* NULL: known, but nothing reads it */
    bool is_data;       /* what it has of words is in no language: none is guessed */
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
/* A line of NDJSON: like JSON, with its scalar members as "fields". */
int extract_json_record(struct extractor *x, struct document *d);
int extract_html(struct extractor *x, struct document *d);
int extract_xml(struct extractor *x, struct document *d);
int extract_mail(struct extractor *x, struct document *d);
int extract_mbox(struct extractor *x, struct document *d);
int extract_pdf(struct extractor *x, struct document *d);
int extract_docx(struct extractor *x, struct document *d);
int extract_xlsx(struct extractor *x, struct document *d);
int extract_pptx(struct extractor *x, struct document *d);
int extract_odf(struct extractor *x, struct document *d);
int extract_odf_flat(struct extractor *x, struct document *d);
int extract_epub(struct extractor *x, struct document *d);
int extract_archive(struct extractor *x, struct document *d);
int extract_rtf(struct extractor *x, struct document *d);
int extract_image(struct extractor *x, struct document *d);
int extract_msgpack(struct extractor *x, struct document *d);
#ifdef PENSTOCK_FAILPOINTS
int extract_poison(struct extractor *x, struct document *d);
#endif
