/* format_xlsx.c - Excel workbooks (ECMA-376 part 1, 18): sheets in the order of the workbook.
 *
 * Of each sheet its name, its cells, the comments on them, and the text of its drawings and charts.
 * Sheets are separated by blank lines. The binary form of a workbook (xlsb) is named, and gives its
 * properties only.
 */
#include "extract/extractor.h"
#include "extract/office/xlsx.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_SHEETS = 4096, MAX_SHEET_NAME = 256 };

struct sheet {
    char *name;
    char *member;
};

struct sheets {
    struct xlsx_book *book;
    struct sheet *list; /* MAX_SHEETS of them */
    size_t n;
};

static void add_sheet(struct sheets *s, const char *name, size_t n, const char *member)
{
    struct sheet *new = &s->list[s->n];

    *new = (struct sheet){strndup(name, MIN(n, (size_t)MAX_SHEET_NAME)), strdup(member)};
    if (!new->name || !new->member)
        result_out_of_memory(s->book->o->d);
    s->n++; /* it is released, and passed over, as it is */
}

static void on_workbook(void *user, const struct xml_tag *tag)
{
    struct sheets *s = user;
    const struct ooxml *o = s->book->o;
    struct xml_value value, name;
    const char *member;

    if (strcmp(tag->name, "workbookPr") == 0) {
        s->book->from_1904 = xml_tag_attribute(tag, "date1904", &value) &&
                             (xml_value_is(value, "1") || xml_value_is(value, "true"));
        return;
    }
    if (strcmp(tag->name, "sheet") != 0 || s->n == MAX_SHEETS)
        return;
    xml_tag_attribute(tag, "name", &name);
    if (!xml_tag_attribute_ns(tag, "/relationships", "id", &value))
        return;
    member = ooxml_relations_find(&o->relations, value);
    if (member && package_has(o->package, member))
        add_sheet(s, name.text, name.size, member);
    else
        package_flag_damaged(o->d, "a part of the document is missing");
}

/* Sheets that nothing refers to, in a file that has lost its workbook. */
static void find_lost_sheets(struct sheets *s)
{
    const char *member;
    size_t at = 0;

    while (s->n < MAX_SHEETS &&
           (member = package_next(s->book->o->package, "xl/worksheets/sheet", &at)))
        add_sheet(s, "", 0, member);
}

struct comments {
    struct flow *flow;
    bool is_open; /* inside an element whose text counts */
};

static void start_comment(void *user, const struct xml_tag *tag)
{
    struct comments *c = user;

    c->is_open = strcmp(tag->name, "t") == 0;
}

static void end_comment(void *user, const struct xml_tag *tag)
{
    struct comments *c = user;

    c->is_open = false;
    if (strcmp(tag->name, "comment") == 0)
        flow_break(c->flow, 1);
}

static void comment_text(void *user, const char *text, size_t n)
{
    struct comments *c = user;

    if (c->is_open)
        xlsx_write_string(c->flow, text, n);
}

static int read_comments(struct xlsx_book *b, const struct ooxml_relations *relations)
{
    static const struct xml_handler handler = {start_comment, end_comment, comment_text};
    struct comments c = {.flow = &b->flow};
    const char *name;
    size_t at = 0;
    int r = 0;

    while (r == 0 && (name = ooxml_relations_next(relations, "comments", &at)))
        r = ooxml_read_part(b->o->package, name, &handler, &c);
    return r;
}

static int read_drawings(struct xlsx_book *b, const struct ooxml_relations *relations)
{
    const struct ooxml_drawing how = {.flow = &b->flow};
    struct ooxml_relations of_drawing;
    const char *name;
    size_t at = 0;
    int r = 0;

    while (r == 0 && (name = ooxml_relations_next(relations, "drawing", &at))) {
        r = ooxml_relations_read(b->o->package, name, &of_drawing);
        if (r == 0)
            r = ooxml_read_drawing(b->o->package, name, &how);
        if (r == 0)
            r = ooxml_read_figures(b->o->package, &of_drawing, &b->flow);
        ooxml_relations_done(&of_drawing);
    }
    return r;
}

static int read_sheet(struct xlsx_book *b, const struct sheet *sheet)
{
    struct ooxml_relations relations = {0};
    int r;

    flow_break(&b->flow, 2);
    flow_text(&b->flow, sheet->name, strlen(sheet->name));
    flow_break(&b->flow, 1);
    r = xlsx_read_sheet(b, sheet->member);
    if (r == 0)
        r = ooxml_relations_read(b->o->package, sheet->member, &relations);
    if (r == 0)
        r = read_comments(b, &relations);
    if (r == 0)
        r = read_drawings(b, &relations);
    ooxml_relations_done(&relations);
    return r;
}

static void write_names(struct document *d, const struct sheets *s)
{
    result_meta_uint(d, "sheet_count", s->n);
    if (s->n == 0 || !result_meta_list_open(d, "sheet_names"))
        return;
    for (size_t i = 0; i < s->n; i++) {
        if (s->list[i].name && *s->list[i].name)
            result_meta_list_add(d, s->list[i].name, strlen(s->list[i].name));
    }
    result_meta_list_close(d);
}

static int read_sheets(struct xlsx_book *b)
{
    static const struct xml_handler handler = {.start = on_workbook};
    struct sheets s = {.book = b, .list = calloc(MAX_SHEETS, sizeof(*s.list))};
    int r;

    if (!s.list)
        return -ENOMEM;
    r = ooxml_read_part(b->o->package, b->o->main, &handler, &s);
    if (r == 0 && s.n == 0)
        find_lost_sheets(&s);
    write_names(b->o->d, &s);
    for (size_t i = 0; r == 0 && i < s.n && !result_is_full(b->o->d); i++) {
        if (s.list[i].name && s.list[i].member)
            r = read_sheet(b, &s.list[i]);
    }
    for (size_t i = 0; i < s.n; i++) {
        free(s.list[i].name);
        free(s.list[i].member);
    }
    free(s.list);
    return r;
}

int extract_xlsx(struct extractor *x, struct document *d)
{
    struct ooxml o;
    struct xlsx_book b = {.o = &o, .flow = {.d = d}};
    int r = ooxml_open(d, OOXML_WORKBOOK, &o);

    (void)x;
    if (r == 0)
        r = ooxml_read_properties(&o);
    if (r == 0 && !o.is_binary) {
        r = xlsx_read_strings(&b);
        if (r == 0)
            r = xlsx_read_styles(&b);
        if (r == 0)
            r = read_sheets(&b);
    }
    buf_done(&b.strings.bytes);
    buf_done(&b.styles);
    free(b.strings.ends);
    ooxml_close(&o);
    return r;
}
