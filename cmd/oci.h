/* The commands of ct-oci. The options and the help of each command are in the tables of ct-oci.c. */
#ifndef CT_OCI_H
#define CT_OCI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "oci/ociconfig.h"
#include "oci/ociseccomp.h"
#include "oci/ocistate.h"
#include "run/bundlerun.h"

/* The options of all commands. */
struct oci_args {
	const char *root, *log, *log_format;
	bool debug, systemd;

	/* create, run, exec */
	const char *bundle, *config, *pid_file, *console;
	uint64_t preserve_fds;
	bool no_pivot, no_new_keyring, detach;

	/* exec */
	const char *process, *cwd, *user;
	struct strv env, caps;
	bool tty, no_new_privs;

	bool all, force, quiet, fields, rootless;
	const char *format;

	/* update */
	const char *resources;
	const char *limits[12]; /* in the order of the table of oci-update.c */

	int directory; /* --root, opened */
	int failed;    /* the exit status of a failure; 0: 1 */
};

/* Each command prints its errors and returns the exit status. */
int oci_create(struct oci_args *args, char **operands);
int oci_run(struct oci_args *args, char **operands);
int oci_start(struct oci_args *args, char **operands);
int oci_state(struct oci_args *args, char **operands);
int oci_list(struct oci_args *args, char **operands);
int oci_ps(struct oci_args *args, char **operands);
int oci_kill(struct oci_args *args, char **operands);
int oci_delete(struct oci_args *args, char **operands);
int oci_pause(struct oci_args *args, char **operands);
int oci_resume(struct oci_args *args, char **operands);
int oci_exec(struct oci_args *args, char **operands);
int oci_update(struct oci_args *args, char **operands);
int oci_spec(struct oci_args *args, char **operands);
int oci_features(struct oci_args *args, char **operands);

/* Prints an error, also to --log, and returns the exit status. */
int oci_failed(const struct oci_args *args, const struct err *e);
void oci_note(const struct oci_args *args, const char *text);

/* Writes a JSON value to stdout, and frees it. */
int oci_print(json_t *value);

/* Writes the pid to --pid-file, if it is given. */
int oci_write_pid(const struct oci_args *args, pid_t pid, struct err *e);

/* Reads the copy of the config.json that the state has. */
int oci_config(const struct ocistate *s, struct ociconfig *c, struct err *e);

/* The pids of a container's cgroup, in ascending order. */
int oci_pids(const struct ocistate *s, struct strv *pids, struct err *e);

struct bundle;
/*
 * Kills a container's processes, removes its cgroup and its state, and runs its poststop hooks:
 * those of the bundle, or, if it is NULL, of the config that the state has.
 */
int oci_end(const struct oci_args *args, struct ocistate *s, const struct bundle *b, struct err *e);
/* Runs hooks whose failure is only a note. */
void oci_late_hooks(const struct oci_args *args, const struct ocistate *s, const struct bundle *b,
		    enum bundle_moment moment);
/* The same with the config that the state has. */
void oci_late_hooks_of(const struct oci_args *args, const struct ocistate *s,
		       enum bundle_moment moment);

/* Everything that one create needs. */
struct making {
	struct oci_args *args;
	const char *bundle; /* absolute */
	struct buf text;    /* the config.json */
	struct ociconfig config;
	struct ociseccomp seccomp;
	struct ocistate state;
	struct bundlerun run;
	char *cgroup;
};

/* The first process waits, and everything is recorded. On failure nothing is left. */
int making_make(struct making *m, const char *id, struct err *e);
/* Removes the state after a failure of the run. */
void making_forget(struct making *m);
void making_free(struct making *m);
#define own_making __attribute__((cleanup(making_free)))

#endif
