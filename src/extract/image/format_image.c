/* format_image.c - pictures: their size, and the text and metadata that they carry. No pixel is
 * looked at, so nothing here costs more than walking along the file's chunks; the words in the
 * picture itself are image_words.c's, and off unless somebody wants them.
 *
 * The body is what somebody wrote into the file: title, headline, description, comments, subject,
 * keywords, creator, place, from PNG's texts, JPEG's and GIF's comments, EXIF, IPTC and XMP; a text
 * that several of them have is written once.
 *
 * A file that ends early or is broken gives what can be read, and "damaged". The readers are
 * image_<what>.c; each is bounded by the bytes it has, and only takes what lies inside them.
 */
#include "extract/image/image.h"

#include "base/utf8.h"
#include "extract/convert.h"
#include "extract/date.h"

#include <stdio.h>
#include <string.h>

static const struct {
    char first; /* byte of the file */
    bool (*read)(struct image *i);
} readers[] = {
    {'\x89', image_read_png}, {'\xff', image_read_jpeg}, {'G', image_read_gif},
    {'I', image_read_tiff},   {'M', image_read_tiff},    {'R', image_read_webp},
    {'B', image_read_bmp},
};

/* The metadata that is text; the title goes elsewhere, dates are below. */
static const struct {
    enum image_field field;
    const char *key;
    const char *between; /* several values; NULL: the first counts */
} text_keys[] = {
    {IMAGE_HEADLINE, "headline", NULL}, {IMAGE_DESCRIPTION, "description", NULL},
    {IMAGE_COMMENT, "comment", NULL},   {IMAGE_SUBJECT, "subject", NULL},
    {IMAGE_KEYWORDS, "keywords", ", "}, {IMAGE_CREATOR, "creator", "; "},
    {IMAGE_LOCATION, "location", ", "}, {IMAGE_COPYRIGHT, "rights", NULL},
    {IMAGE_PRODUCER, "producer", NULL}, {IMAGE_LENS, "lens", NULL},
};

void image_ends_early(struct image *i)
{
    if (!i->damage && !i->d->cut_off)
        i->damage = "the file ends too early";
}

void image_is_broken(struct image *i)
{
    if (!i->damage)
        i->damage = "the file's structure is broken";
}

bool image_may_read_block(struct image *i)
{
    if (i->n_blocks == MAX_IMAGE_BLOCKS) {
        i->d->out->truncated = true;
        return false;
    }
    i->n_blocks++;
    return true;
}

const struct image_value *image_first(const struct image *i, enum image_field field)
{
    for (size_t v = 0; v < i->n_values; v++) {
        if (i->values[v].field == field)
            return &i->values[v];
    }
    return NULL;
}

static const char *value_text(const struct image *i, const struct image_value *value)
{
    return buf_text(&i->text) + value->at;
}

/* Keeps valid UTF-8 without NUL. */
static void keep_one(struct image *i, enum image_field field, const char *text, size_t n)
{
    bool is_repeated = false;
    const struct image_value *v;

    trim(&text, &n);
    if (n == 0)
        return;
    if (i->n_values == MAX_IMAGE_VALUES || n > MAX_IMAGE_TEXT_BYTES - i->text.size) {
        i->d->out->truncated = true;
        return;
    }
    for (v = i->values; v < i->values + i->n_values; v++) {
        if (v->n != n || memcmp(value_text(i, v), text, n) != 0)
            continue;
        if (v->field == field)
            return;
        is_repeated = is_repeated || v->field < N_IMAGE_BODY_FIELDS;
    }
    i->values[i->n_values++] = (struct image_value){field, is_repeated, i->text.size, n};
    buf_add(&i->text, text, n);
}

/* Keywords that a program wrote into one value are several (Windows). */
static void keep(struct image *i, enum image_field field, const char *text, size_t n)
{
    const char *end;

    while (field == IMAGE_KEYWORDS && (end = memchr(text, ';', n))) {
        keep_one(i, field, text, (size_t)(end - text));
        n -= (size_t)(end + 1 - text);
        text = end + 1;
    }
    keep_one(i, field, text, n);
}

void image_add(struct image *i, enum image_field field, const char *bytes, size_t n)
{
    const char *end = memchr(bytes, '\0', n);
    struct decoded text;
    int r;

    n = end ? (size_t)(end - bytes) : n;
    if (utf8_valid_prefix(bytes, n) == n) {
        keep(i, field, bytes, n);
        return;
    }
    if (i->n_guessed++ >= MAX_IMAGE_VALUES) {
        i->d->out->truncated = true;
        return;
    }
    r = decode_text(&i->x->decoder, bytes, n, false, &text);
    if (r == 0)
        keep(i, field, text.text, text.size);
    else if (r < 0)
        result_out_of_memory(i->d);
}

void image_add_encoded(struct image *i, enum image_field field, const char *encoding,
                       const char *bytes, size_t n)
{
    struct buf text = BUF_INIT;
    size_t replaced = 0;
    char name[64];
    int r = convert_to_utf8(encoding, bytes, n, false, &text, name, &replaced);

    if (r < 0)
        result_out_of_memory(i->d);
    else if (r == 0)
        keep(i, field, buf_text(&text), text.size);
    buf_done(&text);
}

static void write_body(struct image *i)
{
    for (enum image_field field = 0; field < N_IMAGE_BODY_FIELDS; field++) {
        for (const struct image_value *v = i->values; v < i->values + i->n_values; v++) {
            if (v->field != field || v->is_repeated)
                continue;
            if (i->d->out->body.size > 0)
                result_text(i->d, "\n", 1);
            result_text(i->d, value_text(i, v), v->n);
        }
    }
}

/* All values of a field in one string. */
static void write_joined(struct image *i, enum image_field field, const char *key,
                         const char *between)
{
    struct buf all = BUF_INIT;

    for (const struct image_value *v = i->values; v < i->values + i->n_values; v++) {
        if (v->field != field || all.size > MAX_VALUE_BYTES)
            continue;
        if (all.size > 0)
            buf_add_str(&all, between);
        buf_add(&all, value_text(i, v), MIN(v->n, (size_t)MAX_VALUE_BYTES));
        if (buf_error(&all))
            result_out_of_memory(i->d);
    }
    /* a value that was cut above may end inside a character */
    result_meta_str(i->d, key, buf_text(&all), utf8_valid_prefix(buf_text(&all), all.size));
    buf_done(&all);
}

static void write_texts(struct image *i)
{
    const struct image_value *first = image_first(i, IMAGE_TITLE);

    if (first)
        result_title(i->d, value_text(i, first), first->n);
    for (size_t k = 0; k < ARRAY_SIZE(text_keys); k++) {
        first = image_first(i, text_keys[k].field);
        if (first && !text_keys[k].between)
            result_meta_str(i->d, text_keys[k].key, value_text(i, first), first->n);
        else if (first)
            write_joined(i, text_keys[k].field, text_keys[k].key, text_keys[k].between);
    }
}

/* "Make Model"; many models name their make as well. */
static void write_camera(struct image *i)
{
    const struct image_value *make = image_first(i, IMAGE_MAKE);
    const struct image_value *model = image_first(i, IMAGE_MODEL);
    struct buf name = BUF_INIT;

    if (make && !(model && model->n >= make->n &&
                  memcmp(value_text(i, model), value_text(i, make), make->n) == 0))
        buf_add(&name, value_text(i, make), make->n);
    if (name.size > 0 && model)
        buf_add_char(&name, ' ');
    if (model)
        buf_add(&name, value_text(i, model), model->n);
    if (buf_error(&name))
        result_out_of_memory(i->d);
    result_meta_str(i->d, "camera", buf_text(&name), name.size);
    buf_done(&name);
}

/* A camera without a clock writes zeros or blanks. */
static bool is_told(const char *date, size_t n)
{
    for (size_t at = 0; at < n; at++) {
        if (date[at] != '0' && is_alnum(date[at]))
            return true;
    }
    return false;
}

/* The first value of the field that is a date, or else the first that means anything. */
static const struct image_value *find_date(const struct image *i, enum image_field field,
                                           struct date *ret, bool *ret_is_date)
{
    const struct image_value *odd = NULL;

    *ret_is_date = false;
    for (const struct image_value *v = i->values; v < i->values + i->n_values; v++) {
        if (v->field != field || !is_told(value_text(i, v), v->n))
            continue;
        *ret_is_date = date_parse_any(value_text(i, v), v->n, ret);
        if (*ret_is_date)
            return v;
        odd = odd ? odd : v;
    }
    return odd;
}

/* A date, with the offset from UTC that EXIF keeps apart from it. False: there is none. */
static bool write_date(struct image *i, const char *key, enum image_field field,
                       enum image_field offset_field)
{
    const struct image_value *offset = image_first(i, offset_field);
    struct date date;
    bool is_date;
    const struct image_value *value = find_date(i, field, &date, &is_date);

    if (!value)
        return false;
    if (!is_date) {
        result_meta_str(i->d, key, value_text(i, value), value->n);
        return true;
    }
    if (offset)
        (void)date_parse_offset(value_text(i, offset), offset->n, &date);
    result_meta_date(i->d, key, &date, value_text(i, value), value->n);
    return true;
}

static void write_angle(struct image *i, const char *key, const struct image_angle *angle,
                        double max, char negative)
{
    char text[32];

    if (!angle->is_told || !(angle->degrees >= 0 && angle->degrees <= max))
        return;
    (void)snprintf(text, sizeof(text), "%s%.6f", angle->side == negative ? "-" : "",
                   angle->degrees);
    result_meta_str(i->d, key, text, strlen(text));
}

/* What XMP tells when EXIF does not. */
static void complete_orientation(struct image *i)
{
    const struct image_value *value = image_first(i, IMAGE_ORIENTATION);

    if (i->orientation == 0 && value && value->n == 1 && *value_text(i, value) >= '1' &&
        *value_text(i, value) <= '8')
        i->orientation = (uint64_t)(*value_text(i, value) - '0');
}

static void write_numbers(struct image *i)
{
    struct {
        const char *key;
        uint64_t value;
        uint64_t least; /* that is worth telling */
    } const numbers[] = {
        {"width", i->width, 1},        {"height", i->height, 1},
        {"bits", i->bits, 1},          {"orientation", i->orientation, 1},
        {"page_count", i->n_pages, 1}, {"frames", i->n_frames, 2},
    };

    for (size_t k = 0; k < ARRAY_SIZE(numbers); k++) {
        if (numbers[k].value >= numbers[k].least)
            result_meta_uint(i->d, numbers[k].key, numbers[k].value);
    }
    if (i->colour)
        result_meta_str(i->d, "colour", i->colour, strlen(i->colour));
}

static void write_all(struct image *i)
{
    complete_orientation(i);
    write_numbers(i);
    write_texts(i);
    write_camera(i);
    if (!write_date(i, "created", IMAGE_TAKEN, IMAGE_TAKEN_OFFSET))
        (void)write_date(i, "created", IMAGE_CREATED, IMAGE_CREATED_OFFSET);
    (void)write_date(i, "modified", IMAGE_MODIFIED, IMAGE_MODIFIED_OFFSET);
    if (i->latitude.is_told && i->longitude.is_told) {
        write_angle(i, "latitude", &i->latitude, 90, 'S');
        write_angle(i, "longitude", &i->longitude, 180, 'W');
    }
    if (i->damage)
        result_meta_str(i->d, "damaged", i->damage, strlen(i->damage));
    write_body(i);
    image_read_words(i);
}

int extract_image(struct extractor *x, struct document *d)
{
    struct image i = {.x = x, .d = d, .bytes = d->bytes, .size = d->n_bytes};
    bool is_read = false;

    for (size_t r = 0; r < ARRAY_SIZE(readers) && !is_read; r++)
        is_read = d->bytes[0] == readers[r].first && readers[r].read(&i);
    if (is_read)
        write_all(&i);
    if (buf_error(&i.text))
        result_out_of_memory(d);
    buf_done(&i.text);
    return is_read ? 0 : EXTRACT_REFUSED;
}
