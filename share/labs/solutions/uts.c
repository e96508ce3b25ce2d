/* uts.c: a host name of one's own. --uts=NAME */
#include "box.h"

static void enter(const char *name)
{
	if (*name && sethostname(name, strlen(name)) != 0)
		fail("sethostname");
}

const struct stage uts_stage = {.option = "--uts=", .flags = CLONE_NEWUTS, .inside = enter};
