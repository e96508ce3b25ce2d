/*
 * Credentials and tokens kept out of messages: a server may say anything, and some say back
 * the Authorization header that they were sent.
 */
#ifndef CT_SECRET_H
#define CT_SECRET_H

#include "base/str.h"

/*
 * Adds the forms in which a secret may be said back: as it is, in base64, escaped for a URL. NULL,
 * and fewer than 4 characters, which could be any part of a sentence, add nothing.
 */
void secret_add(struct strv *forms, const char *plain);

/* Puts "***" in place of every secret in text, which becomes no longer; one that was cut after its
 * first 8 characters, too. */
void secret_hide(const struct strv *forms, char *text);

#endif
