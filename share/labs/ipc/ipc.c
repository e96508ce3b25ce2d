/* ipc.c: message queues of one's own. --ipc */
#include "box.h"

const struct stage ipc_stage = {
	.option = "--ipc",
	/* Here: the flag. */
};
