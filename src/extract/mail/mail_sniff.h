/* mail_sniff.h - whether a text is a message, or a mailbox of them. */
#pragma once

#include "extract/document.h"

/* The file's name ends in .eml. */
bool mail_is_named(const char *name);

/* Whether `text` begins with a message; `named`: the file's name says so, then one field is enough.
 */
bool mail_is_message(const char *text, size_t size, bool named);

/* Whether `text` begins with a mailbox: a line "From sender date", and a message; `named`: the
 * file's name says so, then the line need not be a good one. */
bool mail_is_mailbox(const char *text, size_t size, bool named);

/* Whether the line at `at` separates two messages of a mailbox. */
bool mail_is_separator(const char *text, size_t size, size_t at);
