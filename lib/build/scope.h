/*
 * Variables of a Dockerfile: the environment (ENV, and what the image below has)
 * and arguments (ARG), which the environment always overrides (Dockerfile reference, "ARG").
 * What they were at an earlier moment can be asked for later.
 */
#ifndef CT_SCOPE_H
#define CT_SCOPE_H

#include "build/expand.h"
#include "build/pairs.h"

struct scope {
	struct pairs env, args;
	struct strv log; /* each setting: "e" or "a", then NAME=VALUE */
};

void scope_set_env(struct scope *s, const char *name, const char *value);
void scope_set_arg(struct scope *s, const char *name, const char *value);

/* The value of a variable, or NULL: as struct expand wants it, with the scope as arg. */
const char *scope_value(void *scope, const char *name);

/* All variables that a command sees (NAME=VALUE) after the first n settings (s->log.n: now); added
 * to out. */
void scope_list(const struct scope *s, size_t n, struct strv *out);
void scope_copy(struct scope *to, const struct scope *from);
void scope_free(struct scope *s);
#define own_scope __attribute__((cleanup(scope_free)))

/* The arguments that each build has, for this machine: TARGETPLATFORM and its like. */
void scope_add_platform(struct scope *s, const char *arch);

#endif
