/*
 * The words of config.json that stand for numbers of the kernel: namespaces, capabilities, resource
 * limits, schedulers. Each reader is one of a row in ocifields.c, and fails with the word.
 */
#ifndef CT_OCIWORDS_H
#define CT_OCIWORDS_H

#include <jansson.h>
#include <stddef.h>

struct err;

typedef int ociwords_read(void *at, const json_t *value, struct err *e);

ociwords_read ociwords_namespace;     /* int */
ociwords_read ociwords_caps;          /* uint64_t */
ociwords_read ociwords_rlimit;        /* int */
ociwords_read ociwords_policy;        /* uint32_t */
ociwords_read ociwords_policy_flags;  /* uint64_t */
ociwords_read ociwords_io_class;      /* int */
ociwords_read ociwords_domain;        /* unsigned long */
ociwords_read ociwords_propagation;   /* unsigned long */
ociwords_read ociwords_mount_options; /* struct ocimount */
ociwords_read ociwords_device_type;   /* char */
ociwords_read ociwords_rule_type;     /* char */
ociwords_read ociwords_access;        /* char[4] */
ociwords_read ociwords_number;        /* int64_t; "-1" too: of a device rule */
ociwords_read ociwords_mode;          /* mode_t */
ociwords_read ociwords_groups;        /* struct ocilist of gid_t */
ociwords_read ociwords_sysctls;       /* struct ocilist of struct ocisysctl */
ociwords_read ociwords_unified;       /* struct ocilist of struct resource_file */
ociwords_read ociwords_rdma;          /* struct ocilist of struct resource_rdma */
ociwords_read ociwords_rule;          /* struct devrule: begins it */
ociwords_read ociwords_flag;          /* struct resource_number: 0 or 1 */
ociwords_read ociwords_no_flags;      /* nothing: an empty list */
ociwords_read ociwords_json;          /* const json_t * */
ociwords_read ociwords_annotations;   /* const json_t * */

/* The word i of a list that `features` prints, NULL after the last. */
const char *ociwords_namespace_name(size_t i);

#endif
