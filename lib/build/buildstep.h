/*
 * A resolved Dockerfile: stages, each a list of steps whose variables are replaced.
 */
#ifndef CT_BUILDSTEP_H
#define CT_BUILDSTEP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/record.h"
#include "base/str.h"
#include "build/scope.h"

enum step_kind {
	STEP_FROM,
	STEP_RUN,
	STEP_COPY,
	STEP_ADD,
	STEP_WORKDIR,
	STEP_CONFIG, /* all others: they change the image config, but no file */
};

/* Where files come from: a stage, an image, or (stage -1, image NULL) the context. */
struct step_source {
	int stage;
	char *image;
};

enum step_sharing { SHARING_SHARED, SHARING_PRIVATE, SHARING_LOCKED };
enum step_mount_kind { MOUNT_BIND, MOUNT_CACHE, MOUNT_TMPFS, MOUNT_SECRET };

/* A RUN's --mount. */
struct step_mount {
	enum step_mount_kind kind;
	struct step_source from;
	char *source, *target; /* absolute */
	char *id;              /* of a cache or a secret */
	bool writable;
	bool required; /* a secret that must be given */
	enum step_sharing sharing;
	uint32_t mode, uid, gid; /* for a new cache */
	uint64_t size;           /* of a tmpfs, in bytes; 0: the default */
};

/* A heredoc that becomes a file. */
struct step_file {
	char *name, *content;
};

struct step {
	enum step_kind kind;
	int line;
	size_t stage;
	char *name;       /* "COPY" */
	char *text;       /* the instruction as one line */
	char *history;    /* the entry in the image's history; NULL: none */
	struct strv args; /* RUN: the command; COPY, ADD: the sources; WORKDIR: the directory;
			     others: the arguments as written, with variables replaced */

	/* RUN. */
	size_t settings;     /* settings of the scope that precede it: see scope_list */
	struct strv proxies; /* proxy variables, which are not part of the step's key */
	char *workdir, *network;
	char *user; /* for a WORKDIR, too */
	struct step_mount *mounts;
	size_t mounts_n;

	/* COPY, ADD; files also for the script of a RUN. */
	struct step_source from;
	char *dest;                     /* absolute; a trailing "/" means a directory */
	char *chown, *chmod, *checksum; /* chmod: octal digits */
	bool unpack;                    /* archives of the source, */
	bool unpack_url;                /* and archives from a URL */
	bool link;                      /* no symbolic link of the tree leads to dest */
	struct strv excludes;
	struct step_file *files;
	size_t files_n;
};

struct build_stage {
	int line;
	char *name;  /* "": none */
	char *image; /* its base image; NULL: scratch, or a stage */
	int base;    /* its base stage; -1: none */
	bool needed; /* the target depends on it */
	bool known;  /* the config of the base image is known, so values can be checked */
	bool cmd_set;
	size_t first, end;    /* the range of its instructions in the file */
	struct record config; /* the config of the stage's image (image.h) */
	struct scope scope;
	struct pairs labels, ports, volumes; /* moved to config after the stage was read */
};

struct steps {
	struct step *v;
	size_t n;
	struct build_stage *stages;
	size_t stages_n;
	size_t target;
	struct strv unused; /* names of build arguments that no ARG takes */
};

struct step *buildstep_list_add(struct steps *s, enum step_kind kind, int line, size_t stage);
void buildstep_add_file(struct step *s, const char *name, const char *content);
/* Adds a mount to the step; all fields are 0, from.stage is -1. */
struct step_mount *buildstep_add_mount(struct step *s);
/* Whether a cache begins as a copy of a stage's or an image's files. */
bool buildstep_is_copy(const struct step_mount *m);
void buildstep_list_free(struct steps *s);
#define own_steps __attribute__((cleanup(buildstep_list_free)))

/* Resolves `path` against dir (absolute) to an absolute path without ".", ".." and empty
 * components. With keep, a trailing "/" stays. The caller frees it. */
char *buildstep_path(const char *dir, const char *path, bool keep);

#endif
