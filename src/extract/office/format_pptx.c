/* format_pptx.c - PowerPoint presentations (ECMA-376 part 1, 19): slides in the order of the
 * presentation.
 *
 * Of each slide the text of its shapes and tables, its charts and diagrams, the speaker's notes and
 * the comments. Slides are separated by blank lines. What only the layout says ("Click to add
 * title") is not text.
 */
#include "extract/extractor.h"
#include "extract/office/ooxml.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_SLIDES = 16384 };

struct slides {
    struct ooxml *o;
    const char **members; /* MAX_SLIDES of them; the names belong to relations or package */
    size_t n;
};

static void on_presentation(void *user, const struct xml_tag *tag)
{
    struct slides *s = user;
    struct xml_value id;
    const char *member;

    if (strcmp(tag->name, "sldId") != 0 || s->n == MAX_SLIDES ||
        !xml_tag_attribute_ns(tag, "/relationships", "id", &id))
        return;
    member = ooxml_relations_find(&s->o->relations, id);
    if (member && package_has(s->o->package, member))
        s->members[s->n++] = member;
    else
        package_flag_damaged(s->o->d, "a part of the document is missing");
}

/* Slides that nothing refers to, in a file that has lost its presentation. */
static void find_lost_slides(struct slides *s)
{
    const char *member;
    size_t at = 0;

    while (s->n < MAX_SLIDES && (member = package_next(s->o->package, "ppt/slides/slide", &at)))
        s->members[s->n++] = member;
}

static int read_related(struct ooxml *o, const struct ooxml_relations *relations, const char *type,
                        const struct ooxml_drawing *how)
{
    const char *name;
    size_t at = 0;
    int r = 0;

    while (r == 0 && !result_is_full(o->d) && (name = ooxml_relations_next(relations, type, &at)))
        r = ooxml_read_drawing(o->package, name, how);
    return r;
}

static int read_slide(struct ooxml *o, const char *member, struct flow *flow)
{
    const struct ooxml_drawing how = {.flow = flow};
    const struct ooxml_drawing notes = {.flow = flow, .only_notes = true};
    struct ooxml_relations relations;
    int r = ooxml_relations_read(o->package, member, &relations);

    flow_break(flow, 2);
    if (r == 0)
        r = ooxml_read_drawing(o->package, member, &how);
    if (r == 0)
        r = ooxml_read_figures(o->package, &relations, flow);
    if (r == 0)
        r = read_related(o, &relations, "notesSlide", &notes);
    if (r == 0)
        r = read_related(o, &relations, "comments", &how);
    ooxml_relations_done(&relations);
    return r;
}

static int read_slides(struct ooxml *o)
{
    static const struct xml_handler handler = {.start = on_presentation};
    struct slides s = {.o = o, .members = calloc(MAX_SLIDES, sizeof(*s.members))};
    struct flow flow = {.d = o->d};
    unsigned max = o->d->limits->max_pages;
    int r;

    if (!s.members)
        return -ENOMEM;
    r = ooxml_read_part(o->package, o->main, &handler, &s);
    if (r == 0 && s.n == 0)
        find_lost_slides(&s);
    result_meta_uint(o->d, "page_count", s.n);
    for (size_t i = 0; r == 0 && i < s.n && !result_is_full(o->d); i++) {
        if (max > 0 && i == max) {
            o->d->out->truncated = true;
            break;
        }
        r = read_slide(o, s.members[i], &flow);
    }
    free(s.members);
    return r;
}

int extract_pptx(struct extractor *x, struct document *d)
{
    struct ooxml o;
    int r = ooxml_open(d, OOXML_PRESENTATION, &o);

    (void)x;
    if (r == 0)
        r = ooxml_read_properties(&o);
    if (r == 0)
        r = read_slides(&o);
    ooxml_close(&o);
    return r;
}
