/* odf_text.h - the text of an OpenDocument's content.xml and styles.xml, or of a flat document. */
#pragma once

#include "extract/office/odf_sink.h"
#include "extract/markup/xml_events.h"

enum odf_kind {
    ODF_UNKNOWN, /* until root or body tell */
    ODF_TEXT,
    ODF_SPREADSHEET,
    ODF_PRESENTATION,
    ODF_DRAWING,
    ODF_CHART,
    ODF_OTHER,
};

struct odf_text {
    struct odf_sink sink;
    enum odf_kind kind;
    struct buf open;     /* struct odf_element, one for each open element that is not passed over */
    unsigned skip_depth; /* of the element that is passed over with all that is in it; 0: none */
    unsigned n_texts;    /* open elements whose text counts */
    struct buf value;    /* of the cell that is open, in case it shows no text */
    unsigned n_tables;   /* that are open */
    unsigned n_sheets, n_pages;
    bool is_document; /* its root says so */
    bool in_master;
    bool in_header;
    bool has_field;     /* the header shows something like a page number */
    struct buf objects; /* names of embedded documents, each with a NUL behind it */
};

/* Takes a struct odf_text as its user: content first, then styles. */
extern const struct xml_handler odf_text_handler;

void odf_text_init(struct odf_text *t, struct document *d);
void odf_text_done(struct odf_text *t);

/* Between two readings: what the first left open is closed. */
void odf_text_end_part(struct odf_text *t);

/* By the media type, such as application/vnd.oasis.opendocument.text-template. */
enum odf_kind odf_kind_of_type(const char *type, size_t n);
