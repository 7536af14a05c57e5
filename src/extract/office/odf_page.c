/* odf_page.c - pages of presentations and drawings, master pages, headers and footers.
 *
 * Slides are separated by empty lines; a name that somebody gave a slide stands before it. What
 * master pages show on every page (headers, footers, what is drawn there) follows once behind the
 * whole text; their placeholders are left out.
 */
#include "extract/office/odf_rules.h"

#include <string.h>

void odf_label_end(struct odf_text *t, struct odf_element *e)
{
    if (e->is_label)
        odf_sink_label_end(&t->sink);
}

/* A name that a program made up of the page's number: page1, Slide 1. */
static bool is_made_up(struct xml_value name, unsigned number)
{
    size_t n = name.size;
    uint32_t value;

    while (n > 0 && name.text[n - 1] >= '0' && name.text[n - 1] <= '9')
        n--;
    value = xml_value_uint((struct xml_value){name.text + n, name.size - n}, 0);
    return value == number && !memchr(name.text, ' ', n > 0 ? n - 1 : 0);
}

void odf_page_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    struct xml_value name;

    t->n_pages++;
    e->is_label = true;
    (void)xml_tag_attribute(tag, "name", &name);
    if (is_made_up(name, t->n_pages))
        name.size = 0;
    odf_sink_label(&t->sink, name.text, name.size);
}

void odf_tail_start(struct odf_text *t, struct odf_element *e)
{
    if (t->sink.is_tail)
        return;
    odf_sink_tail_begin(&t->sink);
    e->is_tail = true;
}

void odf_tail_end(struct odf_text *t, struct odf_element *e)
{
    if (e->is_tail)
        odf_sink_tail_end(&t->sink);
}

/* On a master page only what is drawn there counts: the rest is where slides put theirs. */
void odf_shape_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    struct xml_value value;

    if (!t->in_master || t->in_header) {
        odf_aside_start(t, e, tag);
    } else if (xml_tag_attribute_ns(tag, "presentation:1.0", "class", &value) ||
               xml_tag_attribute(tag, "placeholder", &value)) {
        odf_skip(t, e, tag);
    } else {
        odf_tail_start(t, e);
        odf_aside_start(t, e, tag);
    }
}

void odf_shape_end(struct odf_text *t, struct odf_element *e)
{
    odf_aside_end(t, e);
    odf_tail_end(t, e);
}

void odf_master_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    (void)e;
    (void)tag;
    t->in_master = true;
}

void odf_master_end(struct odf_text *t, struct odf_element *e)
{
    (void)e;
    t->in_master = false;
}

void odf_notes_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    if (t->in_master)
        odf_skip(t, e, tag);
    else
        odf_sink_newlines(&t->sink, 1);
}

void odf_header_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    struct xml_value display;

    (void)xml_tag_attribute(tag, "display", &display);
    if (!strstr(tag->ns, "style") || xml_value_is(display, "false")) {
        odf_skip(t, e, tag);
        return;
    }
    odf_tail_start(t, e);
    t->in_header = true;
    t->has_field = false;
}

static unsigned count_words(const char *text, size_t n)
{
    unsigned count = 0;

    for (size_t i = 0; i < n; i++) {
        bool is_word = is_alnum(text[i]) || (unsigned char)text[i] >= 0x80;

        count += is_word && (i == 0 || is_space(text[i - 1]));
    }
    return count;
}

void odf_header_end(struct odf_text *t, struct odf_element *e)
{
    const char *text;
    size_t n;

    t->in_header = false;
    odf_sink_flush(&t->sink);
    text = odf_sink_text(&t->sink, 0, &n);
    if (t->has_field && count_words(text, n) <= 1)
        odf_sink_cut(&t->sink, 0); /* a number, or the word "Page" in some language */
    odf_tail_end(t, e);
}

void odf_decl_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    odf_tail_start(t, e);
    odf_text_start(t, e, tag);
}

void odf_decl_end(struct odf_text *t, struct odf_element *e)
{
    odf_text_end(t, e);
    odf_tail_end(t, e);
}

/* What headers show that is another on each page; those of spreadsheets keep placeholders. */
void odf_field_start(struct odf_text *t, struct odf_element *e, const struct xml_tag *tag)
{
    if (odf_is_dublin_core(tag))
        odf_skip(t, e, tag); /* when a comment was made */
    t->has_field = true;
    if (t->in_header && t->kind == ODF_SPREADSHEET)
        odf_skip(t, e, tag);
}
