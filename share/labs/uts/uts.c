/* uts.c: a host name of one's own. --uts=NAME */
#include "box.h"

static void enter(const char *name)
{
	/* Here: set the name, unless it is empty. If that fails: fail("sethostname"). */
	(void)name;
}

const struct stage uts_stage = {
	.option = "--uts=",
	.flags = 0,		/* Here: which namespace? */
	.inside = enter,
};
