/* mail_header.c - finds the fields of a header block.
 *
 * Nothing is copied: a field is where it stands. The first of several with one name counts. Broken
 * blocks end where a reader would see the body begin: at the first line that is neither a field nor
 * the continuation of one. Lines that programs put on top of a message or in between ("From ",
 * ">From ") are passed over. Linear in the size of the block.
 */
#include "extract/mail/mail_header.h"

#include <string.h>
#include <strings.h>

enum { MAX_FIELD_NAME = 128 };

static const struct {
    const char *name;
    enum mail_field field;
} names[] = {
    {"subject", MAIL_SUBJECT},
    {"from", MAIL_FROM},
    {"to", MAIL_TO},
    {"cc", MAIL_CC},
    {"date", MAIL_DATE},
    {"bcc", MAIL_BCC},
    {"sender", MAIL_SENDER},
    {"reply-to", MAIL_REPLY_TO},
    {"message-id", MAIL_MESSAGE_ID},
    {"in-reply-to", MAIL_IN_REPLY_TO},
    {"references", MAIL_REFERENCES},
    {"list-id", MAIL_LIST_ID},
    {"keywords", MAIL_KEYWORDS},
    {"x-mailer", MAIL_MAILER},
    {"user-agent", MAIL_USER_AGENT},
    {"content-language", MAIL_LANGUAGE},
    {"content-type", MAIL_TYPE},
    {"content-transfer-encoding", MAIL_ENCODING},
    {"content-disposition", MAIL_DISPOSITION},
    {"content-location", MAIL_LOCATION},
    {"received", MAIL_RECEIVED},
    {"return-path", MAIL_RETURN_PATH},
    {"delivered-to", MAIL_DELIVERED_TO},
    {"mime-version", MAIL_MIME_VERSION},
};

size_t mail_field_name(const char *line, size_t n)
{
    size_t name = 0, at;

    while (name < n && name < MAX_FIELD_NAME && line[name] > ' ' && line[name] < 0x7f &&
           line[name] != ':')
        name++;
    for (at = name; at < n && (line[at] == ' ' || line[at] == '\t'); at++)
        ;
    /* a boundary may look like a field: "--=_part:1" */
    if (name == 0 || at == n || line[at] != ':' || line[0] == '-')
        return 0;
    return name;
}

static void keep_field(struct mail_fields *fields, const char *line, size_t name, size_t n)
{
    const char *colon = memchr(line, ':', n);
    struct mail_span value = {colon + 1, n - (size_t)(colon + 1 - line)};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (to_lower(line[0]) == names[i].name[0] && strlen(names[i].name) == name &&
            strncasecmp(line, names[i].name, name) == 0 && !fields->of[names[i].field].at)
            fields->of[names[i].field] = value;
    }
    if (name > 2 && strncasecmp(line, "x-", 2) == 0 && !fields->of[MAIL_X_FIELD].at)
        fields->of[MAIL_X_FIELD] = value;
}

/* Where the field that begins at `at` ends, the lines that continue it included. */
static size_t field_end(const char *bytes, size_t size, size_t at)
{
    const char *line;
    size_t n;

    do
        at = next_line(bytes, size, at, &line, &n);
    while (at < size && (bytes[at] == ' ' || bytes[at] == '\t'));
    return at;
}

static bool is_passed_over(const char *line, size_t n)
{
    return (n > 5 && memcmp(line, "From ", 5) == 0) || (n > 6 && memcmp(line, ">From ", 6) == 0) ||
           (n > 0 && (line[0] == ' ' || line[0] == '\t'));
}

size_t mail_fields_read(const char *bytes, size_t size, struct mail_fields *ret)
{
    size_t at = 0, next, name, n;
    const char *line;

    *ret = (struct mail_fields){0};
    for (; at < size; at = next) {
        next = next_line(bytes, size, at, &line, &n);
        while (n > 0 && line[n - 1] == '\r')
            n--;
        if (n == 0) {
            ret->is_closed = true;
            return next;
        }
        name = mail_field_name(line, n);
        if (name == 0 && !is_passed_over(line, n))
            return at;
        if (name == 0)
            continue;
        next = field_end(bytes, size, at);
        keep_field(ret, line, name, next - at);
    }
    return size;
}
