/* odf_rules.h - the pieces that odf_text.c puts together: what to do where an element opens, and
 * where it closes. Each `_start` that an element had is followed by its `_end`. */
#pragma once

#include "extract/office/odf_text.h"

struct odf_rule;

struct odf_element {
    const struct odf_rule *rule; /* NULL: none */
    size_t mark;                 /* where its text begins: odf_sink_mark() */
    uint32_t repeat;
    bool is_aside, is_tail, is_label;
};

struct odf_rule {
    const char *name;
    void (*start)(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag);
    void (*end)(struct odf_text *t, struct odf_element *e);
};

/* Passes over the element with all that is in it; nothing is done at its end. */
void odf_skip(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag);

/* The text inside counts. */
void odf_text_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag);
void odf_text_end(struct odf_text *t, struct odf_element *e);

/* What is inside stands aside (odf_sink.h). */
void odf_aside_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag);
void odf_aside_end(struct odf_text *t, struct odf_element *e);

/* Whether it is one of Dublin Core's elements: a field in the text may have the same name. */
bool odf_is_dublin_core(const struct xml_tag *tag);

/* odf_table.c: a table, or a sheet; a copy of what lies in another file; rows; cells. */
void odf_table_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag);
void odf_table_end(struct odf_text *t, struct odf_element *e);
void odf_source_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag);
void odf_row_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag);
void odf_row_end(struct odf_text *t, struct odf_element *e);
void odf_cell_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag);
void odf_cell_end(struct odf_text *t, struct odf_element *e);

/* odf_page.c: a slide; the end of what has a label; what is drawn; notes of a slide. */
void odf_page_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag);
void odf_label_end(struct odf_text *t, struct odf_element *e);
void odf_shape_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag);
void odf_shape_end(struct odf_text *t, struct odf_element *e);
void odf_notes_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag);

/* A master page; its headers and footers; those that a presentation declares; page numbers and the
 * like. */
void odf_master_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag);
void odf_master_end(struct odf_text *t, struct odf_element *e);
void odf_header_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag);
void odf_header_end(struct odf_text *t, struct odf_element *e);
void odf_decl_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag);
void odf_decl_end(struct odf_text *t, struct odf_element *e);
void odf_field_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag);

/* What is inside goes behind the whole text. */
void odf_tail_start(struct odf_text *t, struct odf_element *e);
void odf_tail_end(struct odf_text *t, struct odf_element *e);
