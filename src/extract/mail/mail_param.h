/* mail_param.h - fields with parameters: Content-Type and Content-Disposition (RFC 2045, 2231). */
#pragma once

#include "extract/extractor.h"
#include "extract/mail/mail_header.h"

/* The value in front of the parameters in lowercase, cut to the room there is: "text/plain". */
void mail_param_main(const struct mail_span *field, char *ret, size_t size);

/* A parameter that is a token, such as a charset; as it stands, "" when there is none. */
void mail_param_token(const struct mail_span *field, const char *name, char *ret, size_t size);

/* Appends a parameter that people read, such as a file's name: put together from its pieces,
 * decoded. 0 or -ENOMEM. */
int mail_param_text(struct extractor *x, const char *charset, const struct mail_span *field,
                    const char *name, struct buf *to) MUST_CHECK;
