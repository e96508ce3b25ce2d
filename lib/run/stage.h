/*
 * The stages of a run, in their order: one table, walked by the supervisor
 * (prepare, grant, release, undo) and by the container's first process (enter, seal).
 *
 *	supervisor:	prepare all, clone, grant all, say GRANTED, hear READY, (publish,)
 *			release all, say EXECUTE
 *	first process:	enter all, seal all, say READY, hear EXECUTE, execve
 *
 * enter builds, seal drops privileges: no enter follows a seal. The first process waits for GRANTED
 * before it enters the first stage that has a grant. The supervisor does the work that needs
 * privileges on the host: before the first process exists (prepare), or after the first process
 * has a pid (grant). In grant the supervisor also sends detached mounts. */
#ifndef CT_STAGE_H
#define CT_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "run/recipe.h"
#include "run/run.h"

struct err;

#define STAGE_SEE "; see: "

struct stage {
	enum stage_id id;
	const char *says;    /* its description, STAGE_SEE, and a command that shows its effect */
	uint64_t clone_flag; /* a namespace that clone3(2) makes; 0: none */
	bool (*wanted)(const struct plan *); /* NULL: always */
	int (*prepare)(struct run *, struct err *);
	int (*grant)(struct run *, struct err *);
	int (*enter)(struct run *, struct err *);
	int (*seal)(struct run *, struct err *);
	int (*release)(struct run *, struct err *);
	void (*undo)(struct run *);
	void (*shell)(const struct run *, struct recipe *); /* the equivalent shell commands */
};

/* A stage may have several rows, of which `wanted` picks one. The last row has says NULL. */
extern const struct stage stages[];

bool stage_is_wanted(const struct stage *s, const struct plan *plan);

#define EACH_STAGE(s, r)                                        \
	for (const struct stage *s = (r)->stages; s->says; s++) \
		if (stage_is_wanted(s, (r)->plan))

#endif
