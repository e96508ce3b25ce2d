/*
 * The variables of a stage: the environment (of ENV and the base image) and the build arguments
 * (ARG). The environment overrides arguments (Dockerfile reference, "ARG"). The scope keeps a log,
 * so that earlier states can be queried.
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

/* The value of a variable, or NULL. A callback for struct expand, with the scope as its arg. */
const char *scope_value(void *scope, const char *name);

/* Adds all variables (NAME=VALUE) that a command sees after the first n settings to out; n is
 * s->log.n for the present state. */
void scope_list(const struct scope *s, size_t n, struct strv *out);
/* Bytes that scope_copy copies. */
size_t scope_size(const struct scope *s);
void scope_copy(struct scope *to, const struct scope *from);
void scope_free(struct scope *s);
#define own_scope __attribute__((cleanup(scope_free)))

/* Sets the predefined arguments for this machine: TARGETPLATFORM and so on. */
void scope_add_platform(struct scope *s, const char *arch);

#endif
