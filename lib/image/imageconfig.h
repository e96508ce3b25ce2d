/* Writes an image config (OCI image spec, config.md; Docker's is the same) from a record. */
#ifndef CT_IMAGECONFIG_H
#define CT_IMAGECONFIG_H

struct buf;
struct record;
struct strv;

/*
 * config: the keys of image.h. diffids: the image's layers, base first. The history gets as many
 * entries with a layer as there are layers, which some readers demand: entries between the layers'
 * first ones and the last one become empty layers, missing ones are added at the beginning. The
 * same record always gives the same bytes.
 */
void imageconfig_write(const struct record *config, const struct strv *diffids, struct buf *json);

#endif
