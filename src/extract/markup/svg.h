/* svg.h - the text of SVG, for format_xml.c, which parses it. */
#pragma once

#include "extract/facts.h"

/* What stands between the last text and the next. */
enum svg_gap { SVG_GAP_NONE, SVG_GAP_SPACE, SVG_GAP_LINE };

struct svg {
    struct document *d;
    enum svg_gap gap;
    unsigned n_shown;      /* open elements that hold text for readers */
    unsigned hidden_depth; /* of the element that is passed over; 0: none */
    unsigned switch_depth; /* of the <switch> that is open; 0: none */
    bool is_switched;      /* its first alternative had text */
    size_t switch_start;   /* of that in the body */
};

/* `name` is local, `depth` of the root 1; attributes as libxml2 has them. */
void svg_root(struct svg *s, const unsigned char **attributes); /* before the start of it */
void svg_start(struct svg *s, const char *name, const unsigned char **attributes, unsigned depth);
void svg_end(struct svg *s, const char *name, unsigned depth);
void svg_text(struct svg *s, const char *text, size_t n);
