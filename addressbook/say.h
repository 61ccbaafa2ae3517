/* say: what is printed. Names and addresses come from mail and from files, so
 * nothing that could change a terminal is printed as it is.
 *
 * Called by: everything in addressbook/ but the formats.
 * Memory: none.
 * Fails: never.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_SAY_H
#define OUTRIDER_SAY_H

/* A line on standard output. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A line on standard error, with the program's name. Returns `code`, so that a
 * function can end with `return say_error(EX_..., ...)`. */
int say_error(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The exit code of all: the first one that is not 0. */
void code_add(int *all, int code);

#endif
