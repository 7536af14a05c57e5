/* ooxml.c - the package of an Office Open XML file: main part, media type, what is passed over.
 *
 * The main part is what the package's relation "officeDocument" names, or what [Content_Types].xml
 * has a main type for, or what stands under the usual name: any of these is missing somewhere. Its
 * content type tells a document from a template, and the one with macros from the one without.
 */
#include "extract/office/ooxml.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define OPEN_TYPE "application/vnd.openxmlformats-officedocument."

static const struct main_type {
    const char *content_type;
    const char *media_type;
    enum ooxml_kind kind;
    bool is_binary;
} main_types[] = {
    {OPEN_TYPE "wordprocessingml.document.main+xml", OPEN_TYPE "wordprocessingml.document",
     OOXML_DOCUMENT, false},
    {OPEN_TYPE "wordprocessingml.template.main+xml", OPEN_TYPE "wordprocessingml.template",
     OOXML_DOCUMENT, false},
    {"application/vnd.ms-word.document.macroEnabled.main+xml",
     "application/vnd.ms-word.document.macroEnabled.12", OOXML_DOCUMENT, false},
    {"application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
     "application/vnd.ms-word.template.macroEnabled.12", OOXML_DOCUMENT, false},
    {OPEN_TYPE "spreadsheetml.sheet.main+xml", OPEN_TYPE "spreadsheetml.sheet", OOXML_WORKBOOK,
     false},
    {OPEN_TYPE "spreadsheetml.template.main+xml", OPEN_TYPE "spreadsheetml.template",
     OOXML_WORKBOOK, false},
    {"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
     "application/vnd.ms-excel.sheet.macroEnabled.12", OOXML_WORKBOOK, false},
    {"application/vnd.ms-excel.template.macroEnabled.main+xml",
     "application/vnd.ms-excel.template.macroEnabled.12", OOXML_WORKBOOK, false},
    {"application/vnd.ms-excel.addin.macroEnabled.main+xml",
     "application/vnd.ms-excel.addin.macroEnabled.12", OOXML_WORKBOOK, false},
    {"application/vnd.ms-excel.sheet.binary.macroEnabled.main",
     "application/vnd.ms-excel.sheet.binary.macroEnabled.12", OOXML_WORKBOOK, true},
    {OPEN_TYPE "presentationml.presentation.main+xml", OPEN_TYPE "presentationml.presentation",
     OOXML_PRESENTATION, false},
    {OPEN_TYPE "presentationml.template.main+xml", OPEN_TYPE "presentationml.template",
     OOXML_PRESENTATION, false},
    {OPEN_TYPE "presentationml.slideshow.main+xml", OPEN_TYPE "presentationml.slideshow",
     OOXML_PRESENTATION, false},
    {"application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
     "application/vnd.ms-powerpoint.presentation.macroEnabled.12", OOXML_PRESENTATION, false},
    {"application/vnd.ms-powerpoint.template.macroEnabled.main+xml",
     "application/vnd.ms-powerpoint.template.macroEnabled.12", OOXML_PRESENTATION, false},
    {"application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
     "application/vnd.ms-powerpoint.slideshow.macroEnabled.12", OOXML_PRESENTATION, false},
    {"application/vnd.ms-powerpoint.addin.macroEnabled.main+xml",
     "application/vnd.ms-powerpoint.addin.macroEnabled.12", OOXML_PRESENTATION, false},
};

/* What they are called when nothing tells. */
static const struct usual_name {
    const char *folder, *main;
    const struct main_type *type;
} usual_names[] = {
    [OOXML_DOCUMENT] = {"word/", "word/document.xml", &main_types[0]},
    [OOXML_WORKBOOK] = {"xl/", "xl/workbook.xml", &main_types[4]},
    [OOXML_PRESENTATION] = {"ppt/", "ppt/presentation.xml", &main_types[10]},
};

/* What [Content_Types].xml says: of the part that is looked for, or of the first main part. */
struct types {
    const char *wanted; /* name of the part, or NULL */
    const struct main_type *type, *first;
    struct buf first_name;
};

static const struct main_type *find_type(struct xml_value content_type)
{
    for (size_t i = 0; i < ARRAY_SIZE(main_types); i++) {
        if (strlen(main_types[i].content_type) == content_type.size &&
            strncasecmp(main_types[i].content_type, content_type.text, content_type.size) == 0)
            return &main_types[i];
    }
    return NULL;
}

static void on_type(void *user, const struct xml_tag *tag)
{
    struct types *t = user;
    struct xml_value name, content_type;
    const struct main_type *type;

    if (strcmp(tag->name, "Override") != 0 || !xml_tag_attribute(tag, "PartName", &name) ||
        !xml_tag_attribute(tag, "ContentType", &content_type))
        return;
    type = find_type(content_type);
    if (!type)
        return;
    if (name.size > 0 && name.text[0] == '/') {
        name.text++;
        name.size--;
    }
    if (t->wanted && strlen(t->wanted) == name.size &&
        strncasecmp(t->wanted, name.text, name.size) == 0)
        t->type = type;
    if (!t->first) {
        t->first = type;
        buf_add(&t->first_name, name.text, name.size);
    }
}

static int read_types(struct package *p, struct types *t)
{
    static const struct xml_handler handler = {.start = on_type};
    int r = xml_events_read_member(p, "[Content_Types].xml", &handler, t);

    if (r == 0)
        r = buf_error(&t->first_name);
    return r == EXTRACT_REFUSED ? 0 : r;
}

/* A main part without content type: what its folder says. */
static const struct main_type *type_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(usual_names); i++) {
        if (strncasecmp(name, usual_names[i].folder, strlen(usual_names[i].folder)) == 0)
            return usual_names[i].type;
    }
    return NULL;
}

/* Chooses the main part among what relations, content types and habit offer. */
static const struct main_type *choose(struct ooxml *o, const char *related, const struct types *t)
{
    const struct usual_name *usual = &usual_names[o->kind];

    if (related && package_has(o->package, related) && (t->type || type_by_name(related))) {
        buf_add_str(&o->main_name, related);
        return t->type ? t->type : type_by_name(related);
    }
    if (t->first && package_has(o->package, buf_text(&t->first_name))) {
        buf_add(&o->main_name, t->first_name.data, t->first_name.size);
        return t->first;
    }
    if (!package_has(o->package, usual->main))
        return NULL;
    buf_add_str(&o->main_name, usual->main);
    return usual->type;
}

static int find_main(struct ooxml *o)
{
    struct ooxml_relations root = {0};
    const struct main_type *type = NULL;
    struct types types = {0};
    size_t at = 0;
    int r = ooxml_relations_read(o->package, "", &root);

    if (r == 0) {
        types.wanted = ooxml_relations_next(&root, "officeDocument", &at);
        r = read_types(o->package, &types);
    }
    if (r == 0) {
        type = choose(o, types.wanted, &types);
        r = type && type->kind == o->kind ? buf_error(&o->main_name) : EXTRACT_REFUSED;
    }
    if (r == 0) {
        o->main = buf_text(&o->main_name);
        o->is_binary = type->is_binary;
        o->d->out->media_type = type->media_type;
    }
    buf_done(&types.first_name);
    ooxml_relations_done(&root);
    return r;
}

int ooxml_open(struct document *d, enum ooxml_kind kind, struct ooxml *o)
{
    int r;

    *o = (struct ooxml){.d = d, .kind = kind};
    r = package_open(d, &o->package);
    if (r == 0)
        r = find_main(o);
    if (r == 0)
        r = ooxml_relations_read(o->package, o->main, &o->relations);
    return r;
}

void ooxml_close(struct ooxml *o)
{
    ooxml_relations_done(&o->relations);
    buf_done(&o->main_name);
    o->package = package_close(o->package);
}

int ooxml_read_part(struct package *p, const char *name, const struct xml_handler *handler,
                    void *user)
{
    int r = xml_events_read_member(p, name, handler, user);

    if (r == EXTRACT_REFUSED)
        package_flag_damaged(package_document(p), "a part of the document is missing");
    return r == EXTRACT_REFUSED ? 0 : r;
}

/* Whether the element is an alternative to one that had text. */
static bool is_second_choice(struct ooxml_filter *f, const char *name, uint64_t n_written)
{
    if (strcmp(name, "AlternateContent") == 0) {
        if (f->n_alternatives < OOXML_MAX_ALTERNATIVES)
            f->marks[f->n_alternatives] = n_written;
        f->n_alternatives++;
        return false;
    }
    if (f->n_alternatives == 0 || (strcmp(name, "Choice") != 0 && strcmp(name, "Fallback") != 0))
        return false;
    return f->n_alternatives > OOXML_MAX_ALTERNATIVES ? *name == 'F'
                                                      : n_written > f->marks[f->n_alternatives - 1];
}

bool ooxml_filter_start(struct ooxml_filter *f, const struct xml_tag *tag, uint64_t n_written)
{
    if (f->skip_depth == 0 && is_second_choice(f, tag->name, n_written))
        f->skip_depth = tag->depth;
    return f->skip_depth > 0;
}

bool ooxml_filter_end(struct ooxml_filter *f, const struct xml_tag *tag)
{
    bool is_skipped = f->skip_depth > 0;

    if (is_skipped && tag->depth == f->skip_depth)
        f->skip_depth = 0;
    else if (!is_skipped && f->n_alternatives > 0 && strcmp(tag->name, "AlternateContent") == 0)
        f->n_alternatives--;
    return is_skipped;
}
