/*
 * Reads ordinary image manifests and configs without jq, whose start takes 20 to 40 ms. The filters
 * share/manifest.jq and share/config.jq define what a document means and which error it has. This
 * module accepts a part of what they accept, and makes the same record.
 */
#ifndef CT_QUICKJSON_H
#define CT_QUICKJSON_H

#include <stdbool.h>
#include <stddef.h>

struct record;

/* false: the filter must decide; out is empty. type: as in manifest.jq. */
bool quickjson_manifest(const void *json, size_t n, const char *type, struct record *out);
bool quickjson_config(const void *json, size_t n, struct record *out);

#endif
