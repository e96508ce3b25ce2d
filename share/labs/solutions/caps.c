/* caps.c: less than root may. --caps=MASK, hexadecimal: the capabilities to keep */
#include "box.h"

static void drop(const char *mask)
{
	unsigned long long keep = strtoull(mask, NULL, 16);
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(keep >> cap & 1) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0)
			fail("drop a capability");
}

const struct stage caps_stage = {.option = "--caps=", .inside = drop};
