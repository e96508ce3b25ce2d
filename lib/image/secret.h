/*
 * Keeps credentials and tokens out of messages. A message may quote a server, and some servers
 * quote the Authorization header that they received.
 */
#ifndef CT_SECRET_H
#define CT_SECRET_H

#include "base/str.h"

/*
 * Adds the forms in which a server may quote a secret: plain, in base64, and escaped for a URL.
 * NULL adds nothing; nor does a secret of fewer than 4 characters, which may occur in any word.
 */
void secret_add(struct strv *forms, const char *plain);

/*
 * Replaces every secret in text by "***", which never makes the text longer. A secret that is cut
 * off after its first 8 characters is replaced too.
 */
void secret_hide(const struct strv *forms, char *text);

#endif
