/*
 * Layers becoming part of the store: the part of layers.h, which declares it, that takes
 * libraries for archives and digests. Who only looks or takes away is linked without them.
 */
#ifndef CT_LAYERING_H
#define CT_LAYERING_H

#include "layers.h"

#endif
