/* odf_text.c - what the elements of an OpenDocument mean for its text.
 *
 * A table of local names says what a tag does when it opens and when it closes; an element that is
 * not in it means nothing by itself. Text counts only inside paragraphs and the few other elements
 * that show some: between the others stands layout, and what programs keep there for themselves.
 * Deleted text (tracked changes), styles, scripts and the templates of indexes are passed over.
 * The names of OpenOffice.org 1 (.sxw) are among them, as far as they differ.
 *
 * Every element that is not passed over is on a stack of its own while it is open, so that an end
 * undoes what its start did, whatever the file looks like.
 */
#include "extract/office/odf_rules.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_OBJECT_BYTES = 64 * 1024 }; /* of names of embedded documents */

void odf_skip(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    e->rule = NULL;
    t->skip_depth = tag->depth;
}

void odf_text_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    (void)tag;
    t->n_texts++;
    e->mark = odf_sink_mark(&t->sink);
}

void odf_text_end(struct odf_text *t, struct odf_element *e)
{
    (void)e;
    t->n_texts--;
}

/* Whether lines have to stay together: a row of a spreadsheet is one line. */
static bool is_one_line(const struct odf_text *t)
{
    return t->kind == ODF_SPREADSHEET && t->sink.level->n_held > 0;
}

static void start_paragraph(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    odf_sink_block(&t->sink, is_one_line(t));
    odf_text_start(t, e, tag);
    odf_sink_hold(&t->sink);
}

static void end_paragraph(struct odf_text *t, struct odf_element *e)
{
    odf_text_end(t, e);
    odf_sink_release(&t->sink);
}

void odf_aside_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    (void)tag;
    e->is_aside = odf_sink_aside(&t->sink);
}

void odf_aside_end(struct odf_text *t, struct odf_element *e)
{
    if (e->is_aside)
        odf_sink_leave(&t->sink);
    else
        odf_sink_newlines(&t->sink, 1);
}

static void start_aside_text(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    odf_aside_start(t, e, tag);
    odf_text_start(t, e, tag);
}

static void end_aside_text(struct odf_text *t, struct odf_element *e)
{
    odf_text_end(t, e);
    odf_aside_end(t, e);
}

/* Titles and descriptions of pictures; other elements of these names are fields in the text. */
static void start_alternative(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    if (strstr(tag->ns, "svg"))
        start_aside_text(t, e, tag);
    else
        e->rule = NULL;
}

static void start_annotation(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    if (strstr(tag->ns, "MathML"))
        odf_skip(t, e, tag); /* the formula once more, in another language */
    else
        odf_aside_start(t, e, tag);
}

/* The number of a note, the author of a comment: the text goes on behind it. */
static void end_citation(struct odf_text *t, struct odf_element *e)
{
    odf_text_end(t, e);
    if (odf_sink_mark(&t->sink) == e->mark)
        return;
    t->sink.level->is_fresh = true;
    odf_sink_spaces(&t->sink, 1);
}

bool odf_is_dublin_core(const struct xml_tag *tag)
{
    return strstr(tag->ns, "purl.org/dc") != NULL;
}

static void start_creator(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    if (odf_is_dublin_core(tag))
        odf_text_start(t, e, tag);
    else
        e->rule = NULL;
}

static void end_creator(struct odf_text *t, struct odf_element *e)
{
    if (odf_sink_mark(&t->sink) > e->mark)
        odf_sink_add_verbatim(&t->sink, ":", 1);
    end_citation(t, e);
}

static void end_number(struct odf_text *t, struct odf_element *e)
{
    (void)e;
    odf_sink_spaces(&t->sink, 1);
}

static void start_spaces(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    struct xml_value count;

    (void)e;
    (void)xml_tag_attribute(tag, "c", &count);
    if (t->n_texts > 0)
        odf_sink_spaces(&t->sink, xml_value_uint(count, 1));
}

static void start_tab(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    (void)e;
    (void)tag;
    if (t->n_texts > 0)
        odf_sink_tabs(&t->sink, 1);
}

static void start_break(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    (void)e;
    (void)tag;
    if (t->n_texts == 0)
        return;
    if (is_one_line(t))
        odf_sink_add(&t->sink, " ", 1);
    else
        odf_sink_newlines(&t->sink, 1);
}

static void end_token(struct odf_text *t, struct odf_element *e)
{
    (void)e;
    if (t->n_texts > 0)
        odf_sink_add(&t->sink, " ", 1);
}

static void start_math(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    t->is_document = true;
    end_token(t, e);
    odf_text_start(t, e, tag);
}

static void end_math(struct odf_text *t, struct odf_element *e)
{
    odf_text_end(t, e);
    end_token(t, e);
}

/* A document that lies beside this one: it is read after it. */
static void start_object(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    struct xml_value href;

    (void)e;
    if (!xml_tag_attribute(tag, "href", &href) || href.size == 0 ||
        href.size > MAX_OBJECT_BYTES - MIN(t->objects.size, (size_t)MAX_OBJECT_BYTES))
        return;
    if (href.size > 2 && memcmp(href.text, "./", 2) == 0) {
        href.text += 2;
        href.size -= 2;
    }
    buf_add(&t->objects, href.text, href.size);
    buf_add_char(&t->objects, '\0');
}

static void start_root(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    struct xml_value type;

    (void)e;
    if (!strstr(tag->ns, "office"))
        return;
    t->is_document = true;
    if (t->kind != ODF_UNKNOWN)
        return;
    if (xml_tag_attribute(tag, "mimetype", &type) || xml_tag_attribute(tag, "class", &type))
        t->kind = odf_kind_of_type(type.text, type.size);
}

static const struct {
    const char *name;
    enum odf_kind kind;
} kinds[] = {
    {"text", ODF_TEXT},        {"spreadsheet", ODF_SPREADSHEET},
    {"drawing", ODF_DRAWING},  {"presentation", ODF_PRESENTATION},
    {"graphics", ODF_DRAWING}, {"writer", ODF_TEXT},
    {"chart", ODF_CHART},      {"calc", ODF_SPREADSHEET},
    {"draw", ODF_DRAWING},     {"impress", ODF_PRESENTATION},
    {"formula", ODF_OTHER},    {"image", ODF_OTHER},
};

enum odf_kind odf_kind_of_type(const char *type, size_t n)
{
    const char *dot = memrchr(type, '.', n);
    size_t length;

    if (dot) {
        n -= (size_t)(dot + 1 - type);
        type = dot + 1;
    }
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        length = strlen(kinds[i].name);
        if (n >= length && memcmp(type, kinds[i].name, length) == 0 &&
            (n == length || !is_alnum(type[length])))
            return kinds[i].kind;
    }
    return ODF_UNKNOWN;
}

/* A child of the body. */
static void start_kind(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    (void)e;
    if (t->kind == ODF_UNKNOWN && strstr(tag->ns, "office"))
        t->kind = odf_kind_of_type(tag->name, strlen(tag->name));
}

static void start_meta(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    if (strstr(tag->ns, "office"))
        odf_skip(t, e, tag); /* elsewhere it is a part of a paragraph */
}

/* Sorted by name. */
static const struct odf_rule rules[] = {
    {"alphabetical-index-source", odf_skip, NULL},
    {"annotation", start_annotation, odf_aside_end},
    {"automatic-styles", odf_skip, NULL},
    {"bibliography-source", odf_skip, NULL},
    {"binary-data", odf_skip, NULL},
    {"caption", odf_shape_start, odf_shape_end},
    {"chart", start_kind, NULL},
    {"circle", odf_shape_start, odf_shape_end},
    {"connector", odf_shape_start, odf_shape_end},
    {"content-validations", odf_skip, NULL},
    {"control", odf_shape_start, odf_shape_end},
    {"covered-table-cell", odf_cell_start, odf_cell_end},
    {"creator", start_creator, end_creator},
    {"creator-initials", odf_skip, NULL},
    {"custom-shape", odf_shape_start, odf_shape_end},
    {"date", odf_field_start, NULL},
    {"date-string", odf_skip, NULL},
    {"date-time", odf_header_start, odf_header_end},
    {"desc", start_alternative, end_aside_text},
    {"document", start_root, NULL},
    {"document-content", start_root, NULL},
    {"document-styles", start_root, NULL},
    {"drawing", start_kind, NULL},
    {"ellipse", odf_shape_start, odf_shape_end},
    {"endnote", odf_aside_start, odf_aside_end},
    {"endnote-citation", odf_text_start, end_citation},
    {"event-listeners", odf_skip, NULL},
    {"events", odf_skip, NULL},
    {"file-name", odf_field_start, NULL},
    {"font-decls", odf_skip, NULL},
    {"font-face-decls", odf_skip, NULL},
    {"footer", odf_header_start, odf_header_end},
    {"footer-decl", odf_decl_start, odf_decl_end},
    {"footer-first", odf_header_start, odf_header_end},
    {"footer-left", odf_header_start, odf_header_end},
    {"footnote", odf_aside_start, odf_aside_end},
    {"footnote-citation", odf_text_start, end_citation},
    {"frame", odf_shape_start, odf_shape_end},
    {"g", odf_shape_start, odf_shape_end},
    {"h", start_paragraph, end_paragraph},
    {"handout-master", odf_skip, NULL},
    {"header", odf_header_start, odf_header_end},
    {"header-decl", odf_decl_start, odf_decl_end},
    {"header-first", odf_header_start, odf_header_end},
    {"header-left", odf_header_start, odf_header_end},
    {"illustration-index-source", odf_skip, NULL},
    {"line", odf_shape_start, odf_shape_end},
    {"line-break", start_break, NULL},
    {"master-page", odf_master_start, odf_master_end},
    {"math", start_math, end_math},
    {"measure", odf_shape_start, odf_shape_end},
    {"meta", start_meta, NULL},
    {"mi", NULL, end_token},
    {"mn", NULL, end_token},
    {"mo", NULL, end_token},
    {"mtext", NULL, end_token},
    {"note", odf_aside_start, odf_aside_end},
    {"note-citation", odf_text_start, end_citation},
    {"notes", odf_notes_start, NULL},
    {"number", NULL, end_number},
    {"object", start_object, NULL},
    {"object-index-source", odf_skip, NULL},
    {"p", start_paragraph, end_paragraph},
    {"page", odf_page_start, odf_label_end},
    {"page-count", odf_field_start, NULL},
    {"page-number", odf_field_start, NULL},
    {"path", odf_shape_start, odf_shape_end},
    {"polygon", odf_shape_start, odf_shape_end},
    {"polyline", odf_shape_start, odf_shape_end},
    {"presentation", start_kind, NULL},
    {"rect", odf_shape_start, odf_shape_end},
    {"regular-polygon", odf_shape_start, odf_shape_end},
    {"ruby-text", start_aside_text, end_aside_text},
    {"s", start_spaces, NULL},
    {"script", odf_skip, NULL},
    {"scripts", odf_skip, NULL},
    {"sender-initials", odf_skip, NULL},
    {"settings", odf_skip, NULL},
    {"sheet-name", odf_field_start, NULL},
    {"spreadsheet", start_kind, NULL},
    {"styles", odf_skip, NULL},
    {"sub-table", odf_table_start, odf_table_end},
    {"tab", start_tab, NULL},
    {"tab-stop", start_tab, NULL},
    {"table", odf_table_start, odf_table_end},
    {"table-cell", odf_cell_start, odf_cell_end},
    {"table-index-source", odf_skip, NULL},
    {"table-of-content-source", odf_skip, NULL},
    {"table-row", odf_row_start, odf_row_end},
    {"table-source", odf_source_start, NULL},
    {"text", start_kind, NULL},
    {"text-box", odf_shape_start, odf_shape_end},
    {"time", odf_field_start, NULL},
    {"title", start_alternative, end_aside_text},
    {"tracked-changes", odf_skip, NULL},
    {"user-index-source", odf_skip, NULL},
};

static int compare_rule(const void *name, const void *rule)
{
    return strcmp(name, ((const struct odf_rule *)rule)->name);
}

/* What the controls of a form show is in their attributes. */
static void add_control(struct odf_text *t, const struct xml_tag *tag)
{
    static const char *const names[] = {"label", "current-value"};
    struct odf_element e = {0};
    struct xml_value value;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (!xml_tag_attribute(tag, names[i], &value))
            continue;
        odf_tail_start(t, &e);
        odf_sink_newlines(&t->sink, 1);
        odf_sink_add(&t->sink, value.text, value.size);
        odf_tail_end(t, &e);
    }
}

static void on_start(void *user, const struct xml_tag *tag)
{
    struct odf_text *t = user;
    struct odf_element e = {.repeat = 1};

    if (t->skip_depth > 0)
        return;
    if (strstr(tag->ns, "xmlns:form:"))
        add_control(t, tag);
    else
        e.rule = bsearch(tag->name, rules, ARRAY_SIZE(rules), sizeof(rules[0]), compare_rule);
    if (e.rule && e.rule->start)
        e.rule->start(t, &e, tag);
    if (t->skip_depth == 0 || t->skip_depth == tag->depth)
        buf_add(&t->open, &e, sizeof(e));
}

static void close_element(struct odf_text *t)
{
    struct odf_element e;
    size_t at = t->open.size - sizeof(e);

    memcpy(&e, t->open.data + at, sizeof(e));
    buf_truncate(&t->open, at);
    if (e.rule && e.rule->end)
        e.rule->end(t, &e);
}

static void on_end(void *user, const struct xml_tag *tag)
{
    struct odf_text *t = user;

    if (t->skip_depth > 0 && tag->depth > t->skip_depth)
        return;
    t->skip_depth = 0;
    if (t->open.size > 0)
        close_element(t);
}

static void on_text(void *user, const char *text, size_t n)
{
    struct odf_text *t = user;

    if (t->n_texts > 0 && t->skip_depth == 0)
        odf_sink_add(&t->sink, text, n);
}

const struct xml_handler odf_text_handler = {.start = on_start, .end = on_end, .text = on_text};

void odf_text_init(struct odf_text *t, struct document *d)
{
    *t = (struct odf_text){0};
    odf_sink_init(&t->sink, d);
}

void odf_text_done(struct odf_text *t)
{
    odf_sink_done(&t->sink);
    buf_done(&t->open);
    buf_done(&t->value);
    buf_done(&t->objects);
}

void odf_text_end_part(struct odf_text *t)
{
    if (buf_error(&t->open) < 0 || buf_error(&t->value) < 0 || buf_error(&t->objects) < 0)
        result_out_of_memory(t->sink.d);
    t->skip_depth = 0;
    while (t->open.size > 0)
        close_element(t);
    odf_sink_flush(&t->sink);
}
