/*
 * Ownership bound to a scope: a variable declared with one of these releases
 * what it holds when its scope ends, on every path out of it.
 *
 *	own_fd int fd = open(...);
 *	...
 *	return take_fd(&fd);		hands the descriptor on instead
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

/* Not to wait for the end of a scope: closes it, and there is nothing then. */
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

#define own_fd   __attribute__((cleanup(own_close)))    /* int, -1 is nothing */
#define own_str  __attribute__((cleanup(own_free)))     /* any malloc'ed pointer */
#define own_dir  __attribute__((cleanup(own_closedir))) /* DIR * */
#define own_file __attribute__((cleanup(own_fclose)))   /* FILE * */

/* The descriptor, no longer owned by the variable. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* The pointer, no longer owned by the variable. */
static inline void *take_ptr(void *pp)
{
	void *taken = *(void **)pp;

	*(void **)pp = NULL;
	return taken;
}

#endif
