/* zip_support.h - packages that a test makes, and files of real programs. After support.h. */
#pragma once

#include "base/buf.h"

#include <zip.h>

struct member {
    const char *name;
    const char *text;
    size_t size; /* 0: as long as the text is */
    bool encrypted;
};

/* The bytes of fixtures/FOLDER/NAME, to be freed by the caller. */
static inline char *load_fixture(const char *folder, const char *name, size_t *ret_size)
{
    char path[1000], *bytes;
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s/%s", getenv("FIXTURES"), folder, name);
    file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot open %s", path);
    bytes = allocate(1u << 20);
    *ret_size = fread(bytes, 1, 1u << 20, file);
    (void)fclose(file);
    return bytes;
}

/* A ZIP file of these members in memory. */
static inline void make_package(const struct member *members, size_t n, struct buf *to)
{
    zip_error_t error;
    zip_source_t *target = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_t *zip = zip_open_from_source(target, ZIP_TRUNCATE, &error);
    zip_int64_t index;
    zip_stat_t about;

    assert_non_null(zip);
    zip_source_keep(target);
    for (size_t i = 0; i < n; i++) {
        size_t size = members[i].size ? members[i].size : strlen(members[i].text);

        index = zip_file_add(zip, members[i].name, zip_source_buffer(zip, members[i].text, size, 0),
                             ZIP_FL_ENC_UTF_8);
        assert_true(index >= 0);
        if (members[i].encrypted)
            assert_int_equal(zip_file_set_encryption(zip, (zip_uint64_t)index, ZIP_EM_AES_256, "x"),
                             0);
    }
    assert_int_equal(zip_close(zip), 0);
    assert_int_equal(zip_source_stat(target, &about), 0);
    assert_int_equal(zip_source_open(target), 0);
    assert_non_null(buf_reserve(to, about.size));
    assert_int_equal(zip_source_read(target, to->data + to->size, about.size), about.size);
    buf_seal(to, about.size);
    (void)zip_source_close(target);
    zip_source_free(target);
}

static inline void read_members(const struct member *members, size_t n)
{
    struct buf package = BUF_INIT;

    make_package(members, n, &package);
    read_bytes("a", package.data, package.size);
    buf_done(&package);
}
