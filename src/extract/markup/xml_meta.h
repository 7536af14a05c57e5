/* xml_meta.h - which elements near the top of an XML document tell something about all of it;
 * internal to format_xml.c. */
#pragma once

#include "extract/facts.h"

/* How deep such an element may lie. */
enum { XML_META_DEPTH = 6 };

/* What the element tells, by its name with prefix, and the local names of those around it from the
 * root on (`depth` - 1 of them). False: nothing. */
bool xml_meta_find(const char *const *around, unsigned depth, const char *name, enum fact *ret);
