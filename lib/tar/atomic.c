#include "tar/atomic.h"

#include <archive_entry.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "tar/tarentry.h"

static char aside[PATH_MAX];
static struct strv made;

static void clear(int signal)
{
	if (*aside)
		unlink(aside);
	if (signal)
		_exit(1);
	*aside = '\0';
}

/* SIGKILL cannot be handled, but other signals can. */
void atomic_begin(void)
{
	struct sigaction sa = {.sa_handler = clear};

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

int atomic_set(struct archive_entry *entry, const char *name, struct err *e)
{
	static uint64_t tag;
	const char *base = strrchr(name, '/');
	int n;

	/* Random: processes inside must not be able to guess the name. */
	if (tag == 0 && getrandom(&tag, sizeof(tag), 0) < 0)
		return err_sys(e, "%.*s: make a temporary name", NAME_SHOWN, name);
	n = snprintf(aside, sizeof(aside), "%.*s.ct-cp-%016llx", base ? (int)(base + 1 - name) : 0,
		     name, (unsigned long long)tag);
	if (n >= (int)sizeof(aside)) {
		*aside = '\0';
		errno = ENAMETOOLONG;
		return err_sys(e, "%.*s", NAME_SHOWN, name);
	}
	archive_entry_copy_pathname(entry, aside);
	return 0;
}

const char *atomic_name(void)
{
	return aside;
}

int atomic_place(const char *name, struct err *e)
{
	if (*aside && rename(aside, name) < 0)
		return err_sys(e, "%.*s", NAME_SHOWN, name);
	clear(0); /* rename(2) of two hard links to one file keeps both */
	return 0;
}

void atomic_new(const char *name)
{
	strv_add(&made, name);
}

/* In reverse order: the content of a directory before the directory. */
void atomic_undo(void)
{
	clear(0);
	while (made.n > 0) {
		remove(made.v[--made.n]);
		free(made.v[made.n]);
	}
}
