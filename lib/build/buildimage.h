/* The image that a build comes to: the part of builder.h, which declares it, that has to do with
 * the store's images. */
#ifndef CT_BUILDIMAGE_H
#define CT_BUILDIMAGE_H

#include "build/builder.h"

#endif
