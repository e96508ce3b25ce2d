/*
 * Adds a container to the store: it begins with an id, a locked directory in CT_RUN and a draft,
 * and is then published completely or undone. For a restart of a stopped container only the lock is
 * new.
 */
#ifndef CT_BIRTH_H
#define CT_BIRTH_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/num.h"
#include "store/draft.h"
#include "store/plan.h"
#include "store/spare.h"
#include "store/store.h"

struct err;

struct birth {
	const struct store *store;
	const struct plan *plan;
	char *id;              /* set by birth_begin, except for a restart */
	bool again;            /* a restart of a stopped container on its own snapshot */
	struct spares *spares; /* claim one of these; NULL: do not */

	struct draft draft;
	int lock; /* the lock of CT_RUN/ps_N, held while the container runs */
	int home; /* the directory with its snapshot and its log */
};
#define BIRTH_OF(s, p, i, a, sp)                                                    \
	{                                                                           \
		.store = (s), .plan = (p), .id = (i), .again = (a), .spares = (sp), \
		.draft = {.dir = -1}, .lock = -1, .home = -1                        \
	}

int birth_begin(struct birth *b, struct err *e);

/* Writes the container's config and makes the container visible. */
int birth_publish(struct birth *b, struct err *e);
/* The same in two halves for a running container: the records are written while the first process
 * enters its stages; the container becomes visible when the first process is ready to execute. */
int birth_write(struct birth *b, pid_t first, const char *started, struct err *e);
int birth_publish_running(struct birth *b, pid_t first, const char *started, struct err *e);

/* Removes everything that was made before the program ran. */
void birth_undo(struct birth *b);

/* Closes the lock and the directory. */
void birth_close(struct birth *b);
#define own_birth __attribute__((cleanup(birth_close)))

/* The present time in the form of records. */
void birth_time(char out[NUM_TIME_LEN]);

#endif
