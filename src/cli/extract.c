/* extract.c - `penstock extract`: what a worker would make of files, without a database. The files
 * are opened here, as the intake would, and handed to one sandboxed worker after the other; one
 * that dies is replaced for the next file.
 */
#include "cli/extract.h"

#include "cli/commands.h"

#include "base/fd.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/human.h"
#include "cli/output.h"
#include "cli/reader.h"
#include "cli/record.h"
#include "inbox/name.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int extract_open_file(const struct settings *s, const char *path, int *ret, struct reason *why)
{
    int fd CLEANUP(fd_closep) = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0) {
        reason_set(why, "it cannot be opened: %s", log_errno_text(errno));
        return 1;
    }
    if (!S_ISREG(st.st_mode)) {
        reason_set(why, "it is not a regular file");
        return 1;
    }
    if (st.st_size > settings_number(s, SETTING_MAX_BYTES)) {
        reason_set(why, "it is larger than PENSTOCK_MAX_BYTES=%s",
                   settings_text(s, SETTING_MAX_BYTES));
        return 1;
    }
    *ret = TAKE_FD(fd);
    return 0;
}

/* What the service would take for its sidecar. 0, and -1 when there is none; or 1 and why. */
static int open_sidecar(const struct settings *s, const char *path, int *ret, struct reason *why)
{
    struct reason wrong = {""};
    char sidecar[PATH_MAX];
    struct stat st;

    if (snprintf(sidecar, sizeof(sidecar), "%s%s", path, INBOX_SIDECAR_ENDING) >= PATH_MAX ||
        inbox_sidecar_of(sidecar) == 0 || lstat(sidecar, &st) < 0 || !S_ISREG(st.st_mode))
        return 0;
    if (extract_open_file(s, sidecar, ret, &wrong) == 0)
        return 0;
    reason_set(why, "its sidecar: %s", wrong.text);
    return 1;
}

static int read_plain(const struct settings *s, struct reader *reader, const char *path,
                      const struct reading **ret, struct reason *why)
{
    const char *slash = strrchr(path, '/');
    int fd CLEANUP(fd_closep) = -1;
    int sidecar_fd CLEANUP(fd_closep) = -1;

    struct reader_input in = {.name = slash ? slash + 1 : path};

    if (extract_open_file(s, path, &fd, why) != 0 || open_sidecar(s, path, &sidecar_fd, why) != 0)
        return 1;
    in.fd = fd;
    in.sidecar_fd = sidecar_fd;
    return reader_read(reader, &in, ret, why);
}

static int read_file(const struct settings *s, struct reader *reader, const char *path,
                     const struct reading **ret, struct reason *why)
{
    int r = extract_read_folder(s, reader, path, ret, why);

    return r == EXTRACT_NO_FOLDER ? read_plain(s, reader, path, ret, why) : r;
}

static void json_of_reading(struct json *j, const struct reading *d)
{
    json_str(j, "media_type", d->media_type);
    json_bool(j, "supported", d->supported);
    json_str(j, "title", d->title[0] ? d->title : NULL);
    json_str(j, "language", d->language[0] ? d->language : NULL);
    json_uint(j, "byte_size", d->byte_size);
    json_str(j, "sha256", d->sha256);
    if (d->number == 0)
        json_uint(j, "extract_usec", d->extract_usec);
    json_raw(j, "metadata", d->metadata, strlen(d->metadata));
    json_strn(j, "text", d->body, d->body_bytes);
}

/* Those of all levels in one list: `parent` is the number of the one that it lies in, 0 the file. */
static void json_of_parts(struct json *j, const struct reading *d)
{
    json_array_open(j, "parts");
    for (size_t i = 0; i < d->n_parts; i++) {
        json_object_open(j, NULL);
        json_uint(j, "number", d->parts[i]->number);
        json_uint(j, "parent", d->parts[i]->parent);
        json_str(j, "path", d->parts[i]->path);
        json_of_reading(j, d->parts[i]);
        json_object_close(j);
    }
    json_array_close(j);
}

static void json_of_file(struct json *j, const char *path, const struct reading *d,
                         const char *failure)
{
    struct buf shown = BUF_INIT;

    inbox_path_show(path, strlen(path), &shown);
    json_object_open(j, NULL);
    json_str(j, "file", buf_text(&shown));
    json_str(j, "error", failure);
    if (!failure) {
        json_bool(j, "sidecar", d->has_sidecar);
        json_str(j, "external_id", d->external_id[0] ? d->external_id : NULL);
        json_of_reading(j, d);
        json_of_parts(j, d);
    }
    json_object_close(j);
    buf_done(&shown);
}

static void safe_line(struct buf *out, const char *label, const char *text)
{
    struct buf safe = BUF_INIT;

    output_str(&safe, text);
    record_line(out, label, buf_text(&safe));
    buf_done(&safe);
}

/* With where it is from, when the document does not declare it. Quotes inside of values are escaped, so
 * it can be nothing but the member. */
static void language_line(struct buf *out, const struct reading *d)
{
    struct buf text = BUF_INIT;

    output_str(&text, d->language);
    if (strstr(d->metadata, "\"language_source\":\"detected\""))
        buf_add_str(&text, " (detected)");
    record_line(out, "language", buf_text(&text));
    buf_done(&text);
}

static void text_of_reading(struct buf *out, const struct reading *d)
{
    safe_line(out, "media type", d->media_type);
    if (!d->supported)
        record_line(out, "", "no extractor for this type: only its metadata is kept");
    safe_line(out, "title", d->title);
    language_line(out, d);
    record_line(out, "size", human_bytes(d->byte_size).text);
    record_line(out, "sha256", d->sha256);
    if (d->number == 0)
        record_line(out, "took", human_usec(d->extract_usec).text);
    safe_line(out, "metadata", d->metadata);
    record_line(out, "text", human_bytes(d->body_bytes).text);
    buf_add_char(out, '\n');
    output_block(out, d->body, d->body_bytes);
}

static const struct reading *find_part(const struct reading *file, uint64_t number)
{
    for (size_t i = 0; i < file->n_parts; i++) {
        if (file->parts[i]->number == number)
            return file->parts[i];
    }
    return NULL;
}

/* "letter.eml > bill.pdf": where a part lies, from the outermost. */
static void add_place(struct buf *out, const struct reading *file, const struct reading *part)
{
    const struct reading *parent = part->parent ? find_part(file, part->parent) : NULL;

    if (parent) {
        add_place(out, file, parent);
        buf_add_str(out, " > ");
    }
    output_str(out, part->path);
}

static void text_of_file(struct buf *out, const char *path, const struct reading *d)
{
    buf_add_str(out, style(STYLE_BOLD));
    record_path(out, path, strlen(path));
    buf_printf(out, "%s\n", style(STYLE_PLAIN));
    if (d->has_sidecar)
        record_line(out, "sidecar", "what stands beside it as NAME" INBOX_SIDECAR_ENDING);
    safe_line(out, "external id", d->external_id);
    text_of_reading(out, d);
    for (size_t i = 0; i < d->n_parts; i++) {
        buf_printf(out, "\n%s", style(STYLE_BOLD));
        record_path(out, path, strlen(path));
        buf_add_str(out, " > ");
        add_place(out, d, d->parts[i]);
        buf_printf(out, "%s\n", style(STYLE_PLAIN));
        text_of_reading(out, d->parts[i]);
    }
}

/* Each file is printed when it is read, so that memory holds one. In JSON they make one array. */
static int print_file(const struct invocation *inv, int i, const struct reading *d,
                      const char *failure)
{
    const char *path = inv->arguments[i];
    struct buf out = BUF_INIT;
    struct json j;

    if (invocation_has(inv, "json")) {
        buf_add_str(&out, i == 0 ? "[" : ",");
        j = json_begin(&out);
        json_of_file(&j, path, d, failure);
        if (i + 1 == inv->n_arguments)
            buf_add_str(&out, "]");
    } else if (!failure) {
        if (i > 0)
            buf_add_char(&out, '\n');
        text_of_file(&out, path, d);
    }
    return output_flush(&out);
}

static int extract_files(const struct invocation *inv, struct reader *reader)
{
    int failed = 0, r;

    for (int i = 0; i < inv->n_arguments; i++) {
        const struct reading *d = NULL;
        struct reason why = {""};
        bool bad = read_file(&inv->settings, reader, inv->arguments[i], &d, &why) != 0;

        if (bad)
            failed = invocation_fail(inv, EXIT_FAILED, "%s: %s", inv->arguments[i], why.text);
        r = print_file(inv, i, d, bad ? why.text : NULL);
        if (r != 0)
            return r;
    }
    return failed;
}

static int run(struct invocation *inv)
{
    struct reader *reader;
    int r = invocation_load_settings(inv);

    if (r != 0)
        return r;
    if (reader_new(&inv->settings, &reader) < 0)
        return invocation_fail(inv, EXIT_FAILED, "out of memory");
    r = extract_files(inv, reader);
    reader_free(reader);
    return r;
}

static const struct command_option options[] = {OPTION_JSON, {NULL}};

const struct command command_extract = {
    .name = "extract",
    .arguments = "FILE...",
    .summary = "what a worker makes of files, without a database",
    .help = "A folder is read as one document when its meta.json lists its files.\n"
            "Type, title, language, metadata and text of each, and of the documents inside it (of "
            "a file that\n"
            "PENSTOCK_SPLIT has split: of a thousand records or two); exit 1 when one could not be "
            "read.",
    .options = options,
    .min_arguments = 1,
    .max_arguments = -1,
    .run = run,
};
