/*
 * How a container comes into the store: it is begun with an id, a locked directory in CT_RUN and
 * a draft; it appears whole (published) or not at all (taken back). A stopped container that is
 * started again has all but the lock already.
 */
#ifndef CT_BIRTH_H
#define CT_BIRTH_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/num.h"
#include "store/draft.h"
#include "store/plan.h"
#include "store/store.h"

struct err;

struct birth {
	const struct store *store;
	const struct plan *plan;
	char *id;   /* set by birth_begin, unless it is `again` */
	bool again; /* a stopped container, to run once more on its own snapshot */

	struct draft draft;
	int lock; /* of CT_RUN/ps_N, for as long as the container runs */
	int home; /* where its snapshot and its log are */
};
#define BIRTH_OF(s, p, i, a)                                                              \
	{                                                                                 \
		.store = (s), .plan = (p), .id = (i), .again = (a), .draft = {.dir = -1}, \
		.lock = -1, .home = -1                                                    \
	}

int birth_begin(struct birth *b, struct err *e);

/* The container becomes visible, with everything that says what it is. */
int birth_publish(struct birth *b, struct err *e);
/* The same in two halves for one that lives: what is said of it is written while its first process
 * does its stages, and it becomes visible when that stands right before its program. */
int birth_write(struct birth *b, pid_t first, const char *started, struct err *e);
int birth_publish_running(struct birth *b, pid_t first, const char *started, struct err *e);

/* What a run made before its program ran, taken back. */
void birth_undo(struct birth *b);

/* Lets go of the lock and of the directory. */
void birth_close(struct birth *b);
#define own_birth __attribute__((cleanup(birth_close)))

/* The time, as records have it. */
void birth_time(char out[NUM_TIME_LEN]);

#endif
