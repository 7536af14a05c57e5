/* svg.c - what a reader of a drawing sees or is told: text, titles, descriptions, and HTML inside.
 *
 * White space collapses as in a browser. A line of text is a line of the body: <tspan> begins one
 * only where it has a place of its own. Of a <switch> the first alternative with text counts:
 * diagram editors write each label as HTML and once more as plain text.
 */
#include "extract/markup/svg.h"

#include <stdlib.h>
#include <string.h>

enum element {
    ELEMENT_OTHER,
    ELEMENT_TEXT,   /* holds text, on lines of its own */
    ELEMENT_SPAN,   /* a piece of a line */
    ELEMENT_HIDDEN, /* with all that is in it */
    ELEMENT_SWITCH,
};

static const struct {
    const char *name;
    enum element element;
} elements[] = {
    {"text", ELEMENT_TEXT},     {"title", ELEMENT_TEXT},      {"desc", ELEMENT_TEXT},
    {"flowRoot", ELEMENT_TEXT}, {"flowPara", ELEMENT_TEXT},   {"foreignObject", ELEMENT_TEXT},
    {"tspan", ELEMENT_SPAN},    {"textPath", ELEMENT_SPAN},   {"flowSpan", ELEMENT_SPAN},
    {"a", ELEMENT_SPAN},        {"b", ELEMENT_SPAN},          {"i", ELEMENT_SPAN},
    {"u", ELEMENT_SPAN},        {"em", ELEMENT_SPAN},         {"strong", ELEMENT_SPAN},
    {"span", ELEMENT_SPAN},     {"font", ELEMENT_SPAN},       {"code", ELEMENT_SPAN},
    {"sub", ELEMENT_SPAN},      {"sup", ELEMENT_SPAN},        {"style", ELEMENT_HIDDEN},
    {"script", ELEMENT_HIDDEN}, {"metadata", ELEMENT_HIDDEN}, {"switch", ELEMENT_SWITCH},
};

static enum element find_element(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(elements); i++) {
        if (strcmp(name, elements[i].name) == 0)
            return elements[i].element;
    }
    return ELEMENT_OTHER;
}

static void set_gap(struct svg *s, enum svg_gap gap)
{
    if (gap > s->gap)
        s->gap = gap;
}

/* A span that has a place of its own: the next line, or another column. */
static bool is_placed(const unsigned char **attributes)
{
    const char *name, *value;

    for (; attributes && attributes[0]; attributes += 2) {
        name = (const char *)attributes[0];
        value = (const char *)attributes[1];
        if (strcmp(name, "x") == 0 ||
            (strcmp(name, "sodipodi:role") == 0 && value && strcmp(value, "line") == 0))
            return true;
    }
    return false;
}

static void hide(struct svg *s, unsigned depth)
{
    if (s->hidden_depth == 0)
        s->hidden_depth = depth;
}

/* A length in pixels, rounded; 0: none, or of another unit. */
static uint64_t read_pixels(const char *text, char **ret_end)
{
    double number = strtod(text, ret_end);
    bool is_pixels = *ret_end > text && number > 0 && number < 1e9;

    if (strncmp(*ret_end, "px", 2) == 0)
        *ret_end += 2;
    return is_pixels ? (uint64_t)(number + 0.5) : 0;
}

void svg_root(struct svg *s, const unsigned char **attributes)
{
    uint64_t size[2] = {0};
    const char *name, *value;
    unsigned which;
    char *end;

    for (; attributes && attributes[0]; attributes += 2) {
        name = (const char *)attributes[0];
        value = (const char *)attributes[1];
        which = strcmp(name, "height") == 0;
        if (!value || (which == 0 && strcmp(name, "width") != 0))
            continue;
        size[which] = read_pixels(value, &end);
        if (*end != '\0')
            size[which] = 0;
    }
    if (size[0] > 0 && size[1] > 0) {
        result_meta_uint(s->d, "width", size[0]);
        result_meta_uint(s->d, "height", size[1]);
    }
}

void svg_start(struct svg *s, const char *name, const unsigned char **attributes, unsigned depth)
{
    enum element element = find_element(name);

    if (element == ELEMENT_HIDDEN || (s->is_switched && depth == s->switch_depth + 1))
        hide(s, depth);
    if (s->hidden_depth > 0)
        return;
    if (element != ELEMENT_SPAN || is_placed(attributes))
        set_gap(s, SVG_GAP_LINE);
    s->n_shown += element == ELEMENT_TEXT;
    if (element == ELEMENT_SWITCH && s->switch_depth == 0) {
        s->switch_depth = depth;
        s->switch_start = s->d->out->body.size;
    }
}

void svg_end(struct svg *s, const char *name, unsigned depth)
{
    enum element element = find_element(name);

    if (s->hidden_depth > 0) {
        s->hidden_depth = s->hidden_depth == depth ? 0 : s->hidden_depth;
        return;
    }
    if (element != ELEMENT_SPAN)
        set_gap(s, SVG_GAP_LINE);
    s->n_shown -= element == ELEMENT_TEXT;
    if (s->switch_depth > 0 && depth == s->switch_depth + 1)
        s->is_switched = s->d->out->body.size > s->switch_start;
    if (s->switch_depth == depth) {
        s->switch_depth = 0;
        s->is_switched = false;
    }
}

static void write_word(struct svg *s, const char *word, size_t n)
{
    if (s->gap != SVG_GAP_NONE && s->d->out->body.size > 0)
        result_text(s->d, s->gap == SVG_GAP_LINE ? "\n" : " ", 1);
    s->gap = SVG_GAP_NONE;
    result_text(s->d, word, n);
}

void svg_text(struct svg *s, const char *text, size_t n)
{
    size_t at = 0, start;

    while (s->n_shown > 0 && s->hidden_depth == 0 && at < n) {
        if (is_space(text[at])) {
            set_gap(s, SVG_GAP_SPACE);
            at++;
            continue;
        }
        for (start = at; at < n && !is_space(text[at]);)
            at++;
        write_word(s, text + start, at - start);
    }
}
