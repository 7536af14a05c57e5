/* odf_table.c - tables of OpenDocuments: a line for each row, tabs between cells.
 *
 * In a spreadsheet the tables are its sheets, each behind a line with its name; rows and cells that
 * are there many times are written so often, within the bounds of odf_sink.c, and empty ones cost
 * nothing. Numbers that a chart draws are left out.
 */
#include "extract/office/odf_rules.h"

enum { MAX_VALUE_LENGTH = 64 * 1024 };

void odf_table_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    struct xml_value name;

    if (t->n_tables++ > 0 || t->kind != ODF_SPREADSHEET)
        return;
    t->n_sheets++;
    e->is_label = true;
    (void)xml_tag_attribute(tag, "name", &name);
    odf_sink_label(&t->sink, name.text, name.size);
}

void odf_table_end(struct odf_text *t, struct odf_element *e)
{
    t->n_tables--;
    odf_label_end(t, e);
}

/* The rest of the table is a copy of what lies in another file. */
void odf_source_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    (void)e;
    t->skip_depth = tag->depth - 1;
    if (t->n_sheets > 0)
        t->n_sheets--;
}

static uint32_t repetitions(const struct xml_tag *tag, const char *attribute)
{
    struct xml_value value;

    (void)xml_tag_attribute(tag, attribute, &value);
    return MAX(xml_value_uint(value, 1), 1u);
}

void odf_row_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    if (!t->sink.level->is_fresh)
        odf_sink_newlines(&t->sink, 1);
    odf_sink_hold(&t->sink);
    e->mark = odf_sink_mark(&t->sink);
    e->repeat = repetitions(tag, "number-rows-repeated");
}

void odf_row_end(struct odf_text *t, struct odf_element *e)
{
    if (t->kind == ODF_SPREADSHEET && t->n_tables == 1)
        odf_sink_repeat(&t->sink, e->mark, e->repeat - 1, '\n');
    odf_sink_release(&t->sink);
    odf_sink_newlines(&t->sink, 1);
}

/* Keeps the value that a cell has, by its type; it is used when there is no text. */
static void keep_value(struct odf_text *t, const struct xml_tag *tag)
{
    static const char *const names[] = {"string-value", "value", "date-value", "time-value",
                                        "boolean-value"};
    struct xml_value value;

    buf_clear(&t->value);
    for (size_t i = 0; i < ARRAY_SIZE(names) && t->value.size == 0; i++) {
        if (xml_tag_attribute(tag, names[i], &value) && value.size <= MAX_VALUE_LENGTH)
            buf_add(&t->value, value.text, value.size);
    }
}

void odf_cell_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    struct xml_value type;

    e->repeat = repetitions(tag, "number-columns-repeated");
    e->mark = odf_sink_mark(&t->sink);
    t->sink.level->is_fresh = true;
    buf_clear(&t->value);
    if (!xml_tag_attribute(tag, "value-type", &type))
        return;
    if (t->kind != ODF_CHART)
        keep_value(t, tag);
    else if (!xml_value_is(type, "string"))
        t->skip_depth = tag->depth; /* what a chart draws */
}

void odf_cell_end(struct odf_text *t, struct odf_element *e)
{
    struct odf_sink *s = &t->sink;

    if (odf_sink_mark(s) <= e->mark)
        odf_sink_add(s, buf_text(&t->value), t->value.size);
    buf_clear(&t->value);
    s->level->is_fresh = false;
    if (odf_sink_mark(s) > e->mark) {
        odf_sink_repeat(s, e->mark, e->repeat - 1, '\t');
        e->repeat = 1;
    }
    odf_sink_tabs(s, e->repeat);
}
