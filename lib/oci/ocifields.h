/* Reads a config.json, or a part of one, by the table of its fields (ocitable.h). */
#ifndef CT_OCIFIELDS_H
#define CT_OCIFIELDS_H

#include <jansson.h>

struct err;
struct ociconfig;

/*
 * Reads what is at `path` ("", "process", "linux.resources") into the config. An unknown field is
 * ignored, as the specification requires.
 */
int ocifields_read(struct ociconfig *c, const char *path, const json_t *value, struct err *e);

#endif
