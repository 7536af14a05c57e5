/* extract.c - the driver: bytes -> signature or text -> row of the table -> its extractor ->
 * extraction.
 *
 * Each family of text that the content may be is tried in turn; the last, plain text, takes
 * anything, so every text ends with a body. What is not text ends with its type and nothing else.
 * The extraction is valid by construction (result.c); the last check here is a second line, for
 * libraries that err.
 */
#include "extract/extract.h"

#include "base/utf8.h"
#include "extract/guard.h"
#include "extract/language/language.h"
#include "extract/ocr/ocr.h"
#include "extract/part.h"
#include "extract/sidecar_apply.h"
#include "extract/sniff.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static const char empty_type[] = "application/x-empty";

/* Runs every extractor once, so that what the libraries load lazily is loaded now. */
static int warm_up(struct extractor *x, struct reason *why)
{
    static const char *const samples[] = {
        "<!DOCTYPE html><html lang=en><title>t</title><p>a &eacute; <img alt=b>",
        "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY e \"x\">]><a><title>t</title>&e;</a>",
        "{\"title\": [1, \"t\"]}",
        "---\ntitle: t\n---\n# t\n",
        "caf\xe9 cr\xe8me",
        "This is a text that is long enough for its language to be found, which a library does "
        "once.",
        "%PDF-1.4\n1 0 obj<</Pages 2 0 R>>endobj 2 0 obj<</Kids[3 0 R]/Count 1>>endobj "
        "3 0 obj<</Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F<</Subtype/Type1/BaseFont"
        "/Helvetica>>>>>>>>endobj 4 0 obj<<>>stream\nBT/F 9 Tf(x)Tj ET\nendstream endobj "
        "trailer<</Root 1 0 R>>",
        "PK\3\4\24 \1\10\1 \1Y\1Y\1\1\1\1\1\1\1\1\1\1\1\1\2 \1 \xc3\xa9",
        "\0\1\2\3\4\5\6\7",
    };
    static const size_t binary_size = 8;
    static const char tags[] = "{\"tags\": [\"\\u00e9\"]}";
    struct sidecar sidecar = {0};
    struct extraction out = {0};
    struct extract_input in = {.name = "warm.md"};
    int r = sidecar_read(&sidecar, tags, strlen(tags), why);

    sidecar_done(&sidecar);
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(samples); i++) {
        in.bytes = samples[i];
        in.size = i + 1 == ARRAY_SIZE(samples) ? binary_size : strlen(samples[i]);
        r = extract_document(x, &in, &out);
    }
    extraction_done(&out);
    return r;
}

int extract_open(const struct extract_limits *limits, struct extractor **ret, struct reason *why)
{
    struct extractor *x = calloc(1, sizeof(*x));
    int r;

    if (!x)
        return -ENOMEM;
    x->limits = *limits;
    (void)setlocale(LC_CTYPE, "C.UTF-8"); /* libarchive makes names by it */
    guard_init();
    html_init(x);
    r = decoder_init(&x->decoder, why);
    if (r == 0)
        r = sniff_init(x, why);
    if (r == 0)
        r = ocr_open(&limits->ocr, &x->ocr);
    if (r == 0)
        r = warm_up(x, why);
    if (r < 0) {
        extract_close(x);
        return r;
    }
    *ret = x;
    return 0;
}

struct extractor *extract_close(struct extractor *x)
{
    if (!x)
        return NULL;
    extract_close(x->inner);
    ocr_close(x->ocr);
    sniff_done(x);
    decoder_done(&x->decoder);
    buf_done(&x->scratch);
    free(x);
    return NULL;
}

struct extractor *extractor_inner(struct extractor *x)
{
    struct reason why = {""};
    struct extractor *inner;

    if (x->inner)
        return x->inner;
    inner = calloc(1, sizeof(*inner));
    if (!inner)
        return NULL;
    inner->limits = x->limits;
    inner->outer = x;
    html_init(inner);
    if (decoder_init(&inner->decoder, &why) < 0)
        inner = extract_close(inner);
    x->inner = inner;
    return inner;
}

/* Leaves only well-formed text in a body, whatever a library delivered. */
static void check_body(struct document *d)
{
    struct buf *body = &d->out->body;
    size_t valid = utf8_valid_prefix(buf_text(body), body->size);

    if (valid < body->size) {
        buf_truncate(body, valid);
        d->out->truncated = true;
    }
}

/* It was read, by the extractor of this row. */
static void finish(struct document *d, const struct format *f)
{
    d->out->supported = true;
    check_body(d);
    if (d->limits->detect_language && !f->is_data)
        language_detect(d);
}

static int extract_text(struct extractor *x, struct document *d, const struct decoded *text)
{
    const struct format *f, *last = NULL;
    int r = EXTRACT_REFUSED;

    d->text = text->text;
    d->size = text->size;
    d->marked = text->marked;
    if (text->encoding[0])
        result_meta_str(d, "encoding", text->encoding, strlen(text->encoding));
    if (text->replaced_bytes > 0)
        result_meta_uint(d, "replaced_bytes", text->replaced_bytes);
    result_mark(d);
    for (enum family family = 0; r == EXTRACT_REFUSED && family < N_TEXT_FAMILIES; family++) {
        f = sniff_text(family, d);
        if (!f)
            continue;
        d->out->media_type = f->media_type; /* before: it may know better */
        r = f->extract(x, d);
        if (r == EXTRACT_REFUSED)
            result_rollback(d);
        buf_clear(&x->scratch);
        last = f;
    }
    if (last)
        finish(d, last);
    return r;
}

/* Tries `f` and, when it refuses, the others with its signature, in the order of the table: a
 * package of documents before any ZIP archive. EXTRACT_REFUSED: none of them can read it. */
static int extract_binary(struct extractor *x, struct document *d, const struct format *f)
{
    const struct format *last = f;
    int r = EXTRACT_REFUSED;

    result_mark(d);
    for (; f && r == EXTRACT_REFUSED; f = sniff_next_signature(f, d->bytes, d->n_bytes)) {
        if (!f->extract)
            continue;
        d->out->media_type = f->media_type;
        r = f->extract(x, d);
        if (r == EXTRACT_REFUSED)
            result_rollback(d);
        buf_clear(&x->scratch);
        last = f;
    }
    if (r != EXTRACT_REFUSED)
        finish(d, last);
    return r;
}

/* Nothing reads it: its type is all that is told. */
static int name_binary(struct extractor *x, struct document *d, const struct format *known)
{
    const char *type = sniff_binary(x, known, d->bytes, d->n_bytes);

    if (!type)
        return -ENOMEM;
    d->out->media_type = type;
    return 0;
}

static int extract_bytes(struct extractor *x, const struct extract_input *in, struct document *d)
{
    const struct format *known = sniff_signature(in->bytes, in->size);
    struct decoded text;
    int r = EXTRACT_REFUSED;

    if (known) {
        r = extract_binary(x, d, known);
        if (r != EXTRACT_REFUSED ||
            (known->family != FAMILY_SIGNATURE_WEAK && known->family != FAMILY_SIGNATURE_NEAR))
            return r == EXTRACT_REFUSED ? name_binary(x, d, known) : r;
    }
    known =
        sniff_named(in->name); /* before text: short binary records pass for a legacy encoding */
    r = known ? extract_binary(x, d, known) : EXTRACT_REFUSED;
    if (r == EXTRACT_REFUSED && (known = sniff_mail(d)))
        r = extract_binary(x, d, known); /* has an encoding for each of its parts */
    if (r != EXTRACT_REFUSED)
        return r;
    r = decode_text(&x->decoder, in->bytes, in->size, in->cut_off, &text);
    if (r == 0)
        return extract_text(x, d, &text);
    return r == DECODE_BINARY ? name_binary(x, d, NULL) : r;
}

int extract_document(struct extractor *x, const struct extract_input *in, struct extraction *out)
{
    struct parts parts = {.take = in->take_part, .has_time = in->has_time, .user = in->user};

    return extract_at_depth(x, in, &parts, 0, 0, out);
}

int extract_at_depth(struct extractor *x, const struct extract_input *in, struct parts *parts,
                     unsigned number, unsigned depth, struct extraction *out)
{
    struct document d = {
        .limits = &x->limits,
        .name = in->name,
        .bytes = in->bytes,
        .n_bytes = in->size,
        .cut_off = in->cut_off,
        .out = out,
        .parts = parts,
        .number = number,
        .depth = depth,
    };
    int r = 0, end;

    result_begin(&d);
    if (in->sidecar)
        sidecar_apply_members(in->sidecar, &d);
    if (in->size == 0) {
        out->media_type = empty_type;
        out->supported = true;
    } else {
        r = extract_bytes(x, in, &d);
    }
    if (in->sidecar)
        sidecar_apply_fields(in->sidecar, &d);
    end = result_end(&d);
    return r != 0 ? r : end;
}

void extraction_done(struct extraction *e)
{
    buf_done(&e->title);
    buf_done(&e->body);
    buf_done(&e->metadata);
}

void extraction_flag(struct extraction *e, const char *name, const char *value)
{
    size_t size = e->metadata.size;

    if (size < 2)
        return;
    buf_truncate(&e->metadata, size - 1); /* its closing brace */
    buf_printf(&e->metadata, "%s\"%s\":\"%s\"}", size > 2 ? "," : "", name, value);
}
