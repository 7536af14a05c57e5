/* format_xml.c - XML: the text of its elements, each on lines of its own.
 *
 * libxml2's push parser, SAX, without tree, network, DTD or external entities. Text that is not
 * well-formed is refused (it becomes plain text, nothing is lost), except the head of a cut-off
 * file. Entities: a literal one that the document declares is replaced, up to a megabyte in all;
 * any other (nested, external) is left out, so nothing multiplies. Title: the first <title> of any
 * namespace, at most three levels deep (RSS, Atom, DocBook, Dublin Core). Some elements near the top
 * go into the metadata (xml_meta.c). Of SVG only what is meant to be read is text (svg.c). Elements
 * below the depth limit are passed over, and flagged.
 *
 * Refused as well, because libxml2's time for them grows with the square of their size: tags of
 * hundreds of attributes, tens of thousands of different names, declarations that take more than
 * the first 64 kB.
 */
#include "extract/extractor.h"
#include "extract/guard.h"
#include "extract/markup/markup.h"
#include "extract/markup/svg.h"
#include "extract/markup/xml_meta.h"

#include "base/utf8.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_BYTES = 64 * 1024, /* the declarations must fit into the first */
    MAX_TITLE_DEPTH = 3,
    MAX_SVG_TITLE_DEPTH = 2, /* below, groups and shapes have theirs */
    MAX_CAPTURE_BYTES = 4 * MAX_TITLE_BYTES,
    MAX_ENTITIES = 256,
    MAX_ENTITY_BYTES = 4096,
    MAX_ENTITY_NAME = 64,
    MAX_REPLACED_BYTES = 1 << 20, /* that references to entities add to one document */
};

struct entity {
    char name[MAX_ENTITY_NAME];
    char *text;
};

struct tree {
    struct extractor *x;
    struct document *d;
    xmlParserCtxtPtr parser;
    unsigned depth;
    const char *names[XML_META_DEPTH]; /* of the open elements from the root on; libxml2's own */
    unsigned capture_depth; /* of the element whose text is collected in `scratch`; 0: none */
    bool is_title;          /* it is the <title> */
    bool capture_gap;       /* a tag went before the next text of it */
    enum fact fact;         /* else what it tells */
    struct facts facts;
    bool is_svg;
    struct svg svg;
    bool accepted;
    bool gap; /* a tag went before the next text */
    struct entity *entities;
    size_t n_entities;
    size_t replaced_bytes;
    xmlEntity answer; /* what libxml2 is told an entity is */
};

/* Behind the namespace's prefix. */
static const char *local_name(const xmlChar *name)
{
    const char *colon = strrchr((const char *)name, ':');

    return colon ? colon + 1 : (const char *)name;
}

static void begin_root(struct tree *t, const char *local, const xmlChar **attributes)
{
    t->is_svg = strcmp(local, "svg") == 0;
    t->svg.d = t->d;
    if (t->is_svg)
        svg_root(&t->svg, attributes);
    for (; attributes && attributes[0]; attributes += 2) {
        if (strcmp((const char *)attributes[0], "xml:lang") == 0)
            result_language(t->d, (const char *)attributes[1], strlen((const char *)attributes[1]));
    }
}

/* Begins to collect the text of an element that tells something about the document. */
static void begin_capture(struct tree *t, const char *name, const char *local)
{
    unsigned max_depth = t->is_svg ? MAX_SVG_TITLE_DEPTH : MAX_TITLE_DEPTH;

    t->is_title =
        t->depth <= max_depth && t->d->out->title.size == 0 && strcmp(local, "title") == 0;
    if (t->is_title || xml_meta_find(t->names, t->depth, name, &t->fact))
        t->capture_depth = t->depth;
    t->capture_gap = false;
}

static void end_capture(struct tree *t)
{
    struct buf *text = &t->x->scratch;
    size_t n = utf8_valid_prefix(buf_text(text), text->size); /* it may have been cut */

    if (t->is_title)
        result_title(t->d, buf_text(text), n);
    else
        facts_add(&t->facts, t->fact, 0, buf_text(text), n);
    buf_clear(text);
    t->capture_gap = false;
}

static void capture(struct tree *t, const char *text, size_t n)
{
    struct buf *to = &t->x->scratch;

    if (t->capture_gap && !t->is_title && to->size > 0 && !is_space(to->data[to->size - 1]))
        buf_add_char(to, ' ');
    t->capture_gap = false;
    buf_add(to, text, MIN(n, MAX_CAPTURE_BYTES - MIN(to->size, (size_t)MAX_CAPTURE_BYTES)));
}

static void on_start(void *context, const xmlChar *name, const xmlChar **attributes)
{
    struct tree *t = context;
    const char *local = local_name(name);

    t->depth++;
    t->gap = t->capture_gap = true;
    if (t->depth > t->d->limits->max_depth)
        t->d->out->truncated = true;
    if (t->depth <= XML_META_DEPTH)
        t->names[t->depth - 1] = local;
    if (t->depth == 1)
        begin_root(t, local, attributes);
    if (t->capture_depth == 0 && t->depth <= XML_META_DEPTH)
        begin_capture(t, (const char *)name, local);
    if (t->is_svg)
        svg_start(&t->svg, local, attributes, t->depth);
}

static void on_end(void *context, const xmlChar *name)
{
    struct tree *t = context;
    const char *local = local_name(name);

    if (t->capture_depth > 0 && (t->capture_depth == t->depth || strcmp(local, "li") == 0))
        end_capture(t);
    if (t->capture_depth == t->depth)
        t->capture_depth = 0;
    if (t->is_svg)
        svg_end(&t->svg, local, t->depth);
    t->depth--;
    t->gap = t->capture_gap = true;
}

static void on_text(void *context, const xmlChar *text, int length)
{
    struct tree *t = context;
    const char *bytes = (const char *)text;
    struct buf *body = &t->d->out->body;
    size_t n = (size_t)length;

    if (t->depth > t->d->limits->max_depth)
        return;
    if (t->capture_depth > 0)
        capture(t, bytes, n);
    if (t->is_svg) {
        svg_text(&t->svg, bytes, n);
        return;
    }
    while (t->gap && n > 0 && is_space(*bytes)) {
        bytes++;
        n--;
    }
    if (n == 0)
        return;
    if (t->gap) {
        while (body->size > 0 && is_space(body->data[body->size - 1]))
            buf_truncate(body, body->size - 1);
        if (body->size > 0)
            result_text(t->d, "\n", 1);
        t->gap = false;
    }
    result_text(t->d, bytes, n);
}

/* Keeps an internal entity that is literal. */
static void on_entity(void *context, const xmlChar *name, int type, const xmlChar *public_id,
                      const xmlChar *system_id, xmlChar *content)
{
    struct tree *t = context;
    const char *text = (const char *)content;
    struct entity *e;

    (void)public_id;
    (void)system_id;
    if (type != XML_INTERNAL_GENERAL_ENTITY || !text || strlen(text) >= MAX_ENTITY_BYTES ||
        strlen((const char *)name) >= MAX_ENTITY_NAME || strpbrk(text, "&<%") ||
        t->n_entities == MAX_ENTITIES)
        return;
    if (!t->entities)
        t->entities = calloc(MAX_ENTITIES, sizeof(*t->entities));
    if (!t->entities) {
        result_out_of_memory(t->d);
        return;
    }
    e = &t->entities[t->n_entities];
    e->text = strdup(text);
    if (!e->text) {
        result_out_of_memory(t->d);
        return;
    }
    memcpy(e->name, name, strlen((const char *)name) + 1);
    t->n_entities++;
}

static void free_entities(struct tree *t)
{
    for (size_t i = 0; i < t->n_entities; i++)
        free(t->entities[i].text);
    free(t->entities);
}

/* What stands for the name; "" when nothing does, or the document has had its share. */
static const char *find_entity(struct tree *t, const char *name)
{
    const char *text = "";

    for (size_t i = 0; i < t->n_entities; i++) {
        if (strcmp(t->entities[i].name, name) == 0) {
            text = t->entities[i].text;
            break;
        }
    }
    if (strlen(text) > MAX_REPLACED_BYTES - t->replaced_bytes) {
        t->d->out->truncated = true;
        return "";
    }
    t->replaced_bytes += strlen(text);
    return text;
}

/* Answers every reference as if it were predefined: libxml2 then passes the text on and expands
 * nothing. */
static xmlEntityPtr on_reference(void *context, const xmlChar *name)
{
    struct tree *t = context;
    const char *text = find_entity(t, (const char *)name);

    t->answer = (xmlEntity){.type = XML_ENTITY_DECL,
                            .name = name,
                            .etype = XML_INTERNAL_PREDEFINED_ENTITY,
                            .orig = (xmlChar *)(uintptr_t) "", /* or libxml2 gives it memory */
                            .content = (xmlChar *)(uintptr_t)text,
                            .length = (int)strlen(text),
                            .checked = 1};
    return &t->answer;
}

/* Behind a chunk: what comes would make libxml2 slow. It parses all declarations when their end is
 * there, so it must not get to see it. */
static bool is_too_slow(const struct tree *t)
{
    return t->parser->instate < XML_PARSER_START_TAG || guard_is_crowded(t->parser->dict);
}

/* Feeds the text; true when all of it was well-formed, or as much of it as there is or is wanted.
 */
static bool feed_all(struct tree *t, const char *text, size_t size)
{
    bool is_partial, is_good;
    size_t part;

    for (; size > 0 && t->parser->wellFormed && !result_is_full(t->d); text += part, size -= part) {
        part = MIN(size, (size_t)CHUNK_BYTES);
        (void)xmlParseChunk(t->parser, text, (int)part, 0);
        if (part == CHUNK_BYTES && is_too_slow(t))
            return false;
    }
    is_partial = t->d->cut_off || result_is_full(t->d);
    is_good = t->parser->wellFormed;
    if (is_partial && is_good)
        (void)xmlParseChunk(t->parser, "<", 1, 0); /* delivers the text that waits for a tag */
    (void)xmlParseChunk(t->parser, NULL, 0, 1);
    return is_good && (is_partial || t->parser->wellFormed);
}

static void parse(void *context)
{
    struct tree *t = context;
    xmlSAXHandler sax = {.startElement = on_start,
                         .endElement = on_end,
                         .characters = on_text,
                         .ignorableWhitespace = on_text,
                         .cdataBlock = on_text,
                         .entityDecl = on_entity,
                         .getEntity = on_reference};

    t->parser = xmlCreatePushParserCtxt(&sax, t, NULL, 0, NULL);
    if (!t->parser)
        return;
    (void)xmlCtxtUseOptions(t->parser, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                                           XML_PARSE_IGNORE_ENC);
    (void)xmlSwitchEncoding(t->parser, XML_CHAR_ENCODING_UTF8);
    t->accepted = feed_all(t, t->d->text, t->d->size);
}

int extract_xml(struct extractor *x, struct document *d)
{
    struct tree t = {.x = x, .d = d};
    size_t begin, end;
    int r;

    if (markup_find_giant_tag(d->text, d->size, 0, &begin, &end))
        return EXTRACT_REFUSED;
    r = guard_run(parse, &t);
    free_entities(&t);
    facts_write(&t.facts, d);
    if (!t.parser)
        return -ENOMEM;
    xmlFreeDoc(t.parser->myDoc); /* libxml2 keeps declared entities there, and leaves it to us */
    xmlFreeParserCtxt(t.parser);
    if (r < 0)
        return r;
    return t.accepted ? 0 : EXTRACT_REFUSED;
}
