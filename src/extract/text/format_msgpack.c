/* format_msgpack.c - MessagePack: its keys and values as lines "key: value", so that it reads like
 * the JSON that it stands for.
 *
 * The format has no signature, and most bytes are a value by themselves; so a file must be named as
 * MessagePack, must not be valid UTF-8, and must be a sequence of whole values to its end, at least
 * one of them more than a number. Two passes: one that only counts, one that writes.
 *
 * A container's key stands on a line of its own above what is in it. Binary data and extensions are
 * left out, timestamps are dates. What is nested deeper than the limit is passed over, and flagged.
 * Title: as JSON's.
 */
#include "extract/extractor.h"
#include "extract/text/msgpack_scan.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LEVELS = 2048, MAX_NUMBER = 40 };

static const char *const title_keys[] = {"title", "name", "subject"};

struct level {
    uint64_t left; /* values that are still to come */
    bool is_map;
};

struct pack {
    struct document *d;
    struct msgpack_scan scan;
    unsigned depth;
    bool has_key; /* on the line that is begun */
    uint64_t n_records;
    size_t rank; /* of the key whose value comes, in title_keys */
    size_t best; /* of the title so far */
    struct msgpack_value title;
    struct level levels[MAX_LEVELS];
};

/* Days since 1970 to a date (proleptic Gregorian), by periods of 400 years that begin in March. */
static void put_day(int64_t days, int64_t second, char *to, size_t size)
{
    int64_t shifted = days + 719468, era = shifted / 146097, day = shifted % 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t rest = day - (365 * year + year / 4 - year / 100), month = (5 * rest + 2) / 153;

    (void)snprintf(
        to, size, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)(year + era * 400 + (month >= 10)),
        (int)(month < 10 ? month + 3 : month - 9), (int)(rest - (153 * month + 2) / 5 + 1),
        (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
}

/* A time within the years 1 to 9999 as a date; another one as its number. */
static void put_time(int64_t seconds, char *to, size_t size)
{
    const int64_t day = 86400, first = -62135596800, last = 253402300799;
    int64_t days;

    if (seconds < first || seconds > last) {
        (void)snprintf(to, size, "%" PRId64, seconds);
        return;
    }
    days = (seconds - first) / day + first / day;
    put_day(days, (seconds - first) % day, to, size);
}

/* As few digits as tell the number. */
static void put_real(const struct msgpack_value *v, char *to, size_t size)
{
    int digits = v->is_single ? 6 : 15, most = v->is_single ? 9 : 17;
    double back;

    do {
        (void)snprintf(to, size, "%.*g", digits, v->real);
        back = strtod(to, NULL);
    } while (++digits <= most && (v->is_single ? (double)(float)back : back) != v->real);
}

static void put_number(const struct msgpack_value *v, char to[MAX_NUMBER])
{
    int64_t seconds;

    to[0] = '\0';
    if (v->kind == MSGPACK_UINT)
        (void)snprintf(to, MAX_NUMBER, "%" PRIu64, v->number);
    else if (v->kind == MSGPACK_INT)
        (void)snprintf(to, MAX_NUMBER, "%" PRId64, (int64_t)v->number);
    else if (v->kind == MSGPACK_FLOAT)
        put_real(v, to, MAX_NUMBER);
    else if (v->kind == MSGPACK_NIL)
        (void)snprintf(to, MAX_NUMBER, "null");
    else if (v->kind == MSGPACK_FALSE || v->kind == MSGPACK_TRUE)
        (void)snprintf(to, MAX_NUMBER, "%s", v->kind == MSGPACK_TRUE ? "true" : "false");
    else if (msgpack_scan_timestamp(v, &seconds))
        put_time(seconds, to, MAX_NUMBER);
}

/* Text, with NUL replaced; old writers put binary data there, and that is left out. */
static void write_string(struct pack *p, const char *text, size_t n)
{
    size_t valid;

    for (size_t at = 0; at < n; at += valid + 1) {
        valid = utf8_valid_prefix(text + at, n - at);
        if (at + valid < n && text[at + valid] != '\0')
            return;
    }
    while (n > 0) {
        valid = utf8_valid_prefix(text, n);
        result_text(p->d, text, valid);
        if (valid < n)
            result_text(p->d, "\xef\xbf\xbd", 3);
        valid = MIN(valid + 1, n);
        text += valid;
        n -= valid;
    }
}

static void write_scalar(struct pack *p, const struct msgpack_value *v)
{
    char number[MAX_NUMBER];

    if (v->kind == MSGPACK_STR) {
        write_string(p, v->bytes, (size_t)v->n);
        return;
    }
    put_number(v, number);
    result_text(p->d, number, strlen(number));
}

static void keep_title(struct pack *p, const struct msgpack_value *v)
{
    if (v->kind == MSGPACK_STR && v->n > 0 && p->rank < p->best) {
        p->best = p->rank;
        p->title = *v;
    }
}

/* A key of the only record may announce its title. */
static void rank_key(struct pack *p, const struct msgpack_value *v)
{
    p->rank = ARRAY_SIZE(title_keys);
    for (size_t i = 0; p->depth == 1 && p->n_records == 1 && i < ARRAY_SIZE(title_keys); i++) {
        if (v->kind == MSGPACK_STR && v->n == strlen(title_keys[i]) &&
            memcmp(v->bytes, title_keys[i], (size_t)v->n) == 0)
            p->rank = i;
    }
}

static bool is_key(const struct pack *p)
{
    const struct level *level = p->depth > 0 ? &p->levels[p->depth - 1] : NULL;

    return level && level->is_map && level->left % 2 == 0;
}

static void end_line(struct pack *p)
{
    const struct buf *body = &p->d->out->body;

    if (body->size > 0 && (p->has_key || body->data[body->size - 1] != '\n'))
        result_text(p->d, "\n", 1);
    p->has_key = false;
}

/* False: the limit is reached, and its content is passed over. */
static bool enter(struct pack *p, const struct msgpack_value *v)
{
    bool is_record = p->depth == 0 || (p->depth == 1 && p->n_records == 1 && !p->levels[0].is_map);

    end_line(p);
    if (is_record && v->kind == MSGPACK_MAP && p->d->out->body.size > 0)
        result_text(p->d, "\n", 1);
    if (p->depth >= MIN(p->d->limits->max_depth, (unsigned)MAX_LEVELS)) {
        p->d->out->truncated = true;
        return msgpack_scan_skip(&p->scan, v->n);
    }
    p->levels[p->depth++] = (struct level){v->n, v->kind == MSGPACK_MAP};
    return true;
}

static void write_value(struct pack *p, const struct msgpack_value *v)
{
    if (p->has_key && v->kind != MSGPACK_BIN && !(v->kind == MSGPACK_STR && v->n == 0))
        result_text(p->d, " ", 1);
    write_scalar(p, v);
    keep_title(p, v);
    end_line(p);
}

static void write_key(struct pack *p, const struct msgpack_value *v)
{
    rank_key(p, v);
    write_scalar(p, v);
    result_text(p->d, ":", 1);
    p->has_key = true;
}

static void write_all(struct pack *p)
{
    struct msgpack_value v;
    bool at_key;

    while (!result_is_full(p->d) && msgpack_scan_next(&p->scan, &v)) {
        at_key = is_key(p);
        if (p->depth > 0)
            p->levels[p->depth - 1].left--;
        if (v.kind >= MSGPACK_ARRAY) {
            if (!enter(p, &v))
                return;
        } else if (at_key) {
            write_key(p, &v);
        } else {
            write_value(p, &v);
        }
        while (p->depth > 0 && p->levels[p->depth - 1].left == 0)
            p->depth--;
    }
}

/* Counts records; false: it is not MessagePack to its end. */
static bool count_records(struct document *d, uint64_t *ret)
{
    struct msgpack_scan s = {.bytes = d->bytes, .size = d->n_bytes};
    struct msgpack_value v;
    bool has_text = false;
    uint64_t n = 0;

    while (s.at < s.size) {
        if (!msgpack_scan_next(&s, &v) ||
            (v.kind >= MSGPACK_ARRAY && !msgpack_scan_skip(&s, v.n))) {
            *ret = n + 1;
            return d->cut_off;
        }
        has_text = has_text || v.kind == MSGPACK_STR || v.kind >= MSGPACK_ARRAY;
        n++;
    }
    *ret = n;
    return has_text;
}

/* The records of a file that is one array of them are its elements. */
static uint64_t count_elements(const struct document *d, uint64_t n_records)
{
    struct msgpack_scan s = {.bytes = d->bytes, .size = d->n_bytes};
    struct msgpack_value v;

    return n_records == 1 && msgpack_scan_next(&s, &v) && v.kind == MSGPACK_ARRAY ? v.n : n_records;
}

int extract_msgpack(struct extractor *x, struct document *d)
{
    struct pack p = {.d = d,
                     .scan = {.bytes = d->bytes, .size = d->n_bytes},
                     .rank = ARRAY_SIZE(title_keys),
                     .best = ARRAY_SIZE(title_keys)};

    (void)x;
    if (utf8_valid_prefix(d->bytes, d->n_bytes) == d->n_bytes || !count_records(d, &p.n_records))
        return EXTRACT_REFUSED;
    write_all(&p);
    if (p.title.n > 0)
        result_title(d, p.title.bytes,
                     utf8_valid_prefix(p.title.bytes, (size_t)MIN(p.title.n, (uint64_t)65536)));
    result_meta_uint(d, "record_count", count_elements(d, p.n_records));
    return 0;
}
