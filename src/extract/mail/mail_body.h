/* mail_body.h - the text of one part of a message. */
#pragma once

#include "extract/mail/mail_tree.h"

/* Decodes the body of an entity into `to`: bytes as they were before they were mailed. */
void mail_body_bytes(const struct mail_entity *e, struct buf *to);

/* Appends what the entity shows: UTF-8 with line ends "\n", nothing but white space at neither end.
 * `charset`: what the message says of itself, in case the entity does not. 0 or -ENOMEM. */
int mail_body_text(struct extractor *x, struct document *d, const struct mail_entity *e,
                   const char *charset, struct buf *to) MUST_CHECK;

/* Appends an attached text in the charset that its header names, when only that header does: UTF-8
 * then. 0 or -ENOMEM. */
int mail_body_file(struct extractor *x, const struct mail_entity *e, struct buf *to) MUST_CHECK;
