/* format_odf.c - OpenDocument: texts, spreadsheets, presentations, drawings, as packages or flat.
 *
 * A package says what it is in its member `mimetype`, which some producers forget: then the
 * manifest does, or the root of content.xml. Read are meta.xml (odf_meta.c), content.xml,
 * styles.xml for headers, footers and master pages, and the documents embedded in it: formulas,
 * charts (odf_text.c). All by SAX, so a spreadsheet may be larger than memory. An encrypted package
 * is named so, and no more.
 */
#include "extract/extractor.h"
#include "extract/office/odf_meta.h"
#include "extract/office/odf_text.h"

#include <stdio.h>
#include <string.h>

enum { MAX_TYPE_BYTES = 200, MAX_OBJECTS = 256, MAX_OBJECT_NAME = 512, HEAD_BYTES = 64 * 1024 };

#define OASIS "application/vnd.oasis.opendocument."
#define SUN   "application/vnd.sun.xml."

/* Media types; the first with a kind is that of flat documents and of packages that name none. */
static const struct {
    const char *name;
    enum odf_kind kind;
    const char *flat;
} types[] = {
    {OASIS "text", ODF_TEXT, OASIS "text-flat-xml"},
    {OASIS "text-template", ODF_TEXT, NULL},
    {OASIS "text-master", ODF_TEXT, NULL},
    {OASIS "text-master-template", ODF_TEXT, NULL},
    {OASIS "text-web", ODF_TEXT, NULL},
    {OASIS "spreadsheet", ODF_SPREADSHEET, OASIS "spreadsheet-flat-xml"},
    {OASIS "spreadsheet-template", ODF_SPREADSHEET, NULL},
    {OASIS "presentation", ODF_PRESENTATION, OASIS "presentation-flat-xml"},
    {OASIS "presentation-template", ODF_PRESENTATION, NULL},
    {OASIS "graphics", ODF_DRAWING, OASIS "graphics-flat-xml"},
    {OASIS "graphics-template", ODF_DRAWING, NULL},
    {OASIS "chart", ODF_CHART, NULL},
    {OASIS "chart-template", ODF_CHART, NULL},
    {OASIS "formula", ODF_OTHER, NULL},
    {OASIS "formula-template", ODF_OTHER, NULL},
    {OASIS "image", ODF_OTHER, NULL},
    {OASIS "base", ODF_OTHER, NULL},
    {OASIS "database", ODF_OTHER, NULL},
    {SUN "writer", ODF_TEXT, NULL},
    {SUN "writer.template", ODF_TEXT, NULL},
    {SUN "writer.global", ODF_TEXT, NULL},
    {SUN "calc", ODF_SPREADSHEET, NULL},
    {SUN "calc.template", ODF_SPREADSHEET, NULL},
    {SUN "impress", ODF_PRESENTATION, NULL},
    {SUN "impress.template", ODF_PRESENTATION, NULL},
    {SUN "draw", ODF_DRAWING, NULL},
    {SUN "draw.template", ODF_DRAWING, NULL},
    {SUN "math", ODF_OTHER, NULL},
};

/* What the package says of itself. */
struct manifest {
    char type[MAX_TYPE_BYTES]; /* "" when nothing is told */
    bool is_content;           /* the entry that is open is the document's text */
    bool is_encrypted;
};

static bool is_opendocument(const char *type)
{
    return strncmp(type, OASIS, strlen(OASIS)) == 0 || strncmp(type, SUN, strlen(SUN)) == 0;
}

static void keep_type(struct manifest *m, const char *text, size_t n)
{
    trim(&text, &n);
    if (m->type[0] || n >= sizeof(m->type))
        return;
    memcpy(m->type, text, n);
    m->type[n] = '\0';
}

static void on_manifest_start(void *user, const struct xml_tag *tag)
{
    struct manifest *m = user;
    struct xml_value path, type;

    if (strcmp(tag->name, "encryption-data") == 0)
        m->is_encrypted |= m->is_content;
    if (strcmp(tag->name, "file-entry") != 0)
        return;
    (void)xml_tag_attribute(tag, "full-path", &path);
    m->is_content = xml_value_is(path, "content.xml") || xml_value_is(path, "encrypted-package");
    if (xml_value_is(path, "/") && xml_tag_attribute(tag, "media-type", &type))
        keep_type(m, type.text, type.size);
}

static const struct xml_handler manifest_handler = {.start = on_manifest_start};

/* The media type and whether it is encrypted. 0, -ENOMEM, or EXTRACT_REFUSED when it says that it is
 * something else. */
static int read_manifest(struct package *p, struct manifest *m)
{
    struct buf type = BUF_INIT;
    int r = package_read(p, "mimetype", MAX_TYPE_BYTES, &type);

    if (r == 0)
        keep_type(m, buf_text(&type), type.size);
    buf_done(&type);
    if (r < 0)
        return r;
    if (m->type[0] && !is_opendocument(m->type))
        return EXTRACT_REFUSED;
    if (!m->type[0] && !package_has(p, "content.xml"))
        return EXTRACT_REFUSED;
    r = xml_events_read_member(p, "META-INF/manifest.xml", &manifest_handler, m);
    return r < 0 ? r : 0;
}

static const char *known_type(const struct manifest *m, enum odf_kind kind)
{
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (strcmp(types[i].name, m->type) == 0)
            return types[i].name;
    }
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (types[i].kind == kind)
            return types[i].name;
    }
    return types[0].name;
}

static int read_meta(struct package *p, struct odf_meta *m)
{
    struct document *d = package_document(p);
    int r = xml_events_read_member(p, "meta.xml", &odf_meta_handler, m);

    if (r >= 0)
        odf_meta_write(m, d);
    return r < 0 ? r : 0;
}

/* Reads one member as text; a missing one is none of the caller's concern, but `ret_found`. */
static int read_text(struct package *p, const char *name, struct odf_text *t, bool *ret_found)
{
    int r = xml_events_read_member(p, name, &odf_text_handler, t);

    odf_text_end_part(t);
    *ret_found = r == 0;
    return r < 0 ? r : 0;
}

static bool is_repeated(const char *names, const char *name)
{
    for (const char *at = names; at < name; at += strlen(at) + 1) {
        if (strcmp(at, name) == 0)
            return true;
    }
    return false;
}

static int read_object(struct package *p, const char *name, struct odf_text *t)
{
    char path[MAX_OBJECT_NAME + sizeof("/content.xml")];
    bool found;

    if (strlen(name) > MAX_OBJECT_NAME)
        return 0;
    (void)snprintf(path, sizeof(path), "%s/content.xml", name);
    t->kind = ODF_UNKNOWN;
    return read_text(p, path, t, &found);
}

/* Formulas and charts. Objects inside objects are read as well: they are appended to the list. */
static int read_objects(struct package *p, struct odf_text *t)
{
    struct buf name = BUF_INIT;
    unsigned n = 0;
    size_t at = 0;
    int r = 0;

    while (r == 0 && at < t->objects.size && n++ < MAX_OBJECTS && !result_is_full(t->sink.d)) {
        buf_clear(&name);
        buf_add_str(&name, t->objects.data + at); /* the list may move while it is read */
        if (!is_repeated(t->objects.data, t->objects.data + at))
            r = buf_error(&name) < 0 ? -ENOMEM : read_object(p, buf_text(&name), t);
        at += strlen(t->objects.data + at) + 1;
    }
    buf_done(&name);
    return r;
}

/* Counts pages as the kind of document has them. */
static void write_counts(struct document *d, const struct odf_text *t, uint32_t page_count)
{
    if (t->kind == ODF_SPREADSHEET)
        result_meta_uint(d, "sheet_count", t->n_sheets);
    else if (t->kind == ODF_PRESENTATION || t->kind == ODF_DRAWING)
        result_meta_uint(d, "page_count", t->n_pages);
    else if (page_count > 0)
        result_meta_uint(d, "page_count", page_count);
}

static int read_package(struct package *p, struct odf_text *t, const struct manifest *manifest)
{
    struct document *d = package_document(p);
    struct odf_meta meta = {0};
    bool found, has_styles;
    int r;

    t->kind = odf_kind_of_type(manifest->type, strlen(manifest->type));
    r = read_meta(p, &meta);
    if (r == 0)
        r = read_text(p, "content.xml", t, &found);
    if (r == 0 && !manifest->type[0] && !t->is_document)
        r = EXTRACT_REFUSED;
    if (r == 0 && !found)
        package_flag_damaged(d, "content.xml is missing");
    if (r == 0) {
        d->out->media_type = known_type(manifest, t->kind);
        write_counts(d, t, meta.page_count);
        r = read_text(p, "styles.xml", t, &has_styles);
    }
    if (r == 0)
        r = read_objects(p, t);
    odf_sink_finish(&t->sink);
    odf_meta_done(&meta);
    return r;
}

int extract_odf(struct extractor *x, struct document *d)
{
    struct manifest manifest = {0};
    struct package *p = NULL;
    struct odf_text t;
    int r = package_open(d, &p);

    (void)x;
    if (r != 0)
        return r;
    r = read_manifest(p, &manifest);
    if (r == 0 && manifest.is_encrypted) {
        d->out->media_type = known_type(&manifest, ODF_UNKNOWN);
        package_flag_encrypted(d);
    } else if (r == 0) {
        odf_text_init(&t, d);
        r = read_package(p, &t, &manifest);
        odf_text_done(&t);
    }
    package_close(p);
    return r;
}

static bool is_flat(const struct document *d)
{
    static const char ns[] = "urn:oasis:names:tc:opendocument:xmlns:office:1.0";

    return memmem(d->text, MIN(d->size, (size_t)HEAD_BYTES), ns, sizeof(ns) - 1) != NULL;
}

static int read_flat(struct document *d, struct odf_text *t, struct odf_meta *meta)
{
    int r = xml_events_read(d, d->bytes, d->n_bytes, &odf_meta_handler, meta);

    if (r == 0) {
        odf_meta_write(meta, d);
        r = xml_events_read(d, d->bytes, d->n_bytes, &odf_text_handler, t);
    }
    odf_text_end_part(t);
    odf_sink_finish(&t->sink);
    write_counts(d, t, meta->page_count);
    return r;
}

int extract_odf_flat(struct extractor *x, struct document *d)
{
    struct odf_meta meta = {0};
    struct odf_text t;
    int r;

    if (!is_flat(d)) {
        d->out->media_type = "application/xml";
        return extract_xml(x, d);
    }
    odf_text_init(&t, d);
    r = read_flat(d, &t, &meta);
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (types[i].flat && types[i].kind == t.kind)
            d->out->media_type = types[i].flat;
    }
    odf_text_done(&t);
    odf_meta_done(&meta);
    return r;
}
