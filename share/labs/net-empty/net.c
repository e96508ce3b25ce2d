/* net.c: a network of one's own, with nobody in it. --net */
#include "box.h"

const struct stage net_stage = {
	.option = "--net",
	/* Here: the flag. */
};
