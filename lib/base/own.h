/*
 * Ownership bound to a scope: a variable declared with one of these macros releases its
 * resource when the scope ends, on every path.
 *
 *	own_fd int fd = open(...);
 *	...
 *	return take_fd(&fd);		passes the descriptor to the caller instead
 */
#ifndef CT_OWN_H
#define CT_OWN_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void own_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Closes the descriptor before its scope ends. */
static inline void shut_fd(int *fd)
{
	own_close(fd);
	*fd = -1;
}

static inline void own_free(void *p)
{
	free(*(void **)p);
}

static inline void own_closedir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static inline void own_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define own_fd   __attribute__((cleanup(own_close)))    /* int; -1: none */
#define own_str  __attribute__((cleanup(own_free)))     /* any malloc'ed pointer */
#define own_dir  __attribute__((cleanup(own_closedir))) /* DIR * */
#define own_file __attribute__((cleanup(own_fclose)))   /* FILE * */

/* Returns the descriptor; the variable no longer owns it. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* Returns the pointer; the variable no longer owns it. */
static inline void *take_ptr(void *pp)
{
	void *taken = *(void **)pp;

	*(void **)pp = NULL;
	return taken;
}

#endif
