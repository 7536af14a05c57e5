/* package_repair.c - a new directory for a ZIP file that has lost its own.
 *
 * The directory stands at the end of the file: a file that was cut off, or has something behind it,
 * seems empty without it. Each member has a header of its own in front of its data, which is enough
 * (APPNOTE.TXT 4.3.7). Where that does not tell the data's size, or lies, the data end at the next
 * header. One pass, so the time is linear.
 */
#include "extract/office/package_repair.h"

#include <string.h>

enum {
    LOCAL_BYTES = 30,
    CENTRAL_BYTES = 46,
    END_BYTES = 22,
    DESCRIPTOR_BYTES = 16,
    MAX_MEMBERS = 65534, /* more need another end record */
    HAS_DESCRIPTOR = 1 << 3,
};

struct local {
    const unsigned char *header;
    size_t offset, data, n_data;
    unsigned n_name;
    uint32_t crc, n_unpacked;
};

static uint32_t get(const unsigned char *at, unsigned n)
{
    uint32_t value = 0;

    while (n-- > 0)
        value = value << 8 | at[n];
    return value;
}

static void put(struct buf *to, uint32_t value, unsigned n)
{
    for (; n > 0; n--, value >>= 8)
        buf_add_char(to, (char)(value & 0xff));
}

static bool is_mark(const unsigned char *at, unsigned char third, unsigned char fourth)
{
    return at[0] == 'P' && at[1] == 'K' && at[2] == third && at[3] == fourth;
}

/* Where the next header, descriptor (but not of `from`'s own data) or directory begins. */
static size_t next_mark(const unsigned char *bytes, size_t size, size_t from)
{
    const unsigned char *at;

    for (; from + 4 <= size; from++) {
        at = memchr(bytes + from, 'P', size - from - 3);
        if (!at)
            return size;
        from = (size_t)(at - bytes);
        if (is_mark(at, 3, 4) || is_mark(at, 1, 2) || is_mark(at, 5, 6) || is_mark(at, 7, 8))
            return from;
    }
    return size;
}

/* What the header leaves open, or tells wrong: sizes and sum, from what stands behind the data. */
static size_t find_end(const unsigned char *bytes, size_t size, struct local *m)
{
    size_t end = m->data + m->n_data;
    const unsigned char *behind;

    if (m->n_data > 0 &&
        (end == size || (end + 4 <= size && next_mark(bytes, end + 4, end) == end)))
        return end;
    end = next_mark(bytes, size, m->data);
    m->n_data = end - m->data;
    behind = bytes + end;
    if (end + DESCRIPTOR_BYTES <= size && is_mark(behind, 7, 8)) {
        m->crc = get(behind + 4, 4);
        m->n_unpacked = get(behind + 12, 4);
    }
    return end;
}

/* The member whose header is at `offset`; false: there is not all of the header. */
static bool read_local(const unsigned char *bytes, size_t size, size_t offset, struct local *m)
{
    const unsigned char *h = bytes + offset;

    if (size - offset < LOCAL_BYTES)
        return false;
    *m = (struct local){.header = h, .offset = offset, .n_name = get(h + 26, 2)};
    m->data = offset + LOCAL_BYTES + m->n_name + get(h + 28, 2);
    m->crc = get(h + 14, 4);
    m->n_unpacked = get(h + 22, 4);
    if (m->data > size)
        return false;
    if (!(get(h + 6, 2) & HAS_DESCRIPTOR))
        m->n_data = MIN((size_t)get(h + 18, 4), size - m->data);
    return true;
}

static void add_central(struct buf *to, const struct local *m)
{
    put(to, 0x02014b50, 4);
    put(to, 20, 2);
    buf_add(to, m->header + 4, 10); /* version, flags, method, time, date */
    put(to, m->crc, 4);
    put(to, (uint32_t)m->n_data, 4);
    put(to, m->n_unpacked, 4);
    put(to, m->n_name, 2);
    put(to, 0, 4); /* no extra field, no comment */
    put(to, 0, 4); /* disk, kind of text */
    put(to, 0, 4); /* attributes */
    put(to, (uint32_t)m->offset, 4);
    buf_add(to, m->header + LOCAL_BYTES, m->n_name);
}

static void add_end(struct buf *to, size_t size, size_t n_members)
{
    uint32_t n_directory = (uint32_t)to->size;

    put(to, 0x06054b50, 4);
    put(to, 0, 4); /* disks */
    put(to, (uint32_t)n_members, 2);
    put(to, (uint32_t)n_members, 2);
    put(to, n_directory, 4);
    put(to, (uint32_t)size, 4);
    put(to, 0, 2); /* no comment */
}

size_t package_repair(const char *text, size_t size, struct buf *to)
{
    const unsigned char *bytes = (const unsigned char *)text;
    struct local m;
    size_t n = 0, at = 0;

    if (size >= UINT32_MAX)
        return 0;
    while (n < MAX_MEMBERS && (at = next_mark(bytes, size, at)) < size) {
        if (!is_mark(bytes + at, 3, 4) || !read_local(bytes, size, at, &m)) {
            at += 4;
            continue;
        }
        at = find_end(bytes, size, &m);
        add_central(to, &m);
        n++;
    }
    if (n > 0)
        add_end(to, size, n);
    return n;
}
