/* worth: is it worth compressing? See worth.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "worth.h"

#include <stdlib.h>
#include <zlib.h>

#include "text.h"

#define PIECE 65536
#define PIECES 8 /* of a file that is larger than so many */

/* The bytes at `at` added to both sums; -1 when they cannot be read. */
static int piece_try(const struct extent *data, int64_t at, int64_t *before,
                     int64_t *after)
{
    unsigned char *piece = text_alloc(PIECE);
    uLongf len = compressBound(PIECE);
    unsigned char *packed = text_alloc(len);
    int64_t n = extent_read(data, at, piece, PIECE);
    int rc = -1;
    if (n > 0 && compress2(packed, &len, piece, (uLong)n, 1) == Z_OK) {
        *before += n;
        *after += (int64_t)len;
        rc = 0;
    }
    free(piece);
    free(packed);
    return rc;
}

int worth_compressing(const struct extent *data, int gain_percent)
{
    int64_t before = 0, after = 0, step = PIECE;
    int64_t last = data->len > PIECE ? data->len - PIECE : 0;
    if (data->len > PIECES * PIECE)
        step = last / (PIECES - 1);
    for (int64_t at = 0; at < data->len; at += step)
        if (piece_try(data, at, &before, &after) == -1)
            return 0;
    return before > 0 && (before - after) * 100 >= before * gain_percent;
}
