/* markup.h - what can be told of HTML and XML without parsing them. */
#pragma once

#include "base/err.h"

/* Behind white space, comments and processing instructions: where the first other thing begins. */
size_t markup_skip_prolog(const char *text, size_t size);

/* The text opens like an HTML page: its doctype, or <html>, <head> or <body>. */
bool markup_starts_html(const char *text, size_t size);

/* The text has a closing tag near its start: enough for a fragment that is named .html. */
bool markup_has_tags(const char *text, size_t size);

/* The text opens like XML: a declaration, a doctype or an element. */
bool markup_starts_xml(const char *text, size_t size);

/* Local name of the root element; NULL when there is none. */
const char *markup_root(const char *text, size_t size, size_t *ret_n);

/* The encoding that ASCII-compatible markup names for itself; false when it names none. */
bool markup_declared_encoding(const char *bytes, size_t size, char ret_name[64]);

/* Finds the next start tag at or behind `from` that has more than MARKUP_MAX_ATTRIBUTES attributes
 * (libxml2 compares each with each). Its '<' and the end of its '>' go to `ret_begin` and
 * `ret_end`. */
#define MARKUP_MAX_ATTRIBUTES 256
bool markup_find_giant_tag(const char *text, size_t size, size_t from, size_t *ret_begin,
                           size_t *ret_end);
