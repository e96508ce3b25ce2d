/*
 * The ids of objects: "img_N", "ps_N", "vol_N", counted upward from 42002 and never reused.
 *
 * CT_ROOT/counters has two lines of three numbers: the next number of each kind, and a
 * bound for each kind. Numbers below the bound may be in use. A bound is written to disk
 * (fsync) before a number below it is assigned, and moves by 64, so that only one id in
 * 64 costs a sync. After a power cut the first line may be old: counting continues at the
 * bounds and skips up to 63 numbers. Otherwise no number is skipped. An earlier version
 * of ct wrote files of one line.
 */
#ifndef CT_IDS_H
#define CT_IDS_H

#include <stdbool.h>

#include "base/str.h"

struct err;

enum { ID_LEN = 24, ID_FIRST = 42002, ID_BLOCK = 64 };

/* The kinds of objects: "img", "ps", "vol", then NULL. */
extern const char *const ids_kinds[];

/* Whether s is an id of that kind: kind, "_", a number without a leading 0. */
bool id_is(const char *s, const char *kind);
/* The kind of an id; NULL if s is not an id. */
const char *id_kind(const char *s);

/* By age: negative if a is older than b. They are ids of one kind. */
int ids_compare(const char *a, const char *b);
/* All ids of a kind in a directory, oldest first. */
int ids_list(int dir, const char *kind, struct strv *ids, struct err *e);

/* Assigns the next id of a kind. root: CT_ROOT. */
int ids_next(int root, const char *kind, char id[ID_LEN], struct err *e);
/* Call it after each boot and each mount, before an id is assigned. */
int ids_after_boot(int root, struct err *e);
/* Call it before an unmount: then no number is skipped after the next mount. */
int ids_settle(int root, struct err *e);

#endif
