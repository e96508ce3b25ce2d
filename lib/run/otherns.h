/*
 * The namespaces that a run's first process joins by setns(2) before it is cloned, and the clock
 * offsets of its new time namespace: both need a process that enters them first (clonefirst.h).
 */
#ifndef CT_OTHERNS_H
#define CT_OTHERNS_H

#include <stdint.h>

struct err;

enum { OTHERNS_MAX = 8 };

struct otherns {
	struct {
		int flag; /* CLONE_NEW* */
		int fd;
	} v[OTHERNS_MAX];
	int n;
	const char *offsets; /* lines of timens_offsets(5); NULL: none */
};

/* Adds a namespace, and owns the descriptor. */
void otherns_add(struct otherns *o, int flag, int fd);
/* Opens a namespace by its path, and checks that it is of this kind. */
int otherns_open(struct otherns *o, int flag, const char *path, struct err *e);
/* The descriptor of a kind of namespace; -1: it is not joined. */
int otherns_of(const struct otherns *o, int flag);
void otherns_close(struct otherns *o);

/*
 * Enters the namespaces: the user namespace last, because the others may belong to the host. With
 * clock offsets it also makes the time namespace of the children. What it enters or makes is taken
 * out of *flags (CLONE_NEW*). Returns 0, or -1 with errno.
 */
int otherns_enter(const struct otherns *o, uint64_t *flags);

#endif
