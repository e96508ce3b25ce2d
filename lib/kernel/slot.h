/*
 * Slots that containers claim: a link DIR/SLOT -> ID, made by symlink(2), so that two can
 * never have the same one. A claim holds for as long as its container has its directory in
 * CT_RUN: what the dead left is taken over, so nothing is lost, however they died.
 */
#ifndef CT_SLOT_H
#define CT_SLOT_H

struct err;

/*
 * 1: id has the slot now (or had it already); 0: another container has it; -1.
 * run: CT_RUN, where id has its directory; dir: where the links are (it may be run itself).
 */
int slot_take(int run, int dir, const char *slot, const char *id, struct err *e);

/* 1: somebody who lives has the slot, and is now in holder; 0: it is free. */
int slot_holder(int run, int dir, const char *slot, char holder[64]);

/* Lets the slot go, if it is that container's. */
void slot_release(int dir, const char *slot, const char *id);

#endif
