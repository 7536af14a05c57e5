/* peer_text.c - see peer.h. */
#include "peer.h"

#include "base/utf8.h"

void peer_text(const struct buf *bytes, struct buf *out)
{
    const char *data = buf_text(bytes);
    size_t start = 0, i = 0, n;

    buf_clear(out);
    while (i < bytes->size && out->size + (i - start) < PEER_MAX_TEXT_BYTES) {
        n = data[i] == '\0' ? 0 : utf8_sequence(data + i, bytes->size - i);
        if (n > 0) {
            i += n;
            continue;
        }
        buf_add(out, data + start, i - start);
        if (data[i] != '\0')
            buf_add_str(out, "\xef\xbf\xbd");
        start = ++i;
    }
    buf_add(out, data + start, i - start);
}
