/* xml_events.c - the XML of a package's member as events, through libxml2's push parser.
 *
 * SAX2 without tree, network, DTD, or entities of the document's own. A member is unpacked and
 * parsed a piece at a time, so it may be larger than memory. The parser recovers from what is not
 * well-formed, as readers of these formats do.
 *
 * libxml2's time grows with the square of some numbers; each has a bound, behind which nothing that
 * is meant to be read lies: attributes of a tag (each is compared with each), namespaces in scope
 * (searched one by one), different names (guard.h). A tag of many attributes must be known before
 * it is parsed: where the bytes could hold one, they are fed in small steps, and what the parser
 * keeps back (only a tag that has not ended) is looked at after each.
 */
#include "extract/markup/xml_events.h"

#include "base/utf8.h"
#include "extract/convert.h"
#include "extract/guard.h"
#include "extract/markup/markup.h"

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <string.h>
#include <strings.h>

enum {
    PIECE_BYTES = 32 * 1024,
    STEP_BYTES = 1024,
    MAX_ATTRIBUTES = MARKUP_MAX_ATTRIBUTES,
    MAX_NAMESPACES = 1024,
};

/* Where the bytes come from: memory, or a member. */
struct source {
    const char *bytes;
    size_t size;
    struct package_member *member;
    char piece[PIECE_BYTES];
};

struct xml_reader {
    struct document *d;
    const struct xml_handler *handler;
    void *user;
    struct source *source;
    xmlParserCtxtPtr parser;
    unsigned depth;
    unsigned n_equals;   /* attributes that the bytes since the last '<' could hold */
    bool is_utf8;        /* whatever the declaration says */
    bool stopped;        /* by a handler, or because the result is full */
    bool refused;        /* by a bound of this file */
    xmlEntity answer;    /* what libxml2 is told an entity is */
    char replacement[5]; /* its text */
};

static const char *text_or_empty(const xmlChar *text)
{
    return text ? (const char *)text : "";
}

void xml_events_stop(struct xml_reader *r)
{
    r->stopped = true;
    xmlStopParser(r->parser);
}

static void refuse(struct xml_reader *r)
{
    r->refused = true;
    xmlStopParser(r->parser);
}

static struct xml_tag make_tag(struct xml_reader *r, const xmlChar *name, const xmlChar *prefix,
                               const xmlChar *ns)
{
    return (struct xml_tag){.name = (const char *)name,
                            .prefix = text_or_empty(prefix),
                            .ns = text_or_empty(ns),
                            .depth = r->depth,
                            .reader = r};
}

static bool is_passed_over(struct xml_reader *r)
{
    if (r->depth <= r->d->limits->max_depth)
        return false;
    r->d->out->truncated = true;
    return true;
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *ns,
                     int n_namespaces, const xmlChar **namespaces, int n_attributes,
                     int n_defaulted, const xmlChar **attributes)
{
    struct xml_reader *r = context;
    struct xml_tag tag;

    (void)namespaces;
    (void)n_defaulted;
    r->depth++;
    if (n_attributes + n_namespaces > MAX_ATTRIBUTES || r->parser->nsNr > MAX_NAMESPACES) {
        refuse(r);
        return;
    }
    if (is_passed_over(r) || !r->handler->start)
        return;
    tag = make_tag(r, name, prefix, ns);
    tag.attributes = attributes;
    tag.n_attributes = (unsigned)n_attributes;
    r->handler->start(r->user, &tag);
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *ns)
{
    struct xml_reader *r = context;
    struct xml_tag tag;

    if (!is_passed_over(r) && r->handler->end) {
        tag = make_tag(r, name, prefix, ns);
        r->handler->end(r->user, &tag);
    }
    if (r->depth > 0)
        r->depth--;
    if (!r->stopped && result_is_full(r->d))
        xml_events_stop(r);
}

/* libxml2 passes on what it could not make sense of. */
static void on_text(void *context, const xmlChar *text, int length)
{
    struct xml_reader *r = context;
    const char *at = (const char *)text;
    size_t n = (size_t)length, valid;

    if (r->depth > r->d->limits->max_depth || !r->handler->text)
        return;
    while (n > 0) {
        valid = utf8_valid_prefix(at, n);
        if (valid > 0)
            r->handler->text(r->user, at, valid);
        if (valid == n)
            return;
        r->handler->text(r->user, "\xef\xbf\xbd", 3);
        at += valid + 1;
        n -= valid + 1;
    }
}

/* Before the declarations are parsed, if there are any. */
static void on_doctype(void *context, const xmlChar *name, const xmlChar *public_id,
                       const xmlChar *system_id)
{
    struct xml_reader *r = context;
    const xmlParserInput *input = r->parser->input;

    (void)name;
    (void)public_id;
    (void)system_id;
    if (input->cur < input->end && *input->cur == '[')
        refuse(r);
}

/* A reference to an entity that is not one of XML's own. Answers as if it were, so that libxml2
 * passes the text on and expands nothing; of such in an attribute it takes one byte only. */
static xmlEntityPtr on_reference(void *context, const xmlChar *name)
{
    struct xml_reader *r = context;
    const htmlEntityDesc *known = htmlEntityLookup(name);
    size_t n = 0;

    if (r->parser->instate == XML_PARSER_ATTRIBUTE_VALUE)
        r->replacement[n++] = ' ';
    else if (known)
        n = utf8_encode(known->value, r->replacement);
    r->replacement[n] = '\0';
    r->answer = (xmlEntity){.type = XML_ENTITY_DECL,
                            .name = name,
                            .etype = XML_INTERNAL_PREDEFINED_ENTITY,
                            .orig = (xmlChar *)(uintptr_t) "", /* or libxml2 gives it memory */
                            .content = (xmlChar *)r->replacement,
                            .length = (int)n,
                            .checked = 1};
    return &r->answer;
}

static bool is_quote_ahead(const char *bytes, size_t n, size_t at)
{
    while (at < n && (is_space(bytes[at]) || bytes[at] == '\0'))
        at++;
    return at == n || bytes[at] == '"' || bytes[at] == '\'';
}

/* Whether a tag of too many attributes could end in these bytes: a tag has no second '<'. */
static bool is_suspicious(struct xml_reader *r, const char *bytes, size_t n)
{
    bool found = false;

    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '<')
            r->n_equals = 0;
        else if (bytes[i] == '=' && is_quote_ahead(bytes, n, i + 1))
            found |= ++r->n_equals > MAX_ATTRIBUTES;
    }
    return found;
}

/* Whether the tag that the parser waits for the end of has too many already. */
static bool is_giant(const struct xml_reader *r)
{
    const xmlChar *at = r->parser->input->cur, *end = r->parser->input->end;
    unsigned n = 0;

    while (n <= MAX_ATTRIBUTES && at < end && (at = memchr(at, '=', (size_t)(end - at)))) {
        at++;
        n++;
    }
    return n > MAX_ATTRIBUTES;
}

static bool is_over(const struct xml_reader *r)
{
    return r->stopped || r->refused || r->parser->instate == XML_PARSER_EOF;
}

static void feed_suspicious(struct xml_reader *r, const char *bytes, size_t n)
{
    size_t step;

    for (; n > 0 && !is_over(r); bytes += step, n -= step) {
        step = MIN(n, (size_t)STEP_BYTES);
        (void)xmlParseChunk(r->parser, bytes, (int)step, 0);
        if (!is_over(r) && is_giant(r))
            refuse(r);
    }
}

static void feed(struct xml_reader *r, const char *bytes, size_t n)
{
    if (is_suspicious(r, bytes, n))
        feed_suspicious(r, bytes, n);
    else
        (void)xmlParseChunk(r->parser, bytes, (int)n, 0);
    if (!is_over(r) && guard_is_crowded(r->parser->dict))
        refuse(r);
}

/* The next bytes; 0: no more. */
static size_t next_piece(struct source *s, const char **ret)
{
    size_t n;

    if (s->member) {
        *ret = s->piece;
        return package_member_read(s->member, s->piece, sizeof(s->piece));
    }
    n = MIN(s->size, (size_t)PIECE_BYTES);
    *ret = s->bytes;
    s->bytes += n;
    s->size -= n;
    return n;
}

static xmlParserCtxtPtr make_parser(struct xml_reader *r)
{
    xmlSAXHandler sax = {.initialized = XML_SAX2_MAGIC,
                         .startElementNs = on_start,
                         .endElementNs = on_end,
                         .characters = on_text,
                         .ignorableWhitespace = on_text,
                         .cdataBlock = on_text,
                         .internalSubset = on_doctype,
                         .getEntity = on_reference};

    return xmlCreatePushParserCtxt(&sax, r, NULL, 0, NULL);
}

static void parse(void *context)
{
    struct xml_reader *r = context;
    const char *bytes;
    size_t n;

    r->parser = make_parser(r);
    if (!r->parser)
        return;
    (void)xmlCtxtUseOptions(r->parser, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                                           XML_PARSE_RECOVER |
                                           (r->is_utf8 ? XML_PARSE_IGNORE_ENC : 0));
    if (r->is_utf8)
        (void)xmlSwitchEncoding(r->parser, XML_CHAR_ENCODING_UTF8);
    while (!is_over(r) && (n = next_piece(r->source, &bytes)) > 0)
        feed(r, bytes, n);
    if (is_over(r))
        return;
    if (r->parser->instate == XML_PARSER_CONTENT)
        (void)xmlParseChunk(r->parser, "<", 1, 0); /* delivers the text that waits for a tag */
    (void)xmlParseChunk(r->parser, NULL, 0, 1);
}

static int run(struct xml_reader *r)
{
    int result = guard_run(parse, r);

    if (!r->parser)
        return -ENOMEM;
    if (r->refused)
        r->d->out->truncated = true;
    if (r->refused || (!r->parser->wellFormed && !r->stopped && result == 0))
        package_flag_damaged(r->d, "XML that is not well-formed");
    xmlFreeDoc(r->parser->myDoc);
    xmlFreeParserCtxt(r->parser);
    return result;
}

/* The encoding is one that only ICU knows: libxml2 would have iconv load a file for it. */
static bool is_foreign(const char *bytes, size_t n, char ret_name[64])
{
    static const char *const known[] = {"UTF-8",    "UTF8",  "UTF-16",     "UTF-16LE",   "UTF-16BE",
                                        "US-ASCII", "ASCII", "ISO-8859-1", "ISO-LATIN-1"};

    if (!markup_declared_encoding(bytes, n, ret_name))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        if (strcasecmp(ret_name, known[i]) == 0)
            return false;
    }
    return true;
}

static int read_foreign(struct document *d, const char *encoding, struct source *source,
                        const struct xml_handler *handler, void *user)
{
    struct xml_reader r = {
        .d = d, .handler = handler, .user = user, .source = source, .is_utf8 = true};
    struct buf text = BUF_INIT;
    char name[64];
    size_t replaced;
    int result =
        convert_to_utf8(encoding, source->bytes, source->size, false, &text, name, &replaced);

    if (result == 0) {
        source->bytes = text.data;
        source->size = text.size;
    }
    if (result >= 0)
        result = run(&r);
    buf_done(&text);
    return result;
}

int xml_events_read(struct document *d, const char *bytes, size_t n,
                    const struct xml_handler *handler, void *user)
{
    struct source source = {.bytes = bytes, .size = n};
    struct xml_reader r = {.d = d, .handler = handler, .user = user, .source = &source};
    char encoding[64];

    return is_foreign(bytes, n, encoding) ? read_foreign(d, encoding, &source, handler, user)
                                          : run(&r);
}

/* Reads the head of a member to know its encoding; true: it has to be read whole. */
static int is_foreign_member(struct package *p, const char *name, bool *ret)
{
    struct package_member *m;
    char head[256], encoding[64];
    int r = package_member_open(p, name, &m);

    if (r != 0)
        return r;
    *ret = is_foreign(head, package_member_read(m, head, sizeof(head)), encoding);
    package_member_close(m);
    return 0;
}

static int read_whole_member(struct package *p, const char *name, const struct xml_handler *handler,
                             void *user)
{
    struct buf bytes = BUF_INIT;
    int r = package_read(p, name, 0, &bytes);

    if (r == 0)
        r = xml_events_read(package_document(p), buf_text(&bytes), bytes.size, handler, user);
    buf_done(&bytes);
    return r;
}

int xml_events_read_member(struct package *p, const char *name, const struct xml_handler *handler,
                           void *user)
{
    struct source source = {0};
    struct xml_reader reader = {
        .d = package_document(p), .handler = handler, .user = user, .source = &source};
    bool is_whole = false;
    int r = is_foreign_member(p, name, &is_whole);

    if (r == 0 && is_whole)
        return read_whole_member(p, name, handler, user);
    if (r == 0)
        r = package_member_open(p, name, &source.member);
    if (r != 0)
        return r;
    r = run(&reader);
    package_member_close(source.member);
    return r;
}
