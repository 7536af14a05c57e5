/* format_html.c - HTML as a reader sees it: the text, its title, what its meta elements say.
 *
 * libxml2's push parser calls back for tags and text; no tree is built, because libxml2's tree
 * drops what is nested deeper than 256 elements. White space collapses as in a browser, except in
 * <pre>; block elements stand on lines of their own; scripts, styles and templates are left out.
 * The bytes are UTF-8 already, so what the page says about its encoding is ignored here.
 *
 * Hostile pages: libxml2 looks through all open elements at many an end tag, and compares each
 * attribute of a tag with each. So elements below the depth limit are taken off its stack (their
 * text is kept), tags with hundreds of attributes are fed without them (html_thin.c), and a page of
 * tens of thousands of different names is refused (it becomes plain text). All three keep the time
 * linear in the size.
 *
 * The same reader appends chapters of books to a document (html.h): what such a page says about
 * itself is not about the book, so its title and meta elements are passed over.
 */
#include "extract/extractor.h"
#include "extract/guard.h"
#include "extract/markup/html.h"
#include "extract/markup/html_meta.h"
#include "extract/markup/html_thin.h"

#include <libxml/HTMLparser.h>
#include <string.h>
#include <strings.h>

enum { PIECE_BYTES = 64 * 1024, MAX_CAPTURE_BYTES = 4 * MAX_TITLE_BYTES, KNOWN_NAMES = 128 };

/* What a tag means for the text. */
enum tag_class {
    TAG_INLINE,
    TAG_BLOCK,
    TAG_BREAK, /* a line end of its own */
    TAG_CELL,
    TAG_PRE,
    TAG_SKIP, /* its content is not for readers */
    TAG_TITLE,
    TAG_HTML,
    TAG_IMAGE,
    TAG_META,
    TAG_LINK,
};

static const struct {
    const char *name;
    enum tag_class class;
} tags[] = {
    {"", TAG_INLINE}, /* slot 0 means: no such tag */
    {"address", TAG_BLOCK},    {"article", TAG_BLOCK},    {"aside", TAG_BLOCK},
    {"blockquote", TAG_BLOCK}, {"body", TAG_BLOCK},       {"br", TAG_BREAK},
    {"caption", TAG_BLOCK},    {"center", TAG_BLOCK},     {"dd", TAG_BLOCK},
    {"details", TAG_BLOCK},    {"dialog", TAG_BLOCK},     {"dir", TAG_BLOCK},
    {"div", TAG_BLOCK},        {"dl", TAG_BLOCK},         {"dt", TAG_BLOCK},
    {"fieldset", TAG_BLOCK},   {"figcaption", TAG_BLOCK}, {"figure", TAG_BLOCK},
    {"footer", TAG_BLOCK},     {"form", TAG_BLOCK},       {"h1", TAG_BLOCK},
    {"h2", TAG_BLOCK},         {"h3", TAG_BLOCK},         {"h4", TAG_BLOCK},
    {"h5", TAG_BLOCK},         {"h6", TAG_BLOCK},         {"head", TAG_BLOCK},
    {"header", TAG_BLOCK},     {"hr", TAG_BLOCK},         {"html", TAG_HTML},
    {"img", TAG_IMAGE},        {"legend", TAG_BLOCK},     {"li", TAG_BLOCK},
    {"link", TAG_LINK},        {"listing", TAG_PRE},      {"main", TAG_BLOCK},
    {"menu", TAG_BLOCK},       {"meta", TAG_META},        {"nav", TAG_BLOCK},
    {"noscript", TAG_SKIP},    {"ol", TAG_BLOCK},         {"optgroup", TAG_BLOCK},
    {"option", TAG_BLOCK},     {"p", TAG_BLOCK},          {"plaintext", TAG_PRE},
    {"pre", TAG_PRE},          {"script", TAG_SKIP},      {"search", TAG_BLOCK},
    {"section", TAG_BLOCK},    {"select", TAG_BLOCK},     {"style", TAG_SKIP},
    {"summary", TAG_BLOCK},    {"table", TAG_BLOCK},      {"tbody", TAG_BLOCK},
    {"td", TAG_CELL},          {"template", TAG_SKIP},    {"textarea", TAG_PRE},
    {"tfoot", TAG_BLOCK},      {"th", TAG_CELL},          {"thead", TAG_BLOCK},
    {"title", TAG_TITLE},      {"tr", TAG_BLOCK},         {"ul", TAG_BLOCK},
    {"xmp", TAG_PRE},
};

/* What stands between the last text and the next; the strongest wins. */
enum gap { GAP_NONE, GAP_SPACE, GAP_CELL, GAP_LINE };

static const char gap_chars[] = {'\0', ' ', '\t', '\n'};

struct page {
    struct extractor *x;
    struct document *d;
    const char *text;
    size_t size;
    htmlParserCtxtPtr parser;
    struct facts facts; /* what its meta elements say */
    enum gap gap;
    unsigned skip; /* open elements whose content is left out */
    unsigned pre;
    bool is_chapter; /* of a document that has its own title and metadata */
    bool in_title;
    bool crowded; /* too many different names */
    bool at_pre;  /* no text yet in the innermost <pre>: its first line end does not count */
    struct {
        const xmlChar *name;
        enum tag_class class;
    } known[KNOWN_NAMES]; /* by address: the parser has each name once, as long as it lives */
};

/* Hashes a lowercase name; all names of the table fall into different slots or the next free one.
 */
static size_t tag_slot(const char *name)
{
    unsigned hash = 0;

    for (unsigned i = 0; name[i] && i < 12; i++)
        hash = hash * 31 + (unsigned char)name[i];
    return hash % TAG_SLOTS;
}

void html_init(struct extractor *x)
{
    size_t slot;

    for (size_t i = 1; i < ARRAY_SIZE(tags); i++) {
        for (slot = tag_slot(tags[i].name); x->tag_slots[slot]; slot = (slot + 1) % TAG_SLOTS)
            ;
        x->tag_slots[slot] = (unsigned char)i;
    }
}

static enum tag_class look_up(const struct page *page, const xmlChar *name)
{
    size_t slot = tag_slot((const char *)name);
    unsigned i;

    for (; (i = page->x->tag_slots[slot]); slot = (slot + 1) % TAG_SLOTS) {
        if (strcmp(tags[i].name, (const char *)name) == 0)
            return tags[i].class;
    }
    return TAG_INLINE;
}

static enum tag_class classify(struct page *page, const xmlChar *name)
{
    size_t i = ((uintptr_t)name >> 2) % KNOWN_NAMES;

    if (page->known[i].name != name) {
        page->known[i].class = look_up(page, name);
        page->known[i].name = name;
    }
    return page->known[i].class;
}

static void set_gap(struct page *page, enum gap gap)
{
    if (gap > page->gap && page->skip == 0)
        page->gap = gap;
}

/* Writes the gap that is due before more text. */
static void close_gap(struct page *page)
{
    const struct buf *body = &page->d->out->body;

    if (page->gap != GAP_NONE && body->size > 0 &&
        !(page->gap == GAP_LINE && body->data[body->size - 1] == '\n'))
        result_text(page->d, &gap_chars[page->gap], 1);
    page->gap = GAP_NONE;
}

/* Adds text with its white space collapsed. */
static void add_collapsed(struct page *page, const char *text, size_t n)
{
    size_t i = 0, start;

    while (i < n) {
        if (is_space(text[i])) {
            set_gap(page, GAP_SPACE);
            i++;
            continue;
        }
        /* one run up to a space that does not stand alone: copied at once */
        for (start = i; i < n; i++) {
            if ((unsigned char)text[i] <= ' ' && is_space(text[i]) &&
                (text[i] != ' ' || i + 1 == n || is_space(text[i + 1])))
                break;
        }
        close_gap(page);
        result_text(page->d, text + start, i - start);
    }
}

static void add_verbatim(struct page *page, const char *text, size_t n)
{
    size_t skipped = page->at_pre && n > 0 && text[0] == '\n';

    page->at_pre = false;
    if (n == skipped)
        return;
    close_gap(page);
    result_text(page->d, text + skipped, n - skipped);
}

static void on_text(void *context, const xmlChar *text, int n)
{
    struct page *page = context;
    const char *bytes = (const char *)text;

    if (page->in_title) {
        buf_add(&page->x->scratch, bytes,
                MIN((size_t)n,
                    MAX_CAPTURE_BYTES - MIN(page->x->scratch.size, (size_t)MAX_CAPTURE_BYTES)));
    } else if (page->skip > 0) {
        return;
    } else if (page->pre > 0) {
        add_verbatim(page, bytes, (size_t)n);
    } else {
        add_collapsed(page, bytes, (size_t)n);
    }
}

static const char *attribute(const xmlChar **attributes, const char *name)
{
    for (; attributes && attributes[0]; attributes += 2) {
        if (strcmp((const char *)attributes[0], name) == 0)
            return (const char *)attributes[1];
    }
    return NULL;
}

static void on_meta(struct page *page, const xmlChar **attributes)
{
    static const char *const keys[] = {"name", "property", "http-equiv", "itemprop"};
    const char *name = NULL, *content = attribute(attributes, "content");

    for (size_t i = 0; !name && i < ARRAY_SIZE(keys); i++)
        name = attribute(attributes, keys[i]);
    if (name && content && !page->is_chapter)
        html_meta_take(&page->facts, name, content);
}

static void on_link(struct page *page, const xmlChar **attributes)
{
    const char *rel = attribute(attributes, "rel"), *href = attribute(attributes, "href");

    if (rel && href && !page->is_chapter)
        html_meta_link(&page->facts, rel, href);
}

static void on_image(struct page *page, const char *alt)
{
    if (!alt || !*alt || page->skip > 0)
        return;
    set_gap(page, GAP_SPACE);
    add_collapsed(page, alt, strlen(alt));
    set_gap(page, GAP_SPACE);
}

static void on_html(struct page *page, const xmlChar **attributes)
{
    const char *language = attribute(attributes, "lang");

    if (!language)
        language = attribute(attributes, "xml:lang");
    if (language)
        result_language(page->d, language, strlen(language));
}

/* Takes the element that was just opened off libxml2's stack again: its end tag will mean nothing.
 */
static void forget_element(htmlParserCtxtPtr parser)
{
    parser->nameNr--;
    parser->name = parser->nameNr > 0 ? parser->nameTab[parser->nameNr - 1] : NULL;
}

static bool is_too_deep(const struct page *page, enum tag_class class)
{
    if (page->parser->nameNr <= 1 || (unsigned)page->parser->nameNr <= page->d->limits->max_depth)
        return false;
    return page->skip > 0 || class != TAG_SKIP;
}

static void end_title(struct page *page)
{
    if (!page->is_chapter)
        result_title(page->d, buf_text(&page->x->scratch), page->x->scratch.size);
    buf_clear(&page->x->scratch);
    page->in_title = false;
}

static void on_start(void *context, const xmlChar *name, const xmlChar **attributes)
{
    struct page *page = context;
    enum tag_class class = classify(page, name);
    bool forgotten = is_too_deep(page, class);

    if (forgotten)
        forget_element(page->parser);
    if (class == TAG_INLINE)
        return;
    if (page->in_title)
        end_title(page); /* it was never closed; the page must not vanish in it */
    if (class == TAG_IMAGE)
        on_image(page, attribute(attributes, "alt"));
    else if (class == TAG_META)
        on_meta(page, attributes);
    else if (class == TAG_LINK)
        on_link(page, attributes);
    else if (class == TAG_HTML)
        on_html(page, attributes);
    else if (class == TAG_TITLE)
        page->in_title = !forgotten;
    else if (class == TAG_SKIP)
        page->skip += !forgotten;
    else
        set_gap(page, class == TAG_CELL ? GAP_CELL : GAP_LINE);
    if (class == TAG_PRE && !forgotten) {
        page->pre++;
        page->at_pre = true;
    }
}

static void on_end(void *context, const xmlChar *name)
{
    struct page *page = context;
    enum tag_class class = classify(page, name);

    if (class == TAG_SKIP && page->skip > 0)
        page->skip--;
    if (class == TAG_PRE && page->pre > 0)
        page->pre--;
    if (class == TAG_BLOCK || class == TAG_PRE)
        set_gap(page, GAP_LINE);
    if (class == TAG_CELL)
        set_gap(page, GAP_CELL);
    if (class == TAG_TITLE)
        end_title(page);
}

/* Feeds the page without what means nothing for its text. */
static void feed_all(struct page *page)
{
    char piece[PIECE_BYTES];
    struct html_thin thin;
    size_t n;

    html_thin_init(&thin, page->text, page->size);
    while (!page->crowded && !result_is_full(page->d) &&
           (n = html_thin_read(&thin, piece, sizeof(piece))) > 0) {
        (void)htmlParseChunk(page->parser, piece, (int)n, 0);
        page->crowded = guard_is_crowded(page->parser->dict);
    }
    (void)htmlParseChunk(page->parser, NULL, 0, 1);
}

static void parse(void *context)
{
    struct page *page = context;
    htmlSAXHandler sax = {.startElement = on_start,
                          .endElement = on_end,
                          .characters = on_text,
                          .ignorableWhitespace = on_text,
                          .cdataBlock = on_text};

    page->parser = htmlCreatePushParserCtxt(&sax, page, NULL, 0, NULL, XML_CHAR_ENCODING_UTF8);
    if (!page->parser)
        return;
    (void)htmlCtxtUseOptions(page->parser, HTML_PARSE_RECOVER | HTML_PARSE_NONET |
                                               HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                                               HTML_PARSE_IGNORE_ENC);
    feed_all(page);
}

static int read_page(struct page *page)
{
    int r = guard_run(parse, page);

    facts_write(&page->facts, page->d);
    if (!page->parser)
        return -ENOMEM;
    htmlFreeParserCtxt(page->parser);
    if (r < 0)
        return r;
    return page->crowded ? EXTRACT_REFUSED : 0;
}

int extract_html(struct extractor *x, struct document *d)
{
    struct page page = {.x = x, .d = d, .text = d->text, .size = d->size};

    return read_page(&page);
}

int html_append_text(struct extractor *x, struct document *d, const char *text, size_t n)
{
    struct page page = {
        .x = x, .d = d, .text = text, .size = n, .gap = GAP_LINE, .is_chapter = true};
    struct buf *body = &d->out->body;
    size_t before = body->size, begin;
    int r;

    if (before > 0)
        result_text(d, "\n\n", body->data[before - 1] == '\n' ? 1 : 2);
    begin = body->size;
    r = read_page(&page);
    buf_clear(&x->scratch);
    if (body->size == begin) /* a page without text leaves no blank line */
        buf_truncate(body, before);
    return r;
}
