/* xlsx_tables.c - what cells refer to by number: shared strings and cell formats.
 *
 * Both are kept in one run of memory each, no larger than the parts they come from. How Japanese is
 * pronounced (<rPh>) is no part of a string.
 */
#include "extract/office/xlsx.h"

#include <stdlib.h>
#include <string.h>

enum { N_FORMAT_IDS = 65536 };

struct strings_reading {
    struct document *d;
    struct xlsx_strings *to;
    bool is_open, is_phonetic;
};

static void start_in_strings(void *user, const struct xml_tag *tag)
{
    struct strings_reading *r = user;

    if (strcmp(tag->name, "t") == 0)
        r->is_open = !r->is_phonetic;
    else if (strcmp(tag->name, "rPh") == 0)
        r->is_phonetic = true;
}

static void end_string(struct strings_reading *r)
{
    struct xlsx_strings *s = r->to;
    size_t *ends = s->ends;

    if ((s->n & (s->n - 1)) == 0)
        ends = realloc(ends, MAX(2 * s->n, 64) * sizeof(*ends));
    if (!ends) {
        result_out_of_memory(r->d);
        return;
    }
    s->ends = ends;
    s->ends[s->n++] = s->bytes.size;
}

static void end_in_strings(void *user, const struct xml_tag *tag)
{
    struct strings_reading *r = user;

    if (strcmp(tag->name, "t") == 0)
        r->is_open = false;
    else if (strcmp(tag->name, "rPh") == 0)
        r->is_phonetic = false;
    else if (strcmp(tag->name, "si") == 0)
        end_string(r);
}

static void text_in_strings(void *user, const char *text, size_t n)
{
    struct strings_reading *r = user;

    if (r->is_open)
        buf_add(&r->to->bytes, text, n);
}

/* Where the workbook says, or where it usually is. */
static const char *part_name(struct ooxml *o, const char *type, const char *usual)
{
    size_t at = 0;
    const char *name = ooxml_relations_next(&o->relations, type, &at);

    return name && package_has(o->package, name) ? name : usual;
}

int xlsx_read_strings(struct xlsx_book *b)
{
    static const struct xml_handler handler = {start_in_strings, end_in_strings, text_in_strings};
    struct strings_reading r = {.d = b->o->d, .to = &b->strings};
    const char *name = part_name(b->o, "sharedStrings", "xl/sharedStrings.xml");
    int error = xml_events_read_member(b->o->package, name, &handler, &r);

    if (error == 0)
        error = buf_error(&b->strings.bytes);
    return error == EXTRACT_REFUSED ? 0 : error;
}

struct styles_reading {
    struct buf *to;
    uint8_t *custom; /* by the format's id: enum xlsx_shows, and IS_CUSTOM */
    bool in_cell_formats;
};

enum { IS_CUSTOM = 0x80 };

static void start_in_styles(void *user, const struct xml_tag *tag)
{
    struct styles_reading *r = user;
    struct xml_value id, code;
    uint32_t number;

    if (strcmp(tag->name, "cellXfs") == 0)
        r->in_cell_formats = true;
    if (!xml_tag_attribute(tag, "numFmtId", &id))
        id = (struct xml_value){"0", 1};
    number = xml_value_uint(id, 0);
    if (strcmp(tag->name, "numFmt") == 0 && number < N_FORMAT_IDS &&
        xml_tag_attribute(tag, "formatCode", &code))
        r->custom[number] = (uint8_t)(IS_CUSTOM | xlsx_code_shows(code.text, code.size));
    else if (r->in_cell_formats && strcmp(tag->name, "xf") == 0)
        buf_add_char(r->to, (char)(number < N_FORMAT_IDS && r->custom[number]
                                       ? r->custom[number] & ~IS_CUSTOM
                                       : xlsx_builtin_shows(number)));
}

static void end_in_styles(void *user, const struct xml_tag *tag)
{
    struct styles_reading *r = user;

    if (strcmp(tag->name, "cellXfs") == 0)
        r->in_cell_formats = false;
}

int xlsx_read_styles(struct xlsx_book *b)
{
    static const struct xml_handler handler = {.start = start_in_styles, .end = end_in_styles};
    struct styles_reading r = {.to = &b->styles, .custom = calloc(N_FORMAT_IDS, 1)};
    const char *name = part_name(b->o, "styles", "xl/styles.xml");
    int error;

    if (!r.custom)
        return -ENOMEM;
    error = xml_events_read_member(b->o->package, name, &handler, &r);
    free(r.custom);
    if (error == 0)
        error = buf_error(&b->styles);
    return error == EXTRACT_REFUSED ? 0 : error;
}
