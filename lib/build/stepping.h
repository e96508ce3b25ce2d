/*
 * One instruction of a Dockerfile becoming a step: what the functions for each
 * kind of instruction (stepconf.h, stepcopy.h, steprun.h) have in common.
 */
#ifndef CT_STEPPING_H
#define CT_STEPPING_H

#include "build/buildstep.h"
#include "build/dockerfile.h"
#include "build/faults.h"

struct stepping {
	struct steps *out;
	struct faults *faults;
	char escape;
	const struct pairs *build_args;
	struct scope global; /* ARG before the first FROM, and what every build has */
	struct pairs used;   /* names of build arguments that something took */
	size_t stage;        /* index of the current one */
	const struct instruction *at;
};

static inline struct build_stage *stepping_stage(const struct stepping *s)
{
	return &s->out->stages[s->stage];
}

/* A fault of the current instruction: "NAME: ...". */
void stepping_fault(const struct stepping *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A word with its variables replaced. The caller frees it; NULL with the fault. */
char *stepping_expand(const struct stepping *s, const char *word);
/* The same of each word of a list, added to out; false with the fault. */
bool stepping_expand_all(const struct stepping *s, const struct strv *words, struct strv *out);

/* Whether a value can be judged: it holds no variable that may be of an image that nobody needs to
 * look at. */
bool stepping_knows(const struct stepping *s);

/* A new step for the current instruction, with its name and text. */
struct step *stepping_add(struct stepping *s, enum step_kind kind);

/*
 * The stage or image that --from or a mount's from= means. True if it is right; what: how
 * messages call it.
 */
bool stepping_find_source(struct stepping *s, const char *what, const char *name,
			  struct step_source *out);
/* An earlier stage (before `before`) of that name; -1: there is none. */
int stepping_find_stage(const struct steps *all, const char *name, size_t before);

#endif
