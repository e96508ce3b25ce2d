/*
 * Connects the user's streams to a container that runs in the background. Its output comes from its
 * log, from which any number of processes can read; the input goes straight to the container.
 */
#ifndef CT_ATTACH_H
#define CT_ATTACH_H

#include <stdbool.h>
#include <time.h>

#include "container/detachkeys.h"

struct err;

struct attach {
	int log;        /* the container's directory in the store */
	int first;      /* pidfd of the first process, for signals */
	int supervisor; /* pidfd; -1: it has ended */
	int input;      /* of inputend_take; -1: none */
	bool tty;       /* the input is a terminal */
	bool proxy;     /* signals go to the container; false: they end the attachment */
	struct detachkeys keys;
};

enum attach_end {
	ATTACH_ENDED,    /* the container has ended, and all its output is written */
	ATTACH_DETACHED, /* the user typed the keys */
	ATTACH_LEFT,     /* by a signal, *signal */
};

/* Returns an enum attach_end, or -1. Leaves all signals blocked. */
int attach_run(struct attach *a, int *signal, struct err *e);

#endif
