/*
 * Shared by the functions that resolve each kind of instruction to a step (stepconf.h, stepcopy.h,
 * steprun.h).
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
	size_t *budget; /* see struct expand */
	const struct pairs *build_args;
	struct scope global; /* the ARGs before the first FROM, and the predefined ones */
	struct pairs used;   /* names of build arguments that an ARG declares */
	size_t stage;        /* index of the current stage */
	const struct instruction *at;
};

static inline struct build_stage *stepping_stage(const struct stepping *s)
{
	return &s->out->stages[s->stage];
}

/* Adds a fault of the current instruction: "NAME: ...". */
void stepping_fault(const struct stepping *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Replaces the variables of a word. The caller frees it; NULL with the fault. */
char *stepping_expand(const struct stepping *s, const char *word);
/* The same for each word of a list; adds the results to out. False with the fault. */
bool stepping_expand_all(const struct stepping *s, const struct strv *words, struct strv *out);

/* Whether values can be checked. In a stage that is not needed they cannot: the base image, whose
 * variables a value may contain, is not read. */
bool stepping_knows(const struct stepping *s);

/* Adds a step for the current instruction, with its name and text. */
struct step *stepping_add(struct stepping *s, enum step_kind kind);

/*
 * Finds the stage or image that --from, or from= of a mount, names. what: the option's name in
 * messages. False with the fault.
 */
bool stepping_find_source(struct stepping *s, const char *what, const char *name,
			  struct step_source *out);
/* Finds a stage before the stage `before` by its name; -1: none. */
int stepping_find_stage(const struct steps *all, const char *name, size_t before);
/* The number of a stage before the stage `before`; -1: the text is none. */
int stepping_find_number(const char *text, size_t before);

#endif
