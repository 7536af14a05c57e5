/* mail_header.h - the header block of a message or of one of its parts (RFC 5322): which fields it
 * has, and where they are. */
#pragma once

#include "extract/document.h"

/* Bytes inside the message. */
struct mail_span {
    const char *at;
    size_t n;
};

/* Fields that are read; the table of their names is in mail_header.c. */
enum mail_field {
    MAIL_SUBJECT,
    MAIL_FROM,
    MAIL_TO,
    MAIL_CC,
    MAIL_DATE,
    MAIL_BCC,
    MAIL_SENDER,
    MAIL_REPLY_TO,
    MAIL_MESSAGE_ID,
    MAIL_IN_REPLY_TO,
    MAIL_REFERENCES,
    MAIL_LIST_ID,
    MAIL_KEYWORDS,
    MAIL_MAILER,
    MAIL_USER_AGENT,
    MAIL_LANGUAGE,
    MAIL_TYPE,
    MAIL_ENCODING,
    MAIL_DISPOSITION,
    MAIL_LOCATION,
    MAIL_RECEIVED,
    MAIL_RETURN_PATH,
    MAIL_DELIVERED_TO,
    MAIL_MIME_VERSION,
    MAIL_X_FIELD, /* any whose name begins with "X-" */
    N_MAIL_FIELDS
};

/* The first field of each name, as it stands there: folded, encoded. `at` NULL: there is none. */
struct mail_fields {
    struct mail_span of[N_MAIL_FIELDS];
    bool is_closed; /* an empty line ends the block */
};

/* Reads the fields at the start of `bytes`; returns where the body begins: behind the empty line,
 * or at the first line that is no field. */
size_t mail_fields_read(const char *bytes, size_t size, struct mail_fields *ret);

/* Bytes of the field's name when the line begins with one and a colon; else 0. */
size_t mail_field_name(const char *line, size_t n);
