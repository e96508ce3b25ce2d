/*
 * A config.json of the OCI runtime specification as a plan (store/plan.h, store/bundle.h). Every
 * field is honoured or refused by name; the table in ocitable.c lists them all.
 */
#ifndef CT_OCICONFIG_H
#define CT_OCICONFIG_H

#include "oci/ocispec.h"

struct err;

/*
 * Reads the config of the bundle in the directory `bundle` (absolute). Fields that are not
 * supported, and values that the specification does not allow, are errors with the field's name.
 */
int ociconfig_read(struct ociconfig *c, json_t *json, const char *bundle, struct err *e);
void ociconfig_free(struct ociconfig *c);
#define own_ociconfig __attribute__((cleanup(ociconfig_free)))

/* Reads a process (of `exec --process`), or resources (of `update --resources`). */
int ociconfig_read_process(struct ociconfig *c, json_t *json, struct err *e);
int ociconfig_read_resources(struct ociconfig *c, json_t *json, struct err *e);

#endif
