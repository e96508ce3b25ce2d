/*
 * An image as a registry has it: the documents that the reference leads to, one
 * after the other.
 */
#ifndef CT_REMOTE_H
#define CT_REMOTE_H

#include "base/record.h"
#include "image/registry.h"
#include "store/store.h"

struct err;

/* As it was served. */
struct document {
	struct buf json;
	char type[sizeof(((struct descriptor *)0)->type)], digest[DIGEST_LEN];
};

struct remote {
	const char *text;     /* the reference, as messages call it */
	const char *platform; /* as manifest_read takes it */
	struct ref ref;
	struct registry registry;
	bool indexed; /* the reference leads to an index, and that to the manifest */
	struct document index, manifest, config;
	struct manifest image; /* the manifest, read */
	struct record record;  /* the config, as manifest_config gives it */
	struct strv chains;    /* chain ids of its layers, base first */
};

/* {0} is nothing. Nothing is sent yet; what it holds is to be closed also after a failure. */
int remote_open(struct remote *r, const char *text, const char *platform, const char *creds,
		struct err *e);
void remote_close(struct remote *r);
#define own_remote __attribute__((cleanup(remote_close)))

/* What the reference leads to: the index, if it is one, else the manifest. */
int remote_resolve(struct remote *r, struct err *e);
/* The manifest for the platform, if that was an index. */
int remote_manifest(struct remote *r, struct err *e);
/* Its config, and the chain ids of its layers. */
int remote_config(struct remote *r, struct err *e);
/* Whether the store has the image of that very manifest; if so, what remote_config gives is had
 * from there. */
bool remote_known(struct remote *r, const struct store *s);

/* A name for each of the image's names: the one that it was asked for by, and by digests that mean
 * it. */
void remote_names(const struct remote *r, struct strv *names);

/* Writes the image as an OCI archive, layers as they come (ociarchive.h). target: what messages
 * call fd. */
int remote_write(struct remote *r, int fd, const char *target, struct err *e);

#endif
