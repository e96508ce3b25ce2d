/*
 * Slots that containers of all sets of the environment on this host claim, with nobody to ask:
 * files HOSTSLOT_DIR/SLOT that name the holder by its directory in its own CT_RUN.
 *
 * A claim holds for as long as that directory is there, or the descriptor of the claim is
 * open: a supervisor keeps it, since its CT_RUN may be on a mount that only its mount namespace
 * has. What the dead left is taken over, so nothing is lost, however they died.
 */
#ifndef CT_HOSTSLOT_H
#define CT_HOSTSLOT_H

struct err;

#define HOSTSLOT_DIR "/run/ct-userns"

/*
 * Tells the sets of the environment on this host apart: 0 for the one whose CT_RUN (run) is the
 * default, for others a number made of its path.
 */
unsigned hostslot_set(int run);

/*
 * 1: the holder has the slot now (or had it already); 0: another one has it; -1.
 * run: CT_RUN; id: of the container, whose directory stands there. held: a descriptor to keep.
 */
int hostslot_take(int run, const char *slot, const char *id, int *held, struct err *e);

/* For another container that uses the slot too: a descriptor to keep, -1 if there is no such claim.
 */
int hostslot_share(const char *slot);

/* The claim goes to heir, if it is id's. */
int hostslot_pass(int run, const char *slot, const char *id, const char *heir, struct err *e);
/* Lets the slot go, if it is that container's. */
void hostslot_release(int run, const char *slot, const char *id);

#endif
