/* image_xmp.c - XMP (ISO 16684-1): the properties of Dublin Core, Adobe and IPTC that tell what a
 * picture shows, when it was made and by whom.
 *
 * A property is an element, whose text or whose list items are its values, or an attribute of
 * the element that has it. Names are found by namespace, because prefixes are free.
 */
#include "extract/image/image.h"

#include "extract/markup/xml_events.h"

#include <string.h>

enum { MAX_PROPERTY_BYTES = 64 * 1024 };

static const char dc[] = "http://purl.org/dc/elements/1.1/";
static const char basic[] = "http://ns.adobe.com/xap/1.0/";
static const char photoshop[] = "http://ns.adobe.com/photoshop/1.0/";
static const char tiff[] = "http://ns.adobe.com/tiff/1.0/";
static const char exif[] = "http://ns.adobe.com/exif/1.0/";
static const char iptc[] = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/";

static const struct {
    const char *ns;
    const char *name;
    enum image_field field;
} properties[] = {
    {dc, "title", IMAGE_TITLE},
    {dc, "description", IMAGE_DESCRIPTION},
    {dc, "subject", IMAGE_KEYWORDS},
    {dc, "creator", IMAGE_CREATOR},
    {dc, "rights", IMAGE_COPYRIGHT},
    {basic, "CreateDate", IMAGE_CREATED},
    {basic, "ModifyDate", IMAGE_MODIFIED},
    {basic, "CreatorTool", IMAGE_PRODUCER},
    {photoshop, "Headline", IMAGE_HEADLINE},
    {photoshop, "DateCreated", IMAGE_TAKEN},
    {photoshop, "LayerText", IMAGE_COMMENT}, /* of its text layers */
    {photoshop, "City", IMAGE_LOCATION},
    {photoshop, "State", IMAGE_LOCATION},
    {photoshop, "Country", IMAGE_LOCATION},
    {tiff, "ImageDescription", IMAGE_DESCRIPTION},
    {tiff, "Artist", IMAGE_CREATOR},
    {tiff, "Copyright", IMAGE_COPYRIGHT},
    {tiff, "Make", IMAGE_MAKE},
    {tiff, "Model", IMAGE_MODEL},
    {tiff, "Software", IMAGE_PRODUCER},
    {tiff, "Orientation", IMAGE_ORIENTATION},
    {exif, "DateTimeOriginal", IMAGE_TAKEN},
    {exif, "UserComment", IMAGE_COMMENT},
    {iptc, "AltTextAccessibility", IMAGE_DESCRIPTION},
    {iptc, "ExtDescrAccessibility", IMAGE_DESCRIPTION},
};

struct packet {
    struct image *i;
    unsigned depth; /* of the property that is open; 0: none */
    enum image_field field;
    struct buf value;
};

static bool find_property(const char *ns, const char *name, enum image_field *ret)
{
    for (size_t k = 0; k < ARRAY_SIZE(properties); k++) {
        if (strcmp(name, properties[k].name) == 0 && strcmp(ns, properties[k].ns) == 0) {
            *ret = properties[k].field;
            return true;
        }
    }
    return false;
}

static void add_value(struct packet *p)
{
    image_add(p->i, p->field, buf_text(&p->value), p->value.size);
    buf_clear(&p->value);
}

static void on_start(void *user, const struct xml_tag *tag)
{
    struct packet *p = user;
    const char *ns, *name;
    struct xml_value value;
    enum image_field field;

    if (p->depth == 0 && find_property(tag->ns, tag->name, &p->field))
        p->depth = tag->depth;
    for (unsigned k = 0; k < tag->n_attributes; k++) {
        name = xml_tag_attribute_at(tag, k, &ns, &value);
        if (find_property(ns, name, &field))
            image_add(p->i, field, value.text, value.size);
    }
}

static void on_end(void *user, const struct xml_tag *tag)
{
    struct packet *p = user;

    if (p->depth > 0 && (strcmp(tag->name, "li") == 0 || tag->depth == p->depth))
        add_value(p);
    if (tag->depth == p->depth)
        p->depth = 0;
}

static void on_text(void *user, const char *text, size_t n)
{
    struct packet *p = user;

    if (p->depth > 0)
        buf_add(&p->value, text,
                MIN(n, MAX_PROPERTY_BYTES - MIN(p->value.size, (size_t)MAX_PROPERTY_BYTES)));
}

void image_read_xmp(struct image *i, const char *bytes, size_t n)
{
    static const struct xml_handler handler = {on_start, on_end, on_text};
    struct packet p = {.i = i};

    while (n > 0 && bytes[n - 1] == '\0')
        n--;
    if (!image_may_read_block(i))
        return;
    if (xml_events_read(i->d, bytes, n, &handler, &p) < 0 || buf_error(&p.value))
        result_out_of_memory(i->d);
    buf_done(&p.value);
}
