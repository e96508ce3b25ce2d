/*
 * The key of a step: a digest of the files before it, its instruction, its arguments
 * and the content of what it reads. Each part is told with its length, so that two
 * steps have one key only if they are the same.
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
void stepkey_add(struct stepkey *k, const char *text); /* NULL is told from "" */
void stepkey_add_number(struct stepkey *k, uint64_t n);
void stepkey_add_list(struct stepkey *k, const struct strv *list);
/* The same whatever their order, which this sorts. */
void stepkey_add_set(struct stepkey *k, struct strv *list);
void stepkey_end(struct stepkey *k, char key[STEP_KEY]);

#endif
