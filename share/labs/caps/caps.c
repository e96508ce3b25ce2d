/* caps.c: less than root may. --caps=MASK, hexadecimal: the capabilities to keep */
#include "box.h"

static void drop(const char *mask)
{
	unsigned long long keep = strtoull(mask, NULL, 16);

	/* Here: drop every capability of the kernel that MASK does not contain. */
	(void)keep;
}

const struct stage caps_stage = {.option = "--caps=", .inside = drop};
