/* pid.c: process numbers of one's own. --pid */
#include "box.h"

const struct stage pid_stage = {
	.option = "--pid",
	/* Here: the flag. */
};
