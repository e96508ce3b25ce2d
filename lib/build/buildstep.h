/*
 * What a Dockerfile comes to: stages, each a list of steps with nothing left to
 * replace in them.
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
	STEP_CONFIG, /* all others: they change what the image says of itself, no file */
};

/* Where files come from: a stage, an image, or (stage -1, image NULL) the context. */
struct step_source {
	int stage;
	char *image;
};

enum step_sharing { SHARING_SHARED, SHARING_PRIVATE, SHARING_LOCKED };
enum step_mount_kind { MOUNT_BIND, MOUNT_CACHE, MOUNT_TMPFS };

/* A RUN's --mount. */
struct step_mount {
	enum step_mount_kind kind;
	struct step_source from;
	char *source, *target; /* absolute */
	char *id;              /* of a cache */
	bool writable;
	enum step_sharing sharing;
	uint32_t mode, uid, gid; /* of a new cache */
	uint64_t size;           /* of a tmpfs, bytes; 0: as it is usual */
};

/* A heredoc as a file. */
struct step_file {
	char *name, *content;
};

struct step {
	enum step_kind kind;
	int line;
	size_t stage;
	char *name;       /* "COPY" */
	char *text;       /* the instruction as one line */
	char *history;    /* how the image's history tells it; NULL: not at all */
	struct strv args; /* RUN: the command; COPY, ADD: sources; WORKDIR: the directory; others:
			     as written, replaced */

	/* RUN. */
	size_t settings;     /* of its stage's scope that were made before it: see scope_list */
	struct strv proxies; /* variables that say nothing of the result */
	char *workdir, *network;
	char *user; /* of a WORKDIR, too */
	struct step_mount *mounts;
	size_t mounts_n;

	/* COPY, ADD, and the script of a RUN. */
	struct step_source from;
	char *dest;                     /* absolute; with "/" at its end a directory */
	char *chown, *chmod, *checksum; /* chmod: octal digits */
	bool unpack;                    /* archives of the source, */
	bool unpack_url;                /* and archives from a URL */
	struct strv excludes;
	struct step_file *files;
	size_t files_n;
};

struct build_stage {
	int line;
	char *name;  /* "" if it has none */
	char *image; /* what it is made from; NULL: nothing, or a stage */
	int base;    /* that stage; -1 */
	bool needed; /* the target is made from it */
	bool known;  /* what the image below says is known, so that values can be judged */
	bool cmd_set;
	size_t first, end;    /* its instructions in the file */
	struct record config; /* of the image, in the end (image.h) */
	struct scope scope;
	struct pairs labels, ports, volumes; /* they are in config once the stage has been read */
};

struct steps {
	struct step *v;
	size_t n;
	struct build_stage *stages;
	size_t stages_n;
	size_t target;
	struct strv unused; /* names of build arguments that no ARG takes */
};

struct step *steps_add(struct steps *s, enum step_kind kind, int line, size_t stage);
void step_add_file(struct step *s, const char *name, const char *content);
/* A mount of the step's, all zero but for from.stage. */
struct step_mount *step_add_mount(struct step *s);
void steps_free(struct steps *s);
#define own_steps __attribute__((cleanup(steps_free)))

/* An absolute path of `path` in dir (absolute), without ".", ".." and empty parts; a "/" at the end
 * stays if keep. The caller frees it. */
char *step_path(const char *dir, const char *path, bool keep);

#endif
