/*
 * The ids of objects: "img_N", "ps_N", "vol_N", counted upward from 42002 and never given twice.
 *
 * CT_ROOT/counters has two lines of three numbers: the next number of each kind,
 * and for each kind a bound. Every number below the bound may have been given
 * already. A bound is on disk (fsync) before a number below it is given, and
 * moves by 64, so one id in 64 costs a sync. After a power cut the first line
 * may be old, so counting goes on at the bounds, and up to 63 numbers are
 * skipped. Otherwise none is. A file of one line is of an earlier version.
 */
#ifndef CT_IDS_H
#define CT_IDS_H

#include <stdbool.h>

#include "base/str.h"

struct err;

enum { ID_LEN = 24, ID_FIRST = 42002, ID_BLOCK = 64 };

/* The kinds of objects: "img", "ps", "vol"; NULL ends them. */
extern const char *const store_kinds[];

/* Whether s is an id of that kind: kind, "_", a number without leading 0. */
bool id_is(const char *s, const char *kind);
/* The kind that an id is of; NULL: it is no id. */
const char *id_kind(const char *s);

/* All ids of a kind in a directory, oldest first. */
int ids_list(int dir, const char *kind, struct strv *ids, struct err *e);

/* The next id of a kind. root: CT_ROOT. */
int ids_next(int root, const char *kind, char id[ID_LEN], struct err *e);
/* To be called after each boot and each mount, before an id is given. */
int ids_after_boot(int root, struct err *e);
/* To be called before an unmount: then no number is skipped after the next mount. */
int ids_settle(int root, struct err *e);

#endif
