/*
 * Slots that containers claim: symbolic links DIR/SLOT -> ID. symlink(2) fails if the link
 * exists, so two containers never hold the same slot. A claim is valid while the container's
 * directory in CT_RUN exists. Claims of dead containers are taken over, however the containers
 * died, so no slot is lost.
 */
#ifndef CT_SLOT_H
#define CT_SLOT_H

struct err;

/*
 * Claims a slot. 1: id holds the slot (it may have held it before); 0: another container
 * holds it; -1: error. run: CT_RUN, where id has its directory; dir: the directory of the
 * links (may be run itself).
 */
int slot_take(int run, int dir, const char *slot, const char *id, struct err *e);

/*
 * Finds the holder of a slot. 1: a living container, whose id is in holder;
 * 0: the slot is free.
 */
int slot_holder(int run, int dir, const char *slot, char holder[64]);

/* Releases the slot if the container id holds it. */
void slot_release(int dir, const char *slot, const char *id);

#endif
