/* xlsx_sheet.c - the cells of a sheet as they come: a row is a line, with tabs between the columns.
 *
 * Of formulas the values that were stored are read. Cells know their column, so empty ones between
 * two others are tabs; a wider gap than MAX_GAP is one tab, or a sheet with a value in its last
 * column would be all tabs.
 */
#include "extract/office/xlsx.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_GAP = 64,
    MAX_COLUMN = 16384,
    MAX_CELL_BYTES = 1 << 20, /* a cell has at most 32,767 characters, an honest one */
};

struct sheet {
    struct xlsx_book *book;
    struct buf value;
    char type; /* the first letters of the attribute `t` tell: n s(hared) S(tring) b e d i */
    unsigned shows;
    unsigned column;      /* of the cell, from 0 */
    unsigned last_column; /* that has text in this row */
    bool is_open, is_phonetic;
};

/* The column of a reference such as AB12; `otherwise` when it has none. */
static unsigned column_of(struct xml_value reference, unsigned otherwise)
{
    unsigned column = 0;

    for (size_t i = 0; i < reference.size && is_alpha(reference.text[i]) && i < 4; i++)
        column = column * 26 + (unsigned)(to_lower(reference.text[i]) - 'a') + 1;
    return column > 0 && column <= MAX_COLUMN ? column - 1 : otherwise;
}

static char type_of(struct xml_value type)
{
    if (xml_value_is(type, "str"))
        return 'S';
    return type.size > 0 ? type.text[0] : 'n';
}

static void start_cell(struct sheet *r, const struct xml_tag *tag)
{
    struct xml_value value;
    uint32_t style;

    xml_tag_attribute(tag, "r", &value);
    r->column = column_of(value, r->column + 1);
    xml_tag_attribute(tag, "t", &value);
    r->type = type_of(value);
    xml_tag_attribute(tag, "s", &value);
    style = xml_value_uint(value, 0);
    r->shows = style < r->book->styles.size ? (unsigned char)r->book->styles.data[style] : 0;
    buf_clear(&r->value);
}

static void start_row(struct sheet *r)
{
    r->column = (unsigned)-1;
    r->last_column = 0;
}

static void on_start(void *user, const struct xml_tag *tag)
{
    struct sheet *r = user;

    if (strcmp(tag->name, "c") == 0)
        start_cell(r, tag);
    else if (strcmp(tag->name, "v") == 0)
        r->is_open = true;
    else if (strcmp(tag->name, "t") == 0)
        r->is_open = !r->is_phonetic;
    else if (strcmp(tag->name, "rPh") == 0)
        r->is_phonetic = true;
    else if (strcmp(tag->name, "row") == 0)
        start_row(r);
}

static void write_shared(struct sheet *r)
{
    const struct xlsx_strings *s = &r->book->strings;
    const char *text = buf_text(&r->value);
    size_t n = r->value.size, from;
    uint32_t i;

    trim(&text, &n);
    i = xml_value_uint((struct xml_value){text, n}, UINT32_MAX);
    if (i >= s->n)
        return;
    from = i > 0 ? s->ends[i - 1] : 0;
    xlsx_write_string(&r->book->flow, buf_text(&s->bytes) + from, s->ends[i] - from);
}

static void write_value(struct sheet *r)
{
    struct flow *f = &r->book->flow;
    const char *text = buf_text(&r->value);
    size_t n = r->value.size;

    switch (r->type) {
    case 's':
        write_shared(r);
        break;
    case 'b':
        if (n == 1)
            flow_text(f, *text == '1' ? "TRUE" : "FALSE", *text == '1' ? 4 : 5);
        else
            flow_text(f, text, n);
        break;
    case 'n':
        xlsx_write_number(f, text, n, r->shows, r->book->from_1904);
        break;
    default:
        xlsx_write_string(f, text, n);
    }
}

static void end_cell(struct sheet *r)
{
    struct flow *f = &r->book->flow;
    unsigned gap = r->column > r->last_column ? r->column - r->last_column : 0;
    uint64_t before = f->n_written;

    if (r->value.size == 0)
        return;
    f->tabs = gap > MAX_GAP ? 1 : gap;
    write_value(r);
    if (f->n_written != before)
        r->last_column = r->column;
    buf_clear(&r->value);
}

static void on_end(void *user, const struct xml_tag *tag)
{
    struct sheet *r = user;

    if (strcmp(tag->name, "c") == 0)
        end_cell(r);
    else if (strcmp(tag->name, "v") == 0 || strcmp(tag->name, "t") == 0)
        r->is_open = false;
    else if (strcmp(tag->name, "rPh") == 0)
        r->is_phonetic = false;
    else if (strcmp(tag->name, "row") == 0)
        flow_break(&r->book->flow, 1);
}

static void on_text(void *user, const char *text, size_t n)
{
    struct sheet *r = user;

    if (r->is_open && r->value.size < MAX_CELL_BYTES)
        buf_add(&r->value, text, n);
}

int xlsx_read_sheet(struct xlsx_book *b, const char *name)
{
    static const struct xml_handler handler = {on_start, on_end, on_text};
    struct sheet r = {.book = b};
    int error;

    start_row(&r);
    error = ooxml_read_part(b->o->package, name, &handler, &r);
    if (error == 0)
        error = buf_error(&r.value);
    buf_done(&r.value);
    flow_break(&b->flow, 1);
    return error;
}
