/*
 * The keys with which a user leaves a container's terminal. Bytes that could begin the sequence are
 * held back until they complete it, or turn out to be input.
 */
#ifndef CT_DETACHKEYS_H
#define CT_DETACHKEYS_H

#include <stdbool.h>
#include <stddef.h>

struct err;

enum { DETACHKEYS_MAX = 16 };
#define DETACHKEYS_DEFAULT "ctrl-p,ctrl-q"

struct detachkeys {
	char key[DETACHKEYS_MAX];
	size_t n;    /* 0: no keys */
	size_t held; /* how many of them were typed */
};

/* "ctrl-p,ctrl-q": characters, or ctrl-CHARACTER, with commas between; "": none. */
int detachkeys_read(const char *text, struct detachkeys *k, struct err *e);

/*
 * Copies typed bytes to out, which needs room for n + DETACHKEYS_MAX, without bytes that are held
 * back; *len becomes their number. True at the end of the sequence; bytes after it are dropped.
 */
bool detachkeys_take(struct detachkeys *k, const char *in, size_t n, char *out, size_t *len);

#endif
