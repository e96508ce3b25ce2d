/*
 * A whole run as one POSIX shell script of standard tools (--dry-run): fed to a shell
 * on the same host it gives the same container, and takes it away at its end. Lines
 * that only come near are marked `# approx`.
 */
#ifndef CT_DRYRUN_H
#define CT_DRYRUN_H

#include "base/str.h"
#include "store/plan.h"
#include "store/store.h"

struct err;

/* store NULL: of a bare run (barerun.h). root: the image's root directory; -1 with plan->rootfs.
 * Changes nothing. */
int dryrun_script(const struct store *store, const struct plan *plan, int root, struct buf *out,
		  struct err *e);

#endif
