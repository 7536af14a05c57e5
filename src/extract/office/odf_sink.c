/* odf_sink.c - see odf_sink.h.
 *
 * A level is written to its own buffer, and passed on when nothing is held there: to the level
 * below, or from the lowest one to the result (or the tail). What separates two texts is only
 * noted, and written with the second; so nothing ends in white space, and empty cells at the end of
 * a row cost nothing. All is bounded by limits->max_text_bytes, tabs and repetitions by constants:
 * a spreadsheet says in a few bytes that a row is there a million times.
 */
#include "extract/office/odf_sink.h"

#include <string.h>

enum {
    MAX_TABS = 256,
    MAX_SPACES = 256,
    MAX_TAIL_BYTES = 256 * 1024,
    MAX_REPETITIONS = 1024,         /* of one cell or row */
    MAX_REPEATED_BYTES = 512 * 1024 /* that repetitions add to one document */
};

void odf_sink_init(struct odf_sink *s, struct document *d)
{
    *s = (struct odf_sink){.d = d};
    s->level = s->levels;
}

void odf_sink_done(struct odf_sink *s)
{
    for (size_t i = 0; i < ODF_LEVELS; i++)
        buf_done(&s->levels[i].text);
    buf_done(&s->tail);
}

/* Appends bytes to a level, within the bound of the body: more would be cut there anyway. */
static void put(struct odf_sink *s, struct odf_level *level, const char *text, size_t n)
{
    size_t room = s->d->limits->max_text_bytes + 4;

    room -= MIN(room, level->text.size);
    buf_add(&level->text, text, MIN(n, room)); /* a character cut in two is cut off by the result */
    if (n > room)
        s->d->out->truncated = true;
    if (buf_error(&level->text) < 0)
        result_out_of_memory(s->d);
}

static void put_times(struct odf_sink *s, char c, unsigned n)
{
    while (n-- > 0)
        put(s, s->level, &c, 1);
}

/* Writes what is due before more text. */
static void close_gap(struct odf_sink *s)
{
    struct odf_level *level = s->level;

    if (level->has_text)
        put_times(s, '\n', level->newlines);
    put_times(s, '\t', level->tabs);
    put_times(s, ' ', level->spaces);
    level->newlines = level->tabs = level->spaces = 0;
    level->has_text = true;
    level->is_fresh = false;
}

void odf_sink_add_verbatim(struct odf_sink *s, const char *text, size_t n)
{
    if (n == 0)
        return;
    close_gap(s);
    put(s, s->level, text, n);
}

/* White space in the middle of a line. */
static void collapse(struct odf_level *level)
{
    if (level->has_text && !level->is_fresh && level->newlines + level->tabs + level->spaces == 0)
        level->spaces = 1;
}

void odf_sink_add(struct odf_sink *s, const char *text, size_t n)
{
    size_t i = 0, start;

    while (i < n) {
        if (is_space(text[i])) {
            collapse(s->level);
            i++;
            continue;
        }
        /* one run up to a space that does not stand alone: copied at once */
        for (start = i; i < n; i++) {
            if (is_space(text[i]) && (text[i] != ' ' || i + 1 == n || is_space(text[i + 1])))
                break;
        }
        odf_sink_add_verbatim(s, text + start, i - start);
    }
}

void odf_sink_newlines(struct odf_sink *s, unsigned n)
{
    s->level->newlines = MAX(s->level->newlines, n);
    s->level->tabs = s->level->spaces = 0;
}

void odf_sink_tabs(struct odf_sink *s, unsigned n)
{
    s->level->tabs += MIN(n, MAX_TABS - s->level->tabs);
    s->level->spaces = 0;
}

void odf_sink_spaces(struct odf_sink *s, unsigned n)
{
    s->level->spaces += MIN(n, MAX_SPACES - s->level->spaces);
}

void odf_sink_block(struct odf_sink *s, bool is_inline)
{
    if (s->level->is_fresh)
        return;
    if (is_inline)
        collapse(s->level);
    else
        odf_sink_newlines(s, 1);
}

/* Puts what waits on the level above behind the text of this one. */
static void take_from_above(struct odf_sink *s)
{
    struct odf_level *above = s->level + 1;

    if (above == s->levels + ODF_LEVELS || above->text.size == 0)
        return;
    odf_sink_newlines(s, 1);
    odf_sink_add_verbatim(s, buf_text(&above->text), above->text.size);
    odf_sink_newlines(s, 1);
    buf_clear(&above->text);
    above->has_text = above->is_fresh = false;
    above->newlines = above->tabs = above->spaces = 0;
}

/* Gives the lowest level's text to the result, or to the tail. */
static void pass_on(struct odf_sink *s)
{
    struct buf *text = &s->levels[0].text;

    if (s->is_tail || text->size == 0 || (s->label_bytes > 0 && text->size <= s->label_bytes))
        return;
    result_text(s->d, buf_text(text), text->size);
    buf_clear(text);
    s->label_bytes = 0;
}

void odf_sink_hold(struct odf_sink *s)
{
    s->level->n_held++;
}

void odf_sink_release(struct odf_sink *s)
{
    if (s->level->n_held > 0)
        s->level->n_held--;
    if (s->level->n_held > 0)
        return;
    take_from_above(s);
    if (s->level == s->levels)
        pass_on(s);
}

bool odf_sink_aside(struct odf_sink *s)
{
    if (s->level->n_held == 0 || s->level + 1 == s->levels + ODF_LEVELS) {
        odf_sink_newlines(s, 1);
        return false;
    }
    s->level++;
    s->level->n_held = 0;
    s->level->is_fresh = false;
    odf_sink_newlines(s, 1);
    return true;
}

void odf_sink_leave(struct odf_sink *s)
{
    take_from_above(s);
    if (s->level > s->levels)
        s->level--;
}

size_t odf_sink_mark(const struct odf_sink *s)
{
    return s->level->text.size;
}

const char *odf_sink_text(const struct odf_sink *s, size_t mark, size_t *ret_n)
{
    const struct buf *text = &s->level->text;

    mark = MIN(mark, text->size);
    while (mark < text->size && is_space(text->data[mark]))
        mark++;
    *ret_n = text->size - mark;
    return buf_text(text) + mark;
}

void odf_sink_cut(struct odf_sink *s, size_t mark)
{
    if (mark < s->level->text.size)
        buf_truncate(&s->level->text, mark);
}

void odf_sink_repeat(struct odf_sink *s, size_t mark, uint32_t n, char separator)
{
    struct buf copy = BUF_INIT;
    const char *text;
    size_t size;

    text = odf_sink_text(s, mark, &size);
    if (n == 0 || size == 0)
        return;
    buf_add(&copy, &separator, 1);
    buf_add(&copy, text, size);
    for (n = MIN(n, (uint32_t)MAX_REPETITIONS); n > 0; n--) {
        if (copy.size > MAX_REPEATED_BYTES - s->n_repeated_bytes)
            break;
        s->n_repeated_bytes += copy.size;
        put(s, s->level, buf_text(&copy), copy.size);
    }
    buf_done(&copy);
}

void odf_sink_label(struct odf_sink *s, const char *text, size_t n)
{
    odf_sink_newlines(s, 2);
    pass_on(s);
    if (s->level != s->levels || s->levels[0].text.size > 0 || s->is_tail || n == 0)
        return;
    s->before_label = s->levels[0];
    odf_sink_add(s, text, n);
    odf_sink_newlines(s, 1);
    s->label_bytes = s->levels[0].text.size;
}

void odf_sink_label_end(struct odf_sink *s)
{
    struct odf_level *level = &s->levels[0];

    if (s->label_bytes > 0 && level->text.size <= s->label_bytes) {
        buf_clear(&level->text);
        level->newlines = s->before_label.newlines;
        level->tabs = level->spaces = 0;
        level->has_text = s->before_label.has_text;
    }
    s->label_bytes = 0;
    odf_sink_newlines(s, 2);
}

void odf_sink_tail_begin(struct odf_sink *s)
{
    odf_sink_flush(s);
    s->before_tail = s->levels[0];
    s->levels[0].has_text = false;
    s->is_tail = true;
}

/* FNV-1a, 64 bits. */
static uint64_t text_hash(const char *text, size_t n)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (uint8_t)text[i]) * 0x100000001b3u;
    return hash;
}

/* Whether the tail has no such text yet, and takes more; then books it. */
static bool is_new_in_tail(struct odf_sink *s, const char *text, size_t n)
{
    uint64_t hash = text_hash(text, n);

    for (size_t i = 0; i < s->n_tail_texts; i++) {
        if (s->tail_texts[i] == hash)
            return false;
    }
    if (s->n_tail_texts == ODF_TAIL_TEXTS || n > MAX_TAIL_BYTES - s->tail.size) {
        s->d->out->truncated = true;
        return false;
    }
    s->tail_texts[s->n_tail_texts++] = hash;
    return true;
}

void odf_sink_tail_end(struct odf_sink *s)
{
    struct odf_level *level = &s->levels[0];
    const char *text;
    size_t n;

    odf_sink_flush(s);
    text = odf_sink_text(s, 0, &n);
    if (n > 0 && is_new_in_tail(s, text, n)) {
        if (s->tail.size > 0)
            buf_add_char(&s->tail, '\n');
        buf_add(&s->tail, text, n);
    }
    buf_clear(&level->text);
    level->newlines = s->before_tail.newlines;
    level->tabs = level->spaces = 0;
    level->has_text = s->before_tail.has_text;
    s->is_tail = false;
}

void odf_sink_flush(struct odf_sink *s)
{
    for (s->level = s->levels + ODF_LEVELS - 1;; s->level--) {
        s->level->n_held = 0;
        take_from_above(s);
        if (s->level == s->levels)
            break;
    }
    pass_on(s);
}

void odf_sink_finish(struct odf_sink *s)
{
    if (s->is_tail)
        odf_sink_tail_end(s);
    odf_sink_label_end(s);
    odf_sink_flush(s);
    if (buf_error(&s->tail) < 0)
        result_out_of_memory(s->d);
    odf_sink_newlines(s, 2);
    odf_sink_add_verbatim(s, buf_text(&s->tail), s->tail.size);
    pass_on(s);
}
