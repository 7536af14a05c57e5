/* sidecar.c - reads a sidecar; see include/extract/sidecar.h.
 *
 * The scanner (json_scan.c) validates the whole and tells of members as slices of the source. Members
 * with a meaning of their own are a table; all others go into the metadata as they are, and so does
 * what stands in the member "metadata", by the same table. Values are sidecar_value.c's.
 */
#include "extract/sidecar_scan.h"

#include "base/tag.h"
#include "base/utf8.h"
#include "extract/date.h"
#include "extract/document.h"
#include "extract/text/json_scan.h"

#include <stdio.h>
#include <string.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#define MAX_TAG_SOURCE 400

/* ---- members ---- */

static bool has_member(const struct sidecar *s, const char *key)
{
    for (size_t i = 0; i < s->n_members; i++)
        if (strcmp(s->members[i].key, key) == 0)
            return true;
    return false;
}

/* Begins a member of the metadata: its value is to be written to c->json. */
static struct sidecar_member *add_member(struct sidecar_scan *c, const char *key)
{
    struct sidecar *s = c->s;
    struct sidecar_member *m = &s->members[s->n_members];

    if (has_member(s, key)) {
        sidecar_refuse(c, "it is there twice");
        return NULL;
    }
    if (s->n_members == SIDECAR_MAX_MEMBERS) {
        sidecar_refuse(c, "there are too many members before it");
        return NULL;
    }
    s->n_members++;
    (void)snprintf(m->key, sizeof(m->key), "%s", key);
    m->at = s->values.size;
    c->json = json_begin(&s->values);
    return m;
}

static void end_member(struct sidecar_scan *c, struct sidecar_member *m)
{
    m->n = c->s->values.size - m->at;
    if (c->s->values.size > SIDECAR_MAX_VALUES_BYTES)
        sidecar_refuse(c, "with it, there is too much");
}

static void add_text(struct sidecar_scan *c, const char *key, struct slice text)
{
    struct sidecar_member *m = add_member(c, key);

    if (!m)
        return;
    json_strn(&c->json, NULL, text.at, text.n);
    end_member(c, m);
}

/* The text of a member that has to be one, at most so long; false: refused, or there is none. */
static bool take_text(struct sidecar_scan *c, struct slice v, size_t max_bytes, struct slice *ret)
{
    if (!sidecar_is_text(v)) {
        if (!sidecar_is_null(v))
            sidecar_refuse(c, "a text is expected");
        return false;
    }
    *ret = sidecar_text(c, v);
    if (ret->n > max_bytes)
        sidecar_refuse(c, "it is too long");
    return !c->failed && ret->n > 0;
}

static bool is_whole_number(struct slice v)
{
    size_t i = v.at[0] == '-';

    return v.n > i && v.n <= SIDECAR_MAX_NUMBER_BYTES && strspn(v.at + i, "0123456789") == v.n - i;
}

static void member_id(struct sidecar_scan *c, const char *key, struct slice v)
{
    struct sidecar *s = c->s;
    struct slice id = v;

    (void)key;
    if (sidecar_is_text(v))
        id = sidecar_text(c, v);
    else if (!is_whole_number(v))
        sidecar_refuse(c, "a text or a whole number is expected");
    if (id.n == 0)
        sidecar_refuse(c, "it is empty");
    if (id.n > SIDECAR_MAX_ID_BYTES)
        sidecar_refuse(c, "it is too long");
    if (s->external_id[0])
        sidecar_refuse(c, "it is there twice");
    if (!c->failed)
        (void)snprintf(s->external_id, sizeof(s->external_id), "%.*s", (int)id.n, id.at);
}

static void member_title(struct sidecar_scan *c, const char *key, struct slice v)
{
    struct slice text;

    (void)key;
    if (!take_text(c, v, MAX_TITLE_BYTES, &text))
        return;
    if (c->s->title.size > 0)
        sidecar_refuse(c, "it is there twice");
    buf_add(&c->s->title, text.at, text.n);
}

static void member_language(struct sidecar_scan *c, const char *key, struct slice v)
{
    struct sidecar *s = c->s;
    struct slice text;

    (void)key;
    if (!take_text(c, v, MAX_VALUE_BYTES, &text))
        return;
    if (s->language[0])
        sidecar_refuse(c, "it is there twice");
    else if (text.n >= sizeof(s->language) || !result_is_language(text.at, text.n))
        sidecar_refuse(c, "a language is expected, such as \"en\" or \"pt-BR\"");
    else
        (void)snprintf(s->language, sizeof(s->language), "%.*s", (int)text.n, text.at);
}

static void member_text(struct sidecar_scan *c, const char *key, struct slice v)
{
    struct slice text;

    if (take_text(c, v, MAX_VALUE_BYTES, &text))
        add_text(c, key, text);
}

static void member_date(struct sidecar_scan *c, const char *key, struct slice v)
{
    char iso[DATE_TEXT_BYTES];
    struct slice text;
    struct date date;

    if (!take_text(c, v, MAX_VALUE_BYTES, &text))
        return;
    if (date_parse_any(text.at, text.n, &date) && date_write(&date, iso))
        add_text(c, key, (struct slice){iso, strlen(iso)});
    else
        sidecar_refuse(c, "a date is expected, such as 2024-02-29 or 2024-02-29T13:05:00Z");
}

/* ---- tags ---- */

/* One form for letters that can be written in several. False: it does not fit. */
static bool compose(struct slice from, char ret[MAX_TAG_SOURCE], size_t *ret_n)
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *forms = unorm2_getNFCInstance(&status);
    UChar wide[MAX_TAG_SOURCE], composed[MAX_TAG_SOURCE];
    int32_t n = 0;

    u_strFromUTF8(wide, MAX_TAG_SOURCE, &n, from.at, (int32_t)from.n, &status);
    n = unorm2_normalize(forms, wide, n, composed, MAX_TAG_SOURCE, &status);
    u_strToUTF8(ret, MAX_TAG_SOURCE, &n, composed, n, &status);
    *ret_n = (size_t)n;
    return U_SUCCESS(status);
}

/* Whether it stands among the tags that were written so far: ,"a","b" */
static bool has_tag(const struct sidecar_scan *c, const char *tag)
{
    char quoted[TAG_MAX_BYTES + 3];
    const struct buf *values = &c->s->values;
    int n = snprintf(quoted, sizeof(quoted), "\"%s\"", tag);

    return values->size > c->tags_at &&
           memmem(values->data + c->tags_at, values->size - c->tags_at, quoted, (size_t)n);
}

static void take_tag(void *context, const char *value, size_t value_n)
{
    struct sidecar_scan *c = context;
    char source[MAX_TAG_SOURCE], tag[TAG_MAX_BYTES + 1];
    struct slice text;
    size_t n;
    int r;

    if (c->failed)
        return;
    if (value[0] != '"') {
        sidecar_refuse(c, "a list of texts is expected");
        return;
    }
    text = sidecar_text(c, (struct slice){value, value_n});
    r = text.n >= sizeof(source) || !compose(text, source, &n) ? TAG_LONG
                                                               : tag_normalise(source, n, tag);
    if (r != 0)
        sidecar_refuse(c,
                       r == TAG_LONG ? "a tag is too long" : "a tag has neither letter nor digit");
    else if (has_tag(c, tag))
        return;
    else if (c->n_tags++ == SIDECAR_MAX_TAGS)
        sidecar_refuse(c, "there are too many tags");
    else
        json_str(&c->json, NULL, tag);
}

static void member_tags(struct sidecar_scan *c, const char *key, struct slice v)
{
    struct json_scan list = {.text = v.at,
                             .size = v.n,
                             .max_depth = SIDECAR_MAX_DEPTH,
                             .element = take_tag,
                             .context = c};
    struct sidecar_member *m;

    if (v.at[0] != '[') {
        if (!sidecar_is_null(v))
            sidecar_refuse(c, "a list of texts is expected");
        return;
    }
    m = add_member(c, key);
    if (!m)
        return;
    c->tags_at = c->s->values.size;
    json_array_open(&c->json, NULL);
    if (json_scan_value(&list) != JSON_VALID)
        sidecar_refuse(c, "it is not JSON");
    json_array_close(&c->json);
    end_member(c, m);
}

/* ---- the whole ---- */

static void member_metadata(struct sidecar_scan *c, const char *key, struct slice v)
{
    (void)key;
    if (c->metadata.n > 0)
        sidecar_refuse(c, "it is there twice");
    else if (v.at[0] == '{')
        c->metadata = v; /* behind all others */
    else if (!sidecar_is_null(v))
        sidecar_refuse(c, "an object is expected");
}

static void member_reserved(struct sidecar_scan *c, const char *key, struct slice v)
{
    (void)key;
    (void)v;
    sidecar_refuse(c, "this name is penstock's own");
}

static void member_other(struct sidecar_scan *c, const char *key, struct slice v);

/* What stands in the metadata of a folder as one document. */
static void member_of_folder(struct sidecar_scan *c, const char *key, struct slice v)
{
    if (c->is_folder)
        member_reserved(c, key, v);
    else
        member_other(c, key, v);
}

/* The list of its files is folder_list.c's. */
static void member_documents(struct sidecar_scan *c, const char *key, struct slice v)
{
    if (!c->is_folder)
        member_other(c, key, v);
}

static void member_other(struct sidecar_scan *c, const char *key, struct slice v)
{
    struct sidecar_member *m;

    if (sidecar_is_null(v) || !(m = add_member(c, key)))
        return;
    sidecar_copy(c, NULL, v);
    end_member(c, m);
}

static const struct {
    const char *name;
    const char *key; /* in the metadata; NULL: the same */
    bool outside;    /* not in the member "metadata": there it is like any other */
    void (*take)(struct sidecar_scan *c, const char *key, struct slice v);
} known[] = {
    {"id", NULL, true, member_id},
    {"external_id", NULL, true, member_id},
    {"metadata", NULL, true, member_metadata},
    {"documents", NULL, true, member_documents},
    {"title", NULL, false, member_title},
    {"language", NULL, false, member_language},
    {"created_at", "created", false, member_date},
    {"created", NULL, false, member_date},
    {"modified_at", "modified", false, member_date},
    {"modified", NULL, false, member_date},
    {"tags", NULL, false, member_tags},
    {"source", NULL, false, member_text},
    {"creator", NULL, false, member_text},
    {"subject", NULL, false, member_text},
    {"keywords", NULL, false, member_text},
    {"description", NULL, false, member_text},
    {"publisher", NULL, false, member_text},
    {"rights", NULL, false, member_text},
    {"truncated", NULL, false, member_reserved},
    {"search", NULL, false, member_reserved},
    {"parts_limit", NULL, false, member_reserved},
    {"files", NULL, false, member_of_folder},
    {"file_count", NULL, false, member_of_folder},
    {"files_cut", NULL, false, member_of_folder},
};

static void on_member(void *context, const char *key, size_t key_n, const char *value,
                      size_t value_n)
{
    struct sidecar_scan *c = context;
    struct slice v = {value, value_n}, name;

    if (c->failed)
        return;
    name = sidecar_decode(c, (struct slice){key, key_n});
    (void)snprintf(c->key, sizeof(c->key), "%.*s",
                   (int)utf8_cut(name.at, name.n, MIN(name.n, (size_t)SIDECAR_MAX_KEY_BYTES)),
                   name.at);
    if (name.n == 0 || name.n > SIDECAR_MAX_KEY_BYTES) {
        sidecar_refuse(c, name.n == 0 ? "it has no name" : "its name is too long");
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        if (strcmp(known[i].name, c->key) == 0 && !(c->inside && known[i].outside)) {
            known[i].take(c, known[i].key ? known[i].key : known[i].name, v);
            return;
        }
    }
    member_other(c, c->key, v);
}

size_t sidecar_line_of(const char *text, size_t at)
{
    size_t line = 1;

    for (size_t i = 0; i < at; i++)
        line += text[i] == '\n';
    return line;
}

/* The one value of the text, each of its members told. */
static int scan_object(struct sidecar_scan *c, const char *text, size_t size)
{
    struct json_scan whole = {.text = text, .size = size, .max_depth = SIDECAR_MAX_DEPTH};
    enum json_verdict v = json_scan_value(&whole);

    if (v == JSON_TOO_DEEP) {
        reason_set(c->why, "it is nested more than %d deep", SIDECAR_MAX_DEPTH);
        return SIDECAR_WRONG;
    }
    if (v != JSON_VALID || whole.at < size) {
        reason_set(c->why, "it is not JSON: line %zu", sidecar_line_of(text, whole.at));
        return SIDECAR_WRONG;
    }
    whole.at = 0;
    whole.member = on_member;
    whole.context = c;
    (void)json_scan_value(&whole);
    return c->failed ? SIDECAR_WRONG : 0;
}

static bool is_object(const char *text, size_t size)
{
    size_t i = 0;

    while (i < size && is_space(text[i]))
        i++;
    return i < size && text[i] == '{';
}

static int scan_text(struct sidecar_scan *c, const char *text, size_t size)
{
    int r;

    if (size > 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        size -= 3;
    }
    if (utf8_valid_prefix(text, size) < size) {
        reason_set(c->why, "it is not UTF-8: line %zu",
                   sidecar_line_of(text, utf8_valid_prefix(text, size)));
        return SIDECAR_WRONG;
    }
    if (!is_object(text, size)) {
        reason_set(c->why, "an object is expected, and there is %s",
                   size == 0 ? "nothing" : "something else");
        return SIDECAR_WRONG;
    }
    r = scan_object(c, text, size);
    if (r == 0 && c->metadata.n > 0) {
        c->inside = true;
        r = scan_object(c, c->metadata.at, c->metadata.n);
    }
    return r;
}

int sidecar_too_large(struct reason *why)
{
    reason_set(why, "it has more than %d bytes", SIDECAR_MAX_BYTES);
    return SIDECAR_WRONG;
}

static int read_about(struct sidecar_scan *c, const char *bytes, size_t size)
{
    struct sidecar *s = c->s;
    int r;

    s->external_id[0] = s->language[0] = '\0';
    s->n_members = 0;
    buf_clear(&s->title);
    buf_clear(&s->values);
    r = scan_text(c, bytes, size);
    if (buf_error(&s->title) || buf_error(&s->values) || buf_error(&c->text))
        r = -ENOMEM;
    buf_done(&c->text);
    return r;
}

int sidecar_read(struct sidecar *s, const char *bytes, size_t size, struct reason *why)
{
    struct sidecar_scan c = {.s = s, .why = why};

    return size > SIDECAR_MAX_BYTES ? sidecar_too_large(why) : read_about(&c, bytes, size);
}

int sidecar_read_folder(struct sidecar *s, const char *bytes, size_t size, struct reason *why)
{
    struct sidecar_scan c = {.s = s, .why = why, .is_folder = true};

    return read_about(&c, bytes, size);
}

void sidecar_done(struct sidecar *s)
{
    buf_done(&s->title);
    buf_done(&s->values);
}
