/*
 * The fields of config.json: one table, from which a config is read, checked and refused, and from
 * which `ct-oci features --fields` and ct-oci(8) list what becomes of each field.
 */
#ifndef CT_OCITABLE_H
#define CT_OCITABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct err;

enum ocifield_kind {
	OCI_OBJECT, /* fields of their own */
	OCI_EACH,   /* a list of objects: a struct ocilist of elements of `size` bytes */
	OCI_TEXT,   /* const char * */
	OCI_FLAG,   /* bool */
	OCI_NUMBER, /* struct resource_number */
	OCI_UINT32,
	OCI_INT32,
	OCI_UINT64,
	OCI_INT64,
	OCI_WORDS,   /* struct strv */
	OCI_FORM,    /* by `read` */
	OCI_REFUSED, /* not supported */
	OCI_FOREIGN, /* of other systems than Linux: the specification has it ignored here */
	OCI_PART,    /* read with the field above it */
};

struct ocifield {
	const char *path; /* "mounts[].destination"; NULL ends the table */
	enum ocifield_kind kind;
	bool required;
	size_t at;   /* offset in struct ociconfig or, below a list, in its element */
	size_t size; /* OCI_EACH: of an element */
	/* OCI_FORM: reads the value; OCI_EACH: begins an element; NULL: zeroes */
	int (*read)(void *at, const json_t *value, struct err *e);
	size_t given; /* offset of a bool in struct ociconfig, set if the field is there; 0: none */
};

extern const struct ocifield ocitable[];

/* What becomes of the field: "honoured", "refused" or "ignored". */
const char *ocifield_fate(const struct ocifield *f);

#endif
