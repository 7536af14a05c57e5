/* ooxml_symbol.h - what a character of a symbol font stands for. */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* The code point for `code` (as <w:sym> has it, often in the private use area from F000) in a font
 * of this name; 0: nobody knows. */
uint32_t ooxml_symbol(const char *font, size_t n_font, uint32_t code);
