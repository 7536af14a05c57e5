/* yaml_fields.h - the top-level fields of a YAML document; internal to format_yaml.c and
 * format_markdown.c. */
#pragma once

#include "extract/document.h"

enum yaml_wish {
    YAML_TITLE,    /* stop as soon as there is a title */
    YAML_METADATA, /* all fields go into the metadata as well */
};

/* Reads the first document of `text`; malformed YAML ends the reading. False: it has no field. */
bool yaml_read_fields(struct document *d, const char *text, size_t n, enum yaml_wish wish);
