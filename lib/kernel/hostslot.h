/*
 * Slots that the containers of all sets on this host claim without a common supervisor. The
 * file HOSTSLOT_DIR/SLOT names the claim's holder by the container's directory in its CT_RUN.
 *
 * A claim is valid while that directory exists or a descriptor of the claim is open.
 * Supervisors keep the descriptor open, because their CT_RUN may be on a mount that only their
 * mount namespace has. Claims of dead containers are taken over, however the containers died,
 * so no slot is lost.
 */
#ifndef CT_HOSTSLOT_H
#define CT_HOSTSLOT_H

struct err;

#define HOSTSLOT_DIR "/run/ct-userns"

/*
 * A number for each set on this host: 0 for the set whose CT_RUN (run) is the default, for
 * others a hash of its path.
 */
unsigned hostslot_set(int run);

/*
 * Claims a slot. 1: the container holds the slot (it may have held it before); 0: another
 * container holds it; -1: error. run: CT_RUN; id: the container, whose directory exists in
 * CT_RUN. held: a descriptor to keep open.
 */
int hostslot_take(int run, const char *slot, const char *id, int *held, struct err *e);

/*
 * A descriptor of an existing claim, for another container that uses the slot too; -1
 * if there is no claim.
 */
int hostslot_share(const char *slot);

/* Passes the claim from id to heir, if id holds it. */
int hostslot_pass(int run, const char *slot, const char *id, const char *heir, struct err *e);
/* Releases the slot if the container id holds it. */
void hostslot_release(int run, const char *slot, const char *id);

#endif
