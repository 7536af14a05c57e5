/* xml_tag.c - what a tag of xml_events.h says: its attributes, as libxml2 gives them.
 *
 * Values are slices of the parser's input; what is not valid UTF-8 ends them.
 */
#include "extract/markup/xml_events.h"

#include "base/utf8.h"

#include <string.h>

static const char *text_or_empty(const unsigned char *text)
{
    return text ? (const char *)text : "";
}

/* libxml2 gives five pointers an attribute: local name, prefix, URI, begin and end of the value. */
static struct xml_value value_at(const struct xml_tag *tag, unsigned i)
{
    const char *text = (const char *)tag->attributes[5 * i + 3];
    size_t n = (size_t)(tag->attributes[5 * i + 4] - tag->attributes[5 * i + 3]);

    return (struct xml_value){text, utf8_valid_prefix(text, n)};
}

bool xml_tag_attribute(const struct xml_tag *tag, const char *name, struct xml_value *ret)
{
    const unsigned char *const *a = tag->attributes;
    bool found = false;

    *ret = (struct xml_value){"", 0};
    for (unsigned i = 0; i < tag->n_attributes; i++) {
        if (strcmp((const char *)a[5 * i], name) != 0 || (found && a[5 * i + 1]))
            continue;
        *ret = value_at(tag, i);
        found = true;
        if (!a[5 * i + 1])
            break;
    }
    return found;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), n_end = strlen(end);

    return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

bool xml_tag_attribute_ns(const struct xml_tag *tag, const char *ns, const char *name,
                          struct xml_value *ret)
{
    const unsigned char *const *a = tag->attributes;

    *ret = (struct xml_value){"", 0};
    for (unsigned i = 0; i < tag->n_attributes; i++) {
        if (strcmp((const char *)a[5 * i], name) != 0 ||
            !ends_with(text_or_empty(a[5 * i + 2]), ns))
            continue;
        *ret = value_at(tag, i);
        return true;
    }
    return false;
}

const char *xml_tag_attribute_at(const struct xml_tag *tag, unsigned i, const char **ret_ns,
                                 struct xml_value *ret)
{
    *ret_ns = text_or_empty(tag->attributes[5 * i + 2]);
    *ret = value_at(tag, i);
    return (const char *)tag->attributes[5 * i];
}

bool xml_value_is(struct xml_value value, const char *text)
{
    return value.size == strlen(text) && memcmp(value.text, text, value.size) == 0;
}

uint32_t xml_value_uint(struct xml_value value, uint32_t otherwise)
{
    uint64_t number = 0;

    if (value.size == 0)
        return otherwise;
    for (size_t i = 0; i < value.size; i++) {
        if (value.text[i] < '0' || value.text[i] > '9' || number > UINT32_MAX)
            return otherwise;
        number = number * 10 + (unsigned)(value.text[i] - '0');
    }
    return number > UINT32_MAX ? otherwise : (uint32_t)number;
}
