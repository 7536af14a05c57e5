/* ooxml_drawing.c - DrawingML's text: slides, notes, comments on slides, text boxes, charts,
 * diagrams.
 *
 * What is text is the same everywhere: <t> in paragraphs (math included), <v> of a chart's cached
 * strings, <text> of a comment. Shapes and paragraphs begin on lines of their own.
 */
#include "extract/office/ooxml.h"

#include <string.h>

enum { MAX_TABLES = 16 };

struct drawing {
    struct flow *flow;
    struct ooxml_filter filter;
    bool only_notes;
    bool is_open;               /* inside an element whose text counts */
    bool in_strings;            /* of a chart's cache */
    uint64_t cells[MAX_TABLES]; /* what was written when the open cells began */
    unsigned n_cells;
};

/* Placeholders of a page of notes that are not notes. */
static bool is_furniture(const struct xml_tag *tag)
{
    static const char *const types[] = {"sldNum", "hdr", "ftr", "dt", "sldImg"};
    struct xml_value type;

    if (!xml_tag_attribute(tag, "type", &type))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (xml_value_is(type, types[i]))
            return true;
    }
    return false;
}

static void start_text(struct drawing *r, const struct xml_tag *tag)
{
    (void)tag;
    r->is_open = true;
}

static void start_value(struct drawing *r, const struct xml_tag *tag)
{
    (void)tag;
    r->is_open = r->in_strings;
}

static void end_text(struct drawing *r)
{
    r->is_open = false;
}

static void end_value(struct drawing *r)
{
    if (r->is_open)
        flow_break(r->flow, 1);
    r->is_open = false;
}

static void start_strings(struct drawing *r, const struct xml_tag *tag)
{
    (void)tag;
    r->in_strings = true;
}

static void end_strings(struct drawing *r)
{
    r->in_strings = false;
}

static void end_block(struct drawing *r)
{
    if (r->n_cells > 0 && r->n_cells <= MAX_TABLES)
        flow_end_cell_paragraph(r->flow, r->cells[r->n_cells - 1]);
    else
        flow_break(r->flow, 1);
}

static void start_line(struct drawing *r, const struct xml_tag *tag)
{
    (void)tag;
    end_block(r);
}

static void start_tab(struct drawing *r, const struct xml_tag *tag)
{
    (void)tag;
    flow_tab(r->flow);
}

static void start_cell(struct drawing *r, const struct xml_tag *tag)
{
    (void)tag;
    if (r->n_cells < MAX_TABLES)
        r->cells[r->n_cells] = r->flow->n_written;
    r->n_cells++;
}

static void end_cell(struct drawing *r)
{
    if (r->n_cells == 0)
        return;
    r->n_cells--;
    if (r->n_cells < MAX_TABLES)
        flow_end_cell(r->flow, r->cells[r->n_cells]);
}

static void end_row(struct drawing *r)
{
    flow_break(r->flow, 1);
}

static void start_placeholder(struct drawing *r, const struct xml_tag *tag)
{
    if (r->only_notes && is_furniture(tag))
        r->filter.skip_depth = tag->depth > 3 ? tag->depth - 3 : tag->depth; /* sp/nvSpPr/nvPr/ph */
}

static void start_skipped(struct drawing *r, const struct xml_tag *tag)
{
    r->filter.skip_depth = tag->depth;
}

static const struct element {
    const char *name;
    void (*start)(struct drawing *r, const struct xml_tag *tag);
    void (*end)(struct drawing *r);
} elements[] = {
    {"t", start_text, end_text},     {"text", start_text, end_text},
    {"v", start_value, end_value},   {"strCache", start_strings, end_strings},
    {"p", NULL, end_block},          {"sp", NULL, end_block},
    {"cm", NULL, end_block},         {"br", start_line, NULL},
    {"tc", start_cell, end_cell},    {"tr", NULL, end_row},
    {"ph", start_placeholder, NULL}, {"tab", start_tab, NULL},
    {"tabLst", start_skipped, NULL},
};

static const struct element *find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(elements); i++) {
        if (strcmp(elements[i].name, name) == 0)
            return &elements[i];
    }
    return NULL;
}

static void on_start(void *user, const struct xml_tag *tag)
{
    struct drawing *r = user;
    const struct element *e;

    if (ooxml_filter_start(&r->filter, tag, r->flow->n_written))
        return;
    e = find(tag->name);
    if (e && e->start)
        e->start(r, tag);
}

static void on_end(void *user, const struct xml_tag *tag)
{
    struct drawing *r = user;
    const struct element *e;

    if (ooxml_filter_end(&r->filter, tag))
        return;
    e = find(tag->name);
    if (e && e->end)
        e->end(r);
}

static void on_text(void *user, const char *text, size_t n)
{
    struct drawing *r = user;

    if (r->is_open && r->filter.skip_depth == 0)
        flow_text(r->flow, text, n);
}

int ooxml_read_drawing(struct package *p, const char *name, const struct ooxml_drawing *how)
{
    static const struct xml_handler handler = {on_start, on_end, on_text};
    struct drawing r = {.flow = how->flow, .only_notes = how->only_notes};
    int error = ooxml_read_part(p, name, &handler, &r);

    flow_break(how->flow, 1);
    return error;
}

int ooxml_read_figures(struct package *p, const struct ooxml_relations *r, struct flow *flow)
{
    static const char *const types[] = {"chart", "chartEx", "diagramData"};
    const struct ooxml_drawing how = {.flow = flow};
    const char *name;
    size_t at;
    int error = 0;

    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        at = 0;
        while (error == 0 && !result_is_full(flow->d) &&
               (name = ooxml_relations_next(r, types[i], &at)))
            error = ooxml_read_drawing(p, name, &how);
    }
    return error;
}
