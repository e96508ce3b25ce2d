/* net.c: a network of one's own, with nobody in it. --net */
#include "box.h"

const struct stage net_stage = {.option = "--net", .flags = CLONE_NEWNET};
