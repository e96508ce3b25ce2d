/* caps.c: less than root may. --caps=MASK, hexadecimal: the capabilities to keep */
#include "box.h"

static void drop(const char *mask)
{
	unsigned long long keep = strtoull(mask, NULL, 16);

	/* Here: every capability that there is, and that is not to be kept. */
	(void)keep;
}

const struct stage caps_stage = {.option = "--caps=", .inside = drop};
