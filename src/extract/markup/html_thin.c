/* html_thin.c - leaves out of an HTML page what means nothing for its text.
 *
 * Most of what libxml2 does with a page concerns attributes that nobody reads, and elements like
 * <span> and <a>. So this goes first, at the speed of memory. What it leaves out:
 *
 *   - the attributes of a tag, except those of <html>, <link>, <meta> and <img>; but of these as
 *     well when there are hundreds, because libxml2 compares each with each;
 *   - the content of <script> and <style>;
 *   - white space between a tag and a start tag of a block element, and behind the latter, except
 *     where white space counts (<pre>);
 *   - start and end tags of inline elements that hold nothing but text, references, images and
 *     other such elements, in a body that was opened by its tag.
 *
 * It promises that the parser makes the same of what is left. It can, because it changes only what
 * it understands as libxml2 does: a tag is left out where it would neither close another element
 * nor open one that the page leaves to be implied, and not where the text on both sides would join
 * to a tag or a reference. At the first thing that is not plain (a quote in the wrong place, a
 * CDATA section, a comment that never ends) it stops thinning: from there on the page goes through
 * as it is, but for the attributes of giant tags. One pass, plus a look ahead of bounded length at
 * the start of an inline element; no memory but the structure.
 */
#include "extract/markup/html_thin.h"

#include "extract/document.h"
#include "extract/markup/markup.h"

#include <string.h>
#include <strings.h>

enum {
    MAX_INLINE_BYTES = 4096,    /* an inline element that is longer is kept */
    MAX_INLINE_DEPTH = 8,       /* and one that is nested deeper */
    MAX_REFERENCE_BYTES = 64,   /* a word that is longer may be the end of a reference */
    MAX_MARKUP_BYTES = 1 << 20, /* what is longer is not plain: libxml2 has limits */
};

/* What a tag means here. */
enum thin_role {
    THIN_OTHER,
    THIN_ANCHOR, /* as THIN_INLINE, but closes one that is open */
    THIN_INLINE, /* its tags can be left out */
    THIN_VOID,   /* stands in an inline element and has no content */
    THIN_IMAGE,  /* the same, and its attributes are read */
    THIN_READ,   /* its attributes are read */
    THIN_RAW,    /* its content is not markup */
    THIN_BLOCK,  /* begins a line or cell: white space around its start tag means nothing */
    THIN_PRE,    /* white space counts in it */
    THIN_BODY,
    THIN_HEAD, /* its end may end the body */
};

/* Names of at most eight bytes. */
static const struct {
    enum thin_role role;
    const char *names;
} roles[] = {
    {THIN_ANCHOR, "a"},
    {THIN_INLINE, "abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label "
                  "mark q s samp small span strike strong sub sup time tt u var"},
    {THIN_VOID, "br"},
    {THIN_IMAGE, "img"},
    {THIN_READ, "html link meta"},
    {THIN_RAW, "script style"},
    {THIN_BLOCK, "address article aside caption center dd details dialog dir div dl dt "
                 "fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr legend li main "
                 "menu nav ol option p search section select summary table tbody td tfoot th "
                 "thead tr ul"},
    {THIN_PRE, "listing pre textarea xmp"},
    {THIN_BODY, "body"},
    {THIN_HEAD, "head"},
};

static size_t key_slot(uint64_t key)
{
    return (key * 0x9e3779b97f4a7c15u) >> 56; /* of 256 */
}

/* Where the name is in the table, or the free place for it. */
static struct thin_slot *find_slot(struct html_thin *t, uint64_t key)
{
    size_t i = key_slot(key);

    while (t->slots[i].key && t->slots[i].key != key)
        i = (i + 1) % ARRAY_SIZE(t->slots);
    return &t->slots[i];
}

static void add_names(struct html_thin *t, enum thin_role role, const char *name)
{
    uint64_t key;
    size_t n;

    for (; *name; name += n + (name[n] == ' ')) {
        n = strcspn(name, " ");
        key = html_name_key(name, n);
        *find_slot(t, key) = (struct thin_slot){key, role};
    }
}

void html_thin_init(struct html_thin *t, const char *text, size_t size)
{
    *t = (struct html_thin){.page = {text, size}};
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
        add_names(t, roles[i].role, roles[i].names);
}

static bool read_tag(struct html_thin *t, size_t begin, struct html_tag *tag)
{
    if (!html_read_tag(&t->page, begin, tag))
        return false;
    tag->role = tag->key ? find_slot(t, tag->key)->role : THIN_OTHER;
    return true;
}

/* The text before `at` may be the beginning of a reference that goes on behind it. */
static bool is_in_reference(const struct html_thin *t, size_t at)
{
    for (unsigned n = 0; n < MAX_REFERENCE_BYTES; n++) {
        if (at == 0)
            return false;
        at--;
        if (!html_is_kind(t->page.text[at], HTML_REFERENCE))
            return t->page.text[at] == '&';
    }
    return true;
}

static bool is_inline(const struct html_tag *tag)
{
    return tag->role == THIN_INLINE || tag->role == THIN_ANCHOR;
}

/* The elements that are open where pass_inline() looks. */
struct nest {
    uint64_t open[MAX_INLINE_DEPTH];
    size_t n;
};

/* An <a> here would close another one. */
static bool closes_anchor(const struct html_thin *t, const struct nest *nest, uint64_t key)
{
    for (size_t i = 0; i < nest->n; i++) {
        if (nest->open[i] == key)
            return true;
    }
    return t->has_anchor;
}

/* Leaves [begin, end) out. */
static void leave_out(struct html_thin *t, size_t begin, size_t end)
{
    if (begin < end)
        t->cuts[t->n_cuts++] = (struct thin_cut){begin, end};
}

/* Goes past a tag that opens or is in an inline element; false when that cannot be left out. */
static bool pass_tag(struct html_thin *t, struct nest *nest, const struct html_tag *tag)
{
    if (is_in_reference(t, tag->begin) || t->n_cuts == THIN_MAX_CUTS)
        return false;
    if (tag->role == THIN_VOID || tag->role == THIN_IMAGE)
        return !tag->is_end && tag->n_attributes <= MARKUP_MAX_ATTRIBUTES;
    leave_out(t, tag->begin, tag->end);
    if (tag->is_end)
        return nest->n > 0 && nest->open[--nest->n] == tag->key;
    if (!is_inline(tag) || (tag->role == THIN_ANCHOR && closes_anchor(t, nest, tag->key)))
        return false;
    if (tag->is_closed)
        return true;
    if (nest->n == MAX_INLINE_DEPTH)
        return false;
    nest->open[nest->n++] = tag->key;
    return true;
}

/* Leaves out the tags of the inline element that begins with this one, and those in it; false when
 * there is more in it than text, references and what else means nothing. */
static bool pass_inline(struct html_thin *t, const struct html_tag *first)
{
    size_t end = MIN(t->page.size, first->begin + MAX_INLINE_BYTES);
    const struct html_tag *tag = first;
    struct nest nest;
    struct html_tag other;
    const char *next;

    for (nest.n = 0; pass_tag(t, &nest, tag); tag = &other) {
        if (nest.n == 0) {
            t->scanned = tag->end;
            return true;
        }
        next = tag->end < end ? memchr(t->page.text + tag->end, '<', end - tag->end) : NULL;
        if (!next || !read_tag(t, (size_t)(next - t->page.text), &other))
            break;
    }
    t->n_cuts = 0;
    return false;
}

/* Behind the content of <script> or <style>: at what libxml2 takes for its end tag, or `size`. */
static size_t skip_raw(const struct html_thin *t, const struct html_tag *tag)
{
    const char *name = t->page.text + tag->begin + 1, *end;
    size_t n = tag->name_end - tag->begin - 1, at = tag->end;

    while ((end = memchr(t->page.text + at, '<', t->page.size - at))) {
        at = (size_t)(end - t->page.text) + 1;
        if (t->page.size - at > n && t->page.text[at] == '/' &&
            strncasecmp(t->page.text + at + 1, name, n) == 0)
            return at - 1;
    }
    return t->page.size;
}

/* Keeps account of elements in which white space counts. With another element in it, the end tag of
 * such a one may not end it: then it is never certain again. */
static void note_pre(struct html_thin *t, const struct html_tag *tag)
{
    bool is_plaintext =
        tag->name_end - tag->begin == 10 &&
        starts_with(t->page.text + tag->begin + 1, t->page.size - tag->begin - 1, "plaintext");

    if (tag->role == THIN_PRE && t->pre == NOT_IN_PRE && !tag->is_closed) {
        t->pre = IN_PRE;
        t->pre_key = tag->key;
    } else if (is_plaintext || tag->role == THIN_PRE) {
        t->pre = PERHAPS_IN_PRE;
    } else if (t->pre == IN_PRE && !is_inline(tag) && tag->role != THIN_VOID &&
               tag->role != THIN_IMAGE) {
        t->pre = PERHAPS_IN_PRE;
    }
}

/* Leaves out the white space between the last tag and this one. */
static void leave_out_blanks_before(struct html_thin *t, const struct html_tag *tag)
{
    size_t begin = tag->begin;

    while (begin > t->scanned && html_is_kind(t->page.text[begin - 1], HTML_BLANK))
        begin--;
    if (begin == t->scanned && t->page.text[begin - 1] == '>')
        leave_out(t, begin, tag->begin);
}

static void plan_start_tag(struct html_thin *t, const struct html_tag *tag)
{
    bool is_read = tag->role == THIN_READ || tag->role == THIN_IMAGE, is_block;

    if (is_inline(tag) && t->in_body && t->page.text[tag->begin - 1] != '<' && pass_inline(t, tag))
        return;
    note_pre(t, tag);
    is_block = tag->role == THIN_BLOCK && t->in_body && t->pre == NOT_IN_PRE;
    if (is_block)
        leave_out_blanks_before(t, tag);
    t->scanned = is_block ? html_skip_kind(&t->page, tag->end, HTML_BLANK) : tag->end;
    t->has_anchor |= tag->role == THIN_ANCHOR;
    t->in_body |= tag->role == THIN_BODY;
    if (tag->n_attributes > MARKUP_MAX_ATTRIBUTES || !(is_read || tag->has_tags))
        leave_out(t, tag->name_end, tag->attributes_end);
    if (tag->role == THIN_RAW && !tag->is_closed)
        t->scanned = skip_raw(t, tag);
    leave_out(t, tag->end, t->scanned);
}

static void plan_end_tag(struct html_thin *t, const struct html_tag *tag)
{
    t->scanned = tag->end;
    if (tag->role == THIN_BODY || tag->role == THIN_HEAD || tag->role == THIN_READ)
        t->in_body = false;
    if (t->pre == IN_PRE && tag->key == t->pre_key)
        t->pre = NOT_IN_PRE;
}

/* Behind a comment; 0 when it is not plain. */
static size_t skip_comment(const struct html_thin *t, size_t at)
{
    const char *body = t->page.text + at + 4;
    size_t room = MIN(t->page.size - at - 4, (size_t)MAX_MARKUP_BYTES);
    const char *end = memmem(body, room, "-->", 3);

    if (!end || *body == '>' || starts_with(body, room, "->") ||
        memmem(body, (size_t)(end - body), "--!>", 4))
        return 0;
    return (size_t)(end - t->page.text) + 3;
}

/* Behind a document type or processing instruction; 0 when it is not plain. */
static size_t skip_declaration(const struct html_thin *t, size_t at)
{
    size_t doubles = 0, singles = 0;

    for (size_t i = at + 2; i < t->page.size && i - at < MAX_MARKUP_BYTES; i++) {
        if (t->page.text[i] == '>')
            return doubles % 2 + singles % 2 > 0 || doubles * singles > 0 ? 0 : i + 1;
        if (t->page.text[i] == '<' || t->page.text[i] == '[')
            return 0;
        doubles += t->page.text[i] == '"';
        singles += t->page.text[i] == '\'';
    }
    return 0;
}

/* Behind what begins with this '<' and is no tag; 0 when it is not plain. */
static size_t skip_other(const struct html_thin *t, size_t at)
{
    const char *text = t->page.text + at;
    size_t size = t->page.size - at;

    if (starts_with(text, size, "<!--"))
        return skip_comment(t, at);
    if (starts_with(text, size, "<!doctype") ||
        (starts_with(text, size, "<?") && size > 2 && is_alpha(text[2])))
        return skip_declaration(t, at);
    return size > 1 && (html_is_kind(text[1], HTML_BLANK) || strchr("<=&-", text[1]) ||
                        (text[1] >= '0' && text[1] <= '9'))
               ? at + 1 /* a '<' that stands for itself */
               : 0;
}

/* Plans what is left out of the markup at a '<'. */
static void plan_markup(struct html_thin *t, size_t at)
{
    struct html_tag tag;

    if (!read_tag(t, at, &tag)) {
        t->scanned = skip_other(t, at);
        t->is_blind = t->scanned == 0;
    } else if (tag.is_end) {
        plan_end_tag(t, &tag);
    } else {
        plan_start_tag(t, &tag);
    }
    if (t->is_blind)
        t->scanned = at;
}

/* Leaves out the attributes of the next giant tag. */
static void plan_giant_tag(struct html_thin *t)
{
    size_t begin, end;

    if (!markup_find_giant_tag(t->page.text, t->page.size, t->scanned, &begin, &end))
        return;
    for (begin++; begin < end && (is_alnum(t->page.text[begin]) || t->page.text[begin] == '-');
         begin++)
        ;
    t->scanned = end;
    leave_out(t, begin, end - (t->page.text[end - 1] == '>'));
}

/* Finds what is left out next; nothing of the rest when there is no more of that. */
static void plan(struct html_thin *t)
{
    const char *next;

    t->n_cuts = t->next_cut = 0;
    while (!t->is_blind && t->n_cuts == 0 &&
           (next = memchr(t->page.text + t->scanned, '<', t->page.size - t->scanned)))
        plan_markup(t, (size_t)(next - t->page.text));
    if (t->is_blind)
        plan_giant_tag(t);
    if (t->n_cuts == 0)
        t->cuts[t->n_cuts++] = (struct thin_cut){t->page.size, t->page.size};
}

size_t html_thin_read(struct html_thin *t, char *piece, size_t room)
{
    const struct thin_cut *cut;
    size_t n = 0, part;

    while (n < room && t->at < t->page.size) {
        if (t->next_cut == t->n_cuts)
            plan(t);
        cut = &t->cuts[t->next_cut];
        part = MIN(room - n, cut->begin - t->at);
        memcpy(piece + n, t->page.text + t->at, part);
        n += part;
        t->at += part;
        if (t->at == cut->begin) {
            t->at = cut->end;
            t->next_cut++;
        }
    }
    return n;
}
