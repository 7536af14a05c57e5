/* odf_sink.h - the text of an OpenDocument while it is put together: lines, tabs, what stands aside.
 *
 * Notes, comments and text boxes lie in the middle of the paragraph or row that they belong to. Here
 * they wait on a level of their own until that ends, so that sentences and rows stay whole.
 */
#pragma once

#include "extract/document.h"

enum { ODF_LEVELS = 4, ODF_TAIL_TEXTS = 256 };

struct odf_level {
    struct buf text;
    unsigned newlines, tabs, spaces; /* due before more text */
    unsigned n_held; /* open paragraphs and rows: what stands aside has to wait for them */
    bool has_text;   /* something was written, here or already passed on */
    bool is_fresh;   /* a cell or note begins: its first paragraph goes on in the same line */
};

struct odf_sink {
    struct document *d;
    struct odf_level levels[ODF_LEVELS];
    struct odf_level *level;             /* that is written to */
    struct buf tail;                     /* what follows the whole text: headers and footers */
    bool is_tail;                        /* what is written goes there */
    uint64_t tail_texts[ODF_TAIL_TEXTS]; /* hashes of what is in it */
    size_t n_tail_texts;
    struct odf_level before_tail;
    size_t label_bytes; /* the text so far is a label that is to vanish if nothing follows; or 0 */
    struct odf_level before_label;
    size_t n_repeated_bytes; /* that repetitions added to the document */
};

void odf_sink_init(struct odf_sink *s, struct document *d);
void odf_sink_done(struct odf_sink *s);

/* Text with its white space collapsed; as it is. */
void odf_sink_add(struct odf_sink *s, const char *text, size_t n);
void odf_sink_add_verbatim(struct odf_sink *s, const char *text, size_t n);

/* What stands before the next text: lines end (1), an empty line (2); tabs; spaces. */
void odf_sink_newlines(struct odf_sink *s, unsigned n);
void odf_sink_tabs(struct odf_sink *s, unsigned n);
void odf_sink_spaces(struct odf_sink *s, unsigned n);

/* Begins a paragraph; with `is_inline`, behind other paragraphs in the same line. */
void odf_sink_block(struct odf_sink *s, bool is_inline);

/* From here to odf_sink_release() nothing is written that stands aside. Pairs nest. */
void odf_sink_hold(struct odf_sink *s);
void odf_sink_release(struct odf_sink *s);

/* What follows stands aside, if something is held. Returns whether it does; then call
 * odf_sink_leave() behind it. */
bool odf_sink_aside(struct odf_sink *s);
void odf_sink_leave(struct odf_sink *s);

/* Where the text of this level ends at present: for the three below. */
size_t odf_sink_mark(const struct odf_sink *s);

/* Writes what is behind `mark` (in this level, nothing being passed on since) `n` times more, each
 * behind `separator`; within bounds. */
void odf_sink_repeat(struct odf_sink *s, size_t mark, uint32_t n, char separator);

/* What was written behind `mark`, and taking it back. */
const char *odf_sink_text(const struct odf_sink *s, size_t mark, size_t *ret_n);
void odf_sink_cut(struct odf_sink *s, size_t mark);

/* A line of its own (the name of a sheet or slide) that vanishes if no text follows before
 * odf_sink_label_end(). Only where nothing is held. */
void odf_sink_label(struct odf_sink *s, const char *text, size_t n);
void odf_sink_label_end(struct odf_sink *s);

/* What is written between these goes to the tail, behind the whole text, unless the tail has the
 * same already. */
void odf_sink_tail_begin(struct odf_sink *s);
void odf_sink_tail_end(struct odf_sink *s);

/* Passes on all that waits, whatever is still open. */
void odf_sink_flush(struct odf_sink *s);

/* The same, and then the tail. */
void odf_sink_finish(struct odf_sink *s);
