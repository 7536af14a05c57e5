/* format_docx.c - Word documents (ECMA-376 part 1, 17): headers, body, notes, footers, comments.
 *
 * Paragraphs are lines; a table's row is a line, with tabs between the cells. Text is what stands in
 * <w:t> (and <m:t>, math): never the codes of fields, nor what was deleted or moved away. Text
 * boxes come behind the paragraph that they are anchored in, once (mc:AlternateContent holds them
 * twice). Headers and footers that say the same are read once.
 */
#include "extract/extractor.h"
#include "extract/office/ooxml.h"
#include "extract/office/ooxml_symbol.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_TABLES = 64,  /* tables inside tables whose empty cells keep their tabs */
    MAX_MARGINS = 64, /* headers and footers */
};

struct docx {
    struct ooxml *o;
    struct flow body;
    struct flow boxes; /* text boxes, until the paragraph around them ends */
    struct buf box_text;
    struct flow *flow; /* one of the two */
    struct ooxml_filter filter;
    unsigned n_boxes;            /* that are open */
    bool is_open;                /* inside an element whose text counts */
    uint64_t cells[MAX_TABLES];  /* what was written when the open cells began */
    unsigned n_cells, box_cells; /* open cells; those outside of the text box */
};

static void start_text(struct docx *r, const struct xml_tag *tag)
{
    (void)tag;
    r->is_open = true;
}

static void end_text(struct docx *r)
{
    r->is_open = false;
}

static void start_skipped(struct docx *r, const struct xml_tag *tag)
{
    r->filter.skip_depth = tag->depth;
}

static void start_tab(struct docx *r, const struct xml_tag *tag)
{
    (void)tag;
    flow_tab(r->flow);
}

/* The end of a paragraph or a line. */
static void end_line(struct docx *r)
{
    if (r->n_cells > r->box_cells && r->n_cells <= MAX_TABLES)
        flow_end_cell_paragraph(r->flow, r->cells[r->n_cells - 1]);
    else
        flow_break(r->flow, 1);
}

static void start_break(struct docx *r, const struct xml_tag *tag)
{
    (void)tag;
    end_line(r);
}

static void start_hyphen(struct docx *r, const struct xml_tag *tag)
{
    (void)tag;
    flow_text(r->flow, "-", 1);
}

static void start_symbol(struct docx *r, const struct xml_tag *tag)
{
    struct xml_value font, code;
    char hex[9] = "", utf8[4];
    uint32_t is;

    xml_tag_attribute(tag, "font", &font);
    xml_tag_attribute(tag, "char", &code);
    memcpy(hex, code.text, MIN(code.size, sizeof(hex) - 1));
    is = ooxml_symbol(font.text, font.size, (uint32_t)strtoul(hex, NULL, 16));
    if (is > ' ')
        flow_text(r->flow, utf8, utf8_encode(is, utf8));
}

/* Brings in the text boxes of a paragraph that has ended. */
static void add_boxes(struct docx *r)
{
    const char *line = buf_text(&r->box_text), *end;

    if (r->n_boxes > 0 || r->box_text.size == 0)
        return;
    for (; (end = strchr(line, '\n')); line = end + 1) {
        flow_text(&r->body, line, (size_t)(end - line));
        end_line(r);
    }
    flow_text(&r->body, line, strlen(line));
    end_line(r);
    if (buf_error(&r->box_text) < 0)
        result_out_of_memory(r->o->d);
    buf_clear(&r->box_text);
    r->boxes.newlines = r->boxes.tabs = 0;
}

static void end_paragraph(struct docx *r)
{
    end_line(r);
    add_boxes(r);
}

static void start_box(struct docx *r, const struct xml_tag *tag)
{
    (void)tag;
    if (r->n_boxes++ == 0) {
        r->flow = &r->boxes;
        r->box_cells = r->n_cells;
    }
    flow_break(r->flow, 1);
}

static void end_box(struct docx *r)
{
    if (r->n_boxes == 0 || --r->n_boxes > 0)
        return;
    r->flow = &r->body;
    r->n_cells = r->box_cells;
    r->box_cells = 0;
}

static void start_cell(struct docx *r, const struct xml_tag *tag)
{
    (void)tag;
    if (r->n_cells < MAX_TABLES)
        r->cells[r->n_cells] = r->flow->n_written;
    r->n_cells++;
}

static void end_cell(struct docx *r)
{
    if (r->n_cells == r->box_cells)
        return;
    r->n_cells--;
    if (r->n_cells < MAX_TABLES)
        flow_end_cell(r->flow, r->cells[r->n_cells]);
}

static void end_row(struct docx *r)
{
    flow_break(r->flow, 1);
}

static void end_numerator(struct docx *r)
{
    flow_text(r->flow, "/", 1);
}

static const struct element {
    const char *name;
    void (*start)(struct docx *r, const struct xml_tag *tag);
    void (*end)(struct docx *r);
} elements[] = {
    {"r", NULL, NULL}, /* the most frequent ones first */
    {"t", start_text, end_text},
    {"rPr", start_skipped, NULL},
    {"p", NULL, end_paragraph},
    {"pPr", start_skipped, NULL},
    {"tc", start_cell, end_cell},
    {"tr", NULL, end_row},
    {"tab", start_tab, NULL},
    {"ptab", start_tab, NULL},
    {"br", start_break, NULL},
    {"cr", start_break, NULL},
    {"noBreakHyphen", start_hyphen, NULL},
    {"sym", start_symbol, NULL},
    {"txbxContent", start_box, end_box},
    {"num", NULL, end_numerator},
    {"del", start_skipped, NULL},
    {"moveFrom", start_skipped, NULL},
    {"tblPr", start_skipped, NULL},
    {"tcPr", start_skipped, NULL},
    {"trPr", start_skipped, NULL},
    {"sdtPr", start_skipped, NULL},
    {"sectPr", start_skipped, NULL},
    {"rt", start_skipped, NULL}, /* how a word is pronounced */
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
    struct docx *r = user;
    const struct element *e;

    if (ooxml_filter_start(&r->filter, tag, r->body.n_written + r->boxes.n_written))
        return;
    e = find(tag->name);
    if (e && e->start)
        e->start(r, tag);
}

static void on_end(void *user, const struct xml_tag *tag)
{
    struct docx *r = user;
    const struct element *e;

    if (ooxml_filter_end(&r->filter, tag))
        return;
    e = find(tag->name);
    if (e && e->end)
        e->end(r);
}

static void on_text(void *user, const char *text, size_t n)
{
    struct docx *r = user;

    if (r->is_open && r->filter.skip_depth == 0)
        flow_text(r->flow, text, n);
}

/* Reads a part's text into `to`, or into the body when that is NULL. */
static int read_part(struct ooxml *o, const char *name, struct buf *to)
{
    static const struct xml_handler handler = {on_start, on_end, on_text};
    struct docx r = {.o = o,
                     .body = {.d = o->d, .to = to, .newlines = 1},
                     .boxes = {.d = o->d, .to = &r.box_text}};
    int error;

    r.flow = &r.body;
    error = ooxml_read_part(o->package, name, &handler, &r);
    r.n_boxes = r.n_cells = r.box_cells = 0; /* a damaged part leaves them open */
    flow_break(&r.body, 1);
    add_boxes(&r);
    if (error == 0)
        error = buf_error(&r.box_text);
    buf_done(&r.box_text);
    return error;
}

static int read_parts(struct ooxml *o, const char *type)
{
    const char *name;
    size_t at = 0;
    int r = 0;

    while (r == 0 && !result_is_full(o->d) &&
           (name = ooxml_relations_next(&o->relations, type, &at)))
        r = read_part(o, name, NULL);
    return r;
}

/* Adds the text to the body, unless one of the others is the same. */
static void add_margin(struct ooxml *o, const struct buf *others, size_t n, const struct buf *text)
{
    struct flow flow = {.d = o->d, .newlines = 1};
    const char *line = buf_text(text), *end;

    for (size_t i = 0; i < n; i++) {
        if (others[i].size == text->size && memcmp(others[i].data, text->data, text->size) == 0)
            return;
    }
    for (; (end = strchr(line, '\n')); line = end + 1) {
        flow_text(&flow, line, (size_t)(end - line));
        flow_break(&flow, 1);
    }
    flow_text(&flow, line, strlen(line));
}

/* Headers or footers. */
static int read_margins(struct ooxml *o, const char *type)
{
    struct buf texts[MAX_MARGINS] = {{0}};
    const char *name;
    size_t at = 0, n = 0;
    int r = 0;

    while (r == 0 && n < MAX_MARGINS && !result_is_full(o->d) &&
           (name = ooxml_relations_next(&o->relations, type, &at))) {
        r = read_part(o, name, &texts[n]);
        if (r == 0)
            r = buf_error(&texts[n]);
        if (r == 0 && texts[n].size > 0)
            add_margin(o, texts, n, &texts[n]);
        n++;
    }
    for (size_t i = 0; i < n; i++)
        buf_done(&texts[i]);
    return r;
}

/* The language of text that has none of its own, in styles.xml. */
static void on_style(void *user, const struct xml_tag *tag)
{
    struct ooxml *o = user;
    bool is_language = strcmp(tag->name, "lang") == 0;
    struct xml_value value = {"", 0};

    if (!is_language && strcmp(tag->name, "style") != 0)
        return;
    if (is_language && !xml_tag_attribute(tag, "val", &value))
        return;
    result_language(o->d, value.text, value.size);
    xml_events_stop(tag->reader);
}

static int read_language(struct ooxml *o)
{
    static const struct xml_handler handler = {.start = on_style};
    size_t at = 0;
    const char *styles = ooxml_relations_next(&o->relations, "styles", &at);
    int r = styles ? xml_events_read_member(o->package, styles, &handler, o) : 0;

    return r == EXTRACT_REFUSED ? 0 : r;
}

static int read_document(struct ooxml *o)
{
    int r = read_margins(o, "header");

    if (r == 0)
        r = read_part(o, o->main, NULL);
    if (r == 0)
        r = read_parts(o, "footnotes");
    if (r == 0)
        r = read_parts(o, "endnotes");
    if (r == 0)
        r = read_margins(o, "footer");
    if (r == 0)
        r = read_parts(o, "comments");
    return r;
}

static int read_figures(struct ooxml *o)
{
    struct flow flow = {.d = o->d, .newlines = 1};

    return ooxml_read_figures(o->package, &o->relations, &flow);
}

int extract_docx(struct extractor *x, struct document *d)
{
    struct ooxml o;
    int r = ooxml_open(d, OOXML_DOCUMENT, &o);

    (void)x;
    if (r == 0)
        r = ooxml_read_properties(&o);
    if (r == 0)
        r = read_language(&o);
    if (r == 0)
        r = read_document(&o);
    if (r == 0)
        r = read_figures(&o);
    ooxml_close(&o);
    return r;
}
