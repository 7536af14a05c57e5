/* package_support.h - what the tests of packaged formats share: fixtures, small ZIP files made here,
 * and damage. */
#pragma once

#include "support.h"

#include <zip.h>

enum { MAX_FIXTURE = 64 * 1024 };

static char fixture[MAX_FIXTURE];
static size_t fixture_size;

static inline void load(const char *folder, const char *name)
{
    char path[1000];
    FILE *f;

    (void)snprintf(path, sizeof(path), "%s/%s/%s", getenv("FIXTURES"), folder, name);
    f = fopen(path, "rb");
    assert_non_null(f);
    fixture_size = fread(fixture, 1, sizeof(fixture), f);
    assert_true(fixture_size > 0 && fixture_size < sizeof(fixture));
    assert_int_equal(fclose(f), 0);
}

static inline void read_fixture(const char *folder, const char *name)
{
    load(folder, name);
    read_bytes(name, fixture, fixture_size);
}

struct zip_part {
    const char *name, *text;
    size_t size; /* 0: the length of the text */
};

/* Makes a ZIP file of the parts; to be freed. */
static inline char *make_zip(const struct zip_part *parts, size_t n, size_t *ret_size)
{
    zip_source_t *to = zip_source_buffer_create(NULL, 0, 0, NULL), *from;
    zip_t *zip = zip_open_from_source(to, ZIP_TRUNCATE, NULL);
    zip_stat_t status;
    char *bytes;

    assert_non_null(zip);
    zip_source_keep(to);
    for (size_t i = 0; i < n; i++) {
        from = zip_source_buffer(zip, parts[i].text,
                                 parts[i].size ? parts[i].size : strlen(parts[i].text), 0);
        assert_true(zip_file_add(zip, parts[i].name, from, ZIP_FL_ENC_UTF_8) >= 0);
    }
    assert_int_equal(zip_close(zip), 0);
    assert_int_equal(zip_source_stat(to, &status), 0);
    bytes = allocate(status.size);
    assert_int_equal(zip_source_open(to), 0);
    assert_int_equal(zip_source_read(to, bytes, status.size), (zip_int64_t)status.size);
    zip_source_close(to);
    zip_source_free(to);
    *ret_size = status.size;
    return bytes;
}

/* Makes a package of the parts and reads it. */
static inline void read_zip(const char *name, const struct zip_part *parts, size_t n)
{
    size_t size;
    char *bytes = make_zip(parts, n, &size);

    read_bytes(name, bytes, size);
    free(bytes);
}

/* Every promise of read_bytes() holds for the fixture cut at many places and with bytes changed. */
static inline void damage(const char *folder, const char *name, unsigned rounds)
{
    char *copy = allocate(MAX_FIXTURE);
    size_t step;

    load(folder, name);
    step = fixture_size / 64 + 1;
    for (size_t n = 0; n < fixture_size; n += step) {
        read_bytes(name, fixture, n);
        read_head(name, fixture, n, true);
    }
    for (unsigned round = 0; round < rounds; round++) {
        memcpy(copy, fixture, fixture_size);
        for (unsigned i = 0; i < 1 + round % 5; i++)
            copy[(size_t)random() % fixture_size] = (char)random();
        read_bytes(name, copy, fixture_size);
    }
    free(copy);
}
