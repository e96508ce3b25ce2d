/*
 * The shell lines for each stage of a run, with standard tools, for --explain and --dry-run. A line
 * that does not do exactly the same ends with `# approx` and says what differs.
 */
#ifndef CT_RECIPE_H
#define CT_RECIPE_H

#include "run/run.h"

/*
 * With `typed`, the lines are for a person who types them one after the other: an unshare(1) opens
 * a shell, in which the next lines are typed. Then only `before` (first, as the host's root) and
 * `inside` are used.
 *
 * Without `typed`, the members are the parts of a script (dryrun.h), and each stage adds to them.
 * The script has these variables: $home, the directory of the snapshot; $base, the root directory
 * as the host sees it; $work, a directory for files and mount points; $root, the directory in $work
 * where the new root is mounted; $holder, a process that keeps the namespaces open; $undo, the
 * names of functions that remove what was made. A stage puts its own function first in $undo before
 * it makes something.
 */
struct recipe {
	bool typed;
	struct buf before;  /* outside, first of all */
	struct buf other;   /* nsenter(1) in front of $holder: the shared namespaces of another
			       container */
	struct buf entered; /* the namespaces of `other`, as flags of nsenter(1) */
	struct buf flags;   /* flags of the unshare(1) that starts $holder */
	struct buf late;   /* flags of the unshare(1) of the entering process: namespaces that begin
			      there */
	struct buf join;   /* lines of the entering process, still outside */
	struct buf front;  /* commands in front of the nsenter(1) of the entering process */
	struct buf held;   /* outside, when $holder runs */
	struct buf inside; /* lines of the entered process, as root there, while the host's tree is
			      at "/" */
	struct buf turn;   /* outside, when everything is mounted: the new root becomes "/" */
	struct buf words;  /* commands in front of the program, outermost first */
	struct recipe_mark {
		size_t entry; /* index of the file tree's entry */
		size_t end;   /* end of the entry's lines in `inside` */
	} * marks;
	size_t marks_n;
};

/* Notes that the lines up to here belong to the entries up to this one. */
void recipe_mark(struct recipe *out, size_t entry);

void recipe_free(struct recipe *out);
#define own_recipe __attribute__((cleanup(recipe_free)))

/*
 * Adds the namespace of a stage: its option to the flags of a script's unshare(1), or a typed line
 * "BEFORE unshare OPTION TYPED".
 */
void recipe_namespace(struct recipe *out, struct buf *flags, const char *before, int flag,
		      const char *typed);

/*
 * Words that begin with setpriv(1), and words that may follow them. recipe_limit_caps uses $caps,
 * which recipe_list_caps sets.
 */
void recipe_list_caps(uint64_t caps, struct buf *to);
extern const char recipe_limit_caps[];
void recipe_become_user(const struct user *u, struct buf *to);

/*
 * One function for each stage. Others are in grouprecipe.h (cgroup), rootrecipe.h (root, proc) and
 * netrecipe.h.
 */
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
