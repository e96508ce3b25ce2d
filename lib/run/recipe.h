/*
 * The shell for each stage of a run: what standard tools do the same, for --explain
 * and --dry-run. A line that only comes near ends with `# approx` and says what is missing.
 */
#ifndef CT_RECIPE_H
#define CT_RECIPE_H

#include "run/run.h"

/*
 * With `typed` lines for a person, who types them one after the other: an
 * unshare(1) opens a shell, in which the next ones are typed. Only `before` (as root of
 * the host, first) and `inside` are used then.
 *
 * Otherwise the parts of a script (dryrun.h), to which each stage adds its own.
 * It has $home, where the snapshot goes; $base, the root directory as the host sees it;
 * $work, a directory for files and mount points; $root, the place in it where the new
 * root is mounted; $holder, a process that holds the namespaces open; $undo, names of functions
 * that remove what was made: a stage puts its own in front before it makes something.
 */
struct recipe {
	bool typed;
	struct buf before; /* outside, first */
	struct buf other;  /* in front of that: nsenter(1) of another container, whose namespaces it
			      shares */
	struct buf entered; /* those, as flags of nsenter(1) */
	struct buf flags;   /* of the unshare(1) that $holder begins with */
	struct buf late;    /* of the one that goes in: namespaces that begin there */
	struct buf join;    /* by the process that goes in, still outside */
	struct buf front;   /* commands in front of the one that goes in */
	struct buf held;    /* outside, now that there is $holder */
	struct buf inside;  /* by the process that went in, as root there, while the host's tree is
			       at "/" */
	struct buf turn;    /* outside, when all is mounted: the new root becomes "/" */
	struct buf words;   /* commands in front of the program, outermost first */
	struct recipe_mark {
		size_t entry; /* of the file tree */
		size_t end;   /* of its lines in `inside` */
	} * marks;
	size_t marks_n;
};

/* Notes that the lines so far are those of the entries up to this one. */
void recipe_mark(struct recipe *out, size_t entry);

void recipe_free(struct recipe *out);
#define own_recipe __attribute__((cleanup(recipe_free)))

/* Words that begin with setpriv(1), and options that it may take more; the first with the
 * capabilities that $caps lists. */
void recipe_list_caps(uint64_t caps, struct buf *to);
extern const char recipe_limit_caps[];
void recipe_become_user(const struct user *u, struct buf *to);

/* A function a stage; others are in grouprecipe.h (cgroup), rootrecipe.h (root, proc)
 * and netrecipe.h. */
void recipe_snapshot(const struct run *r, struct recipe *out);
void recipe_user(const struct run *r, struct recipe *out);
void recipe_user_unmapped(const struct run *r, struct recipe *out);
void recipe_uts(const struct run *r, struct recipe *out);
void recipe_ipc(const struct run *r, struct recipe *out);
void recipe_pid(const struct run *r, struct recipe *out);
void recipe_cgns(const struct run *r, struct recipe *out);
void recipe_time(const struct run *r, struct recipe *out);
void recipe_mnt(const struct run *r, struct recipe *out);
void recipe_caps(const struct run *r, struct recipe *out);
void recipe_seccomp(const struct run *r, struct recipe *out);
void recipe_exec(const struct run *r, struct recipe *out);

#endif
