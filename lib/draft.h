/*
 * Drafts and what becomes of them: objects appear, are replaced and go. This is
 * the part of the store that needs names, so it stands below them in LAYERS;
 * store.h declares it with the rest of the store.
 */
#ifndef CT_DRAFT_H
#define CT_DRAFT_H

#include "store.h"

#endif
