/* language_tag.h - tags of languages (BCP 47, RFC 5646) as documents write them. */
#pragma once

#include "extract/extract.h"

/* The tag that is meant, in its usual case: "en_US.UTF-8" is "en-US". False: it has not the shape of
 * one, is too long, or says that the language is not known ("und"). */
bool language_tag(const char *text, size_t n, char ret[LANGUAGE_TAG_SIZE]) MUST_CHECK;
