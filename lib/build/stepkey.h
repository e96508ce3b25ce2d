/*
 * The key of a step: a digest of the files before it, its instruction, its arguments and the
 * content that it reads. Each part is preceded by its length, so different steps have different
 * keys.
 */
#ifndef CT_STEPKEY_H
#define CT_STEPKEY_H

#include "base/digest.h"
#include "base/str.h"
#include "build/stepstore.h"

struct stepkey {
	struct digest digest;
};

void stepkey_begin(struct stepkey *k, const char *parent, const char *instruction);
void stepkey_add(struct stepkey *k, const char *text); /* NULL and "" give different keys */
void stepkey_add_number(struct stepkey *k, uint64_t n);
void stepkey_add_list(struct stepkey *k, const struct strv *list);
/* Like stepkey_add_list, but independent of the order; sorts the list. */
void stepkey_add_set(struct stepkey *k, struct strv *list);
void stepkey_end(struct stepkey *k, char key[STEP_KEY]);

#endif
