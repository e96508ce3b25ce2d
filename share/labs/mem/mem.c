/* mem.c: a limit for memory. --mem=BYTES */
#include "box.h"

static char *dir;	/* the group's directory */

static void make(const char *bytes)
{
	dir = group("memory");
	/* Here: the limit. */
	(void)bytes;
}

static void join(const char *bytes)
{
	(void)bytes;
	/* Here. */
}

static void take_away(const char *bytes)
{
	(void)bytes;
	/* Here. */
}

const struct stage mem_stage = {.option = "--mem=", .before = make, .inside = join, .after = take_away};
