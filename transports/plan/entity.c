/* entity: a message's MIME entity, encrypted and decrypted as a whole. See
 * entity.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "entity.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cipher.h"
#include "field.h"
#include "hint.h"

static bool of_entity(const struct field *f, void *context)
{
    (void)context;
    return field_begins(f, "Content-");
}

static bool of_message(const struct field *f, void *context)
{
    (void)context;
    return f->name_len > 0 && !field_begins(f, "Content-");
}

static char *pgp_home(const struct job *j)
{
    const struct settings *set = j->settings;
    return *set->pgp_home ? text_copy(set->pgp_home)
                          : text_format("%s/pgp", set->state);
}

/* The entity in a file of its own. */
static int entity_take(const struct message *m, const char *head, int fd,
                       char *error, size_t size)
{
    struct text block = {0};
    struct extent body = message_extent(m, m->body, m->len);
    fields_copy(head, of_entity, NULL, &block);
    text_add(&block, "\n");
    int rc = fd == -1 || write_all(fd, block.s, block.len, error, size) == -1 ||
                     extent_copy(&body, fd, error, size) == -1
                 ? -1
                 : 0;
    text_free(&block);
    return rc;
}

/* The header with another entity's fields. */
static void head_join(const char *head, const char *entity, struct text *out)
{
    struct text version = {0};
    fields_copy(head, of_message, NULL, out);
    if (field_value(head, "MIME-Version", &version) == 0)
        text_add(out, "MIME-Version: 1.0\n");
    fields_copy(entity, of_entity, NULL, out);
    text_free(&version);
}

/* The message with another entity: 1, 0 where that is none, -1. Of its fields
 * only those that are an entity's count: who has encrypted it may have written
 * any. */
static int entity_put(const char *head, const struct extent *entity,
                      struct message *out, char *error, size_t size)
{
    struct message inner = {0};
    struct text fields = {0}, block = {0};
    int fd = temp_file(error, size), rc = -1;
    if (fd != -1 && extent_copy(entity, fd, error, size) == 0 &&
        message_take(&inner, fd, error, size) == 0) {
        struct extent body = message_extent(&inner, inner.body, inner.len);
        rc = message_head(&inner, &fields) == 0;
        if (rc == 0)
            text_error(error, size, "a header in it is too large, or has NULs");
        head_join(head, text_str(&fields), &block);
        if (rc == 1 &&
            message_make(out, &block, &body, false, error, size) == -1)
            rc = -1;
    }
    message_free(&inner);
    text_free(&fields);
    text_free(&block);
    return rc;
}

/* 1 done; what wrap() or unwrap() says otherwise. */
static int entity_change(struct job *j, const struct message *m,
                         const char *head, bool wrap, struct message *out,
                         char *error, size_t size)
{
    const struct environment *row = j->row;
    struct extent made = {.fd = -1};
    char *home = pgp_home(j);
    int fd = temp_file(error, size);
    int rc = entity_take(m, head, fd, error, size);
    struct extent entity = temp_extent(fd);
    if (rc == 0 && wrap)
        rc = cipher_wrap(row->encrypt, row->encrypt_key, home, &entity, &made,
                         error, size) == 0
                 ? 1
                 : -1;
    else if (rc == 0)
        rc = cipher_unwrap(row->decrypt, row->decrypt_key, home, &entity, &made,
                           error, size);
    if (rc == 1)
        rc = entity_put(head, &made, out, error, size);
    if (fd != -1)
        close(fd);
    if (made.fd != -1)
        close(made.fd);
    free(home);
    return rc;
}

static enum hint_secrecy secrecy_said(const char *head)
{
    struct text type = {0};
    field_value(head, "Content-Type", &type);
    enum hint_secrecy said = hint_secrecy(text_str(&type));
    text_free(&type);
    return said;
}

/* Is it encrypted? Where its header leaves that open, what is in it says. 1, 0,
 * -1. */
static int encrypted(const struct message *m, const char *head, char *error,
                     size_t size)
{
    enum hint_secrecy said = secrecy_said(head);
    if (said != HINT_PERHAPS)
        return said == HINT_ENCRYPTED;
    int fd = temp_file(error, size);
    int rc = entity_take(m, head, fd, error, size);
    struct extent entity = temp_extent(fd);
    if (rc == 0)
        rc = cipher_enveloped(&entity, error, size);
    if (fd != -1)
        close(fd);
    return rc;
}

/* 1 it can be; 0 it cannot, and goes in clear or not at all; -1. */
static int encrypt_ready(struct job *j, char *error, size_t size)
{
    char *home = pgp_home(j);
    int ready =
        cipher_ready(j->row->encrypt, j->row->encrypt_key, home, error, size);
    if ((ready == 0 || ready == CIPHER_ABSENT) && j->row->clear)
        job_report(j, "sent in clear: %s", error);
    else if (ready == 0)
        text_addf(&j->refusal, "it must be encrypted, and cannot be: %s",
                  error);
    free(home);
    return ready == CIPHER_ABSENT ? (j->row->clear ? 0 : -1) : ready;
}

int entity_encrypt(struct job *j, const struct message *m, struct message *out,
                   char *error, size_t size)
{
    struct text head = {0};
    int rc = message_head(m, &head);
    if (rc == -1)
        text_error(error, size, "its header is too large, or has NULs");
    else
        rc = encrypted(m, text_str(&head), error, size);
    if (rc != -1)
        rc = rc == 1 ? 0 : encrypt_ready(j, error, size);
    /* Whatever goes wrong from here on, it does not go in clear. */
    if (rc == 1 &&
        entity_change(j, m, text_str(&head), true, out, error, size) != 1)
        rc = -1;
    if (rc == 1)
        job_report(j, "encrypted");
    text_free(&head);
    return rc;
}

int entity_decrypt(struct job *j, const struct message *m, struct message *out,
                   char *error, size_t size)
{
    struct text head = {0};
    int rc = message_head(m, &head);
    if (rc == -1)
        text_error(error, size, "its header is too large, or has NULs");
    if (rc == 0 && j->row->decrypt != CIPHER_NONE &&
        secrecy_said(text_str(&head)) != HINT_CLEAR) {
        *error = 0;
        rc = entity_change(j, m, text_str(&head), false, out, error, size);
        if (rc == 1)
            job_report(j, "decrypted");
        else if (rc == 0)
            job_report(j, "not decrypted: %s",
                       *error ? error : "it is not for a key of ours");
    }
    text_free(&head);
    return rc;
}
