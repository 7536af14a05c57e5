/* mail_transfer.h - what was encoded to get through the mail (RFC 2045, 6; RFC 2047, 4). Broken
 * encodings give what can be had of them. */
#pragma once

#include "base/buf.h"

enum mail_transfer {
    MAIL_IDENTITY, /* 7bit, 8bit, binary, and what is unknown */
    MAIL_BASE64,
    MAIL_QUOTED_PRINTABLE,
    MAIL_UUENCODE,
};

/* The encoding that a field Content-Transfer-Encoding names. */
enum mail_transfer mail_transfer_named(const char *value, size_t n);

/* Appends the decoded bytes. */
void mail_transfer_decode(enum mail_transfer how, const char *bytes, size_t n, struct buf *to);

/* Base64, of a body or an encoded word: what is no letter of its alphabet is passed over. */
void mail_decode_base64(const char *bytes, size_t n, struct buf *to);

/* The Q encoding of encoded words: quoted-printable in one line, with "_" for a space. */
void mail_decode_q(const char *bytes, size_t n, struct buf *to);
