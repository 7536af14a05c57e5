/* xml_events.h - the XML of a package's member as events, without a tree.
 *
 * Names are local names: prefixes differ between producers, and namespaces between editions of a
 * standard. Text is valid UTF-8 without NUL, in pieces as they come: collect it until a tag.
 * Entities: the five of XML, character references, and the names of HTML; any other is left out.
 * Declarations ([...] of a DOCTYPE) end the reading there: no format in question allows them.
 * Elements deeper than limits->max_depth are passed over with all that is in them, and flagged as
 * truncated. XML that is not well-formed is read on as far as sense can be made of it, and the
 * metadata gets "damaged". The reading ends early when the result is full.
 *
 * Handlers run inside guard_run(): they must not start another reading, nor leave by longjmp.
 */
#pragma once

#include "extract/office/package.h"

struct xml_reader;

/* A tag, and an attribute's value; valid during the call only. */
struct xml_tag {
    const char *name;   /* local */
    const char *prefix; /* "" when it has none */
    const char *ns;     /* the namespace's URI, "" when it has none */
    unsigned depth;     /* of the root: 1 */
    struct xml_reader *reader;
    const unsigned char *const *attributes; /* for the functions below; of end tags none */
    unsigned n_attributes;
};

struct xml_value {
    const char *text; /* not terminated */
    size_t size;
};

/* What is called; any may be NULL. An empty element has both tags. */
struct xml_handler {
    void (*start)(void *user, const struct xml_tag *tag);
    void (*end)(void *user, const struct xml_tag *tag);
    void (*text)(void *user, const char *text, size_t n);
};

/* Reads XML in memory, of any encoding that it declares or shows by a byte order mark (UTF-8, UTF-16,
 * Latin-1, ASCII; others as if they were UTF-8, and then Latin-1). 0 or -ENOMEM. */
int xml_events_read(struct document *d, const char *bytes, size_t n,
                    const struct xml_handler *handler, void *user) MUST_CHECK;

/* The same of a member, unpacked piece by piece. EXTRACT_REFUSED: it is not there. */
int xml_events_read_member(struct package *p, const char *name, const struct xml_handler *handler,
                           void *user) MUST_CHECK;

/* No events come after this call; not an error. */
void xml_events_stop(struct xml_reader *reader);

/* The attribute with this local name: one without prefix before one with. False: none; then `ret` is
 * "". */
bool xml_tag_attribute(const struct xml_tag *tag, const char *name, struct xml_value *ret);

/* The attribute with this local name whose namespace ends with `ns` (such as "/relationships"). */
bool xml_tag_attribute_ns(const struct xml_tag *tag, const char *ns, const char *name,
                          struct xml_value *ret);

/* By its place, from 0 to tag->n_attributes - 1; returns its local name. */
const char *xml_tag_attribute_at(const struct xml_tag *tag, unsigned i, const char **ret_ns,
                                 struct xml_value *ret);

bool xml_value_is(struct xml_value value, const char *text);

/* A decimal number without sign; `otherwise` when it is none, at most UINT32_MAX. */
uint32_t xml_value_uint(struct xml_value value, uint32_t otherwise);
