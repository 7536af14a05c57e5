/* mail_flow.h - texts of messages, which must be UTF-8, as they are meant to be read. */
#pragma once

#include "base/buf.h"

/* Appends the text with line ends "\n". */
void mail_plain_text(const char *text, size_t n, struct buf *to);

/* Appends format=flowed (RFC 3676): each paragraph on one line. `delsp`: the spaces at soft line
 * ends are not part of it. */
void mail_flowed_text(const char *text, size_t n, bool delsp, struct buf *to);

/* Appends text/enriched (RFC 1896) or text/richtext without its commands. */
void mail_enriched_text(const char *text, size_t n, struct buf *to);
