/* What a config.json of the OCI runtime specification says, as ocitable.c reads it. */
#ifndef CT_OCISPEC_H
#define CT_OCISPEC_H

#include <jansson.h>

#include "base/str.h"
#include "oci/ocilist.h"
#include "store/bundle.h"
#include "store/plan.h"

struct ocinamespace {
	int flag; /* CLONE_NEW* */
	const char *path;
};

struct ocimap {
	uint32_t inside, outside, count;
};

struct ocimount {
	struct bundle_mount mount;
	struct buf data;
	struct ocilist uids, gids; /* struct ocimap */
};

struct ocisysctl {
	const char *name, *value;
};

struct ocirate {
	uint32_t major, minor;
	uint64_t rate;
};

struct ocioffset {
	int64_t secs;
	uint32_t nanosecs;
};

struct ociconfig {
	json_t *json; /* owns the strings below */
	const char *version;
	struct plan plan;
	struct bundle bundle;
	struct resources resources;
	const char *cgroups_path;
	const json_t *annotations, *seccomp; /* NULL: none */
	bool has_process, has_resources;
	uint32_t rows, columns;

	struct ocilist mounts;              /* struct ocimount */
	struct ocilist devices;             /* struct bundle_device */
	struct ocilist namespaces;          /* struct ocinamespace */
	struct ocilist uids, gids;          /* struct ocimap */
	struct ocilist groups;              /* gid_t */
	struct ocilist rlimits;             /* struct bundle_rlimit */
	struct ocilist hooks[HOOK_MOMENTS]; /* struct bundle_hook */
	struct ocilist rules;               /* struct devrule */
	struct ocilist io_weights;          /* struct resource_device */
	struct ocilist rates[4];            /* struct ocirate: bps read, write, iops read, write */
	struct ocilist huge, priorities, rdma, unified;
	struct ocilist sysctls; /* struct ocisysctl */
	struct strv masked, read_only;
	struct {
		int class;
		int level;
	} io_priority;
	struct {
		unsigned long domain, flags;
	} personality;
	struct ocioffset monotonic, boottime;
	bool offsets_given;

	/* Made of the above. */
	char *root, *offsets;
	struct strv owned;
	struct ocilist plain_mounts, joins, io;
	const char **sysctl_pairs;
};

#endif
