/* array: lists that hostile files can make long. See array.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "array.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

void *array_room(void *array, int count, size_t size)
{
    size_t n = (size_t)count;
    char *room = array;
    /* Full when it has 0, 1, 2, 4, 8, ... items. */
    if (n == 0 || (n & (n - 1)) == 0) {
        room = text_alloc((n ? 2 * n : 1) * size);
        if (n > 0)
            memcpy(room, array, n * size);
        free(array);
    }
    memset(room + n * size, 0, size);
    return room;
}
