/* html_meta.h - what a page's <meta> and <link> elements say; internal to format_html.c. */
#pragma once

#include "extract/facts.h"

/* Takes <meta name= content=>, where `name` may be that of property, http-equiv or itemprop. */
void html_meta_take(struct facts *f, const char *name, const char *content);

/* Takes <link rel= href=>. */
void html_meta_link(struct facts *f, const char *rel, const char *href);
