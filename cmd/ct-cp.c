/*
 * Copies files into and out of containers, running or not. Paths are resolved inside the
 * container's root: a symbolic link never leads out of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bar.h"
#include "base/own.h"
#include "cmd.h"
#include "container/copy.h"
#include "container/cppath.h"
#include "container/ctrview.h"
#include "store/store.h"

struct cp_args {
	bool archive;
};

static const struct opt opts[] = {
	OPT_FLAG(struct cp_args, archive, 'a', "archive",
		 "keep owners (default: copies belong to the container's user, or to you)"),
	OPT_INSTEAD(0, "overwrite", "remove the file or directory that is in the way before"),
	OPT_INSTEAD('L', "follow-link", "name the file to which the link leads"),
	OPT_INSTEAD('q', "quiet", "not needed: nothing is shown"),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-cp",
	.operands = "CONTAINER:PATH DEST|- | SRC|- CONTAINER:PATH",
	.purpose =
		"Copy files into or out of a container; \"-\" is a tar archive on stdin or stdout",
	.opts = opts,
	.min = 2,
	.max = 2,
};

/* One of the two operands. */
struct side {
	const char *operand;
	bool stream; /* "-" */
	char *ref;   /* a container or an image; NULL: the host */
	char *below; /* a relative path in a container, below its working directory */
	struct ctrview view;
	struct cppath place;
};

static void side_close(struct side *s)
{
	free(s->ref);
	free(s->below);
	ctrview_close(&s->view);
}

#define NO_VIEW                                       \
	{                                             \
		.root = -1, .container = {.dir = -1 } \
	}
#define own_side __attribute__((cleanup(side_close)))

/*
 * As in podman, an operand is a path of the host if it starts with "/" or "." or has no ":". An
 * image name may contain a ":" (a tag); the path after it then starts with "/".
 */
static int side_read(const char *operand, struct side *s, struct err *e)
{
	const char *colon = strstr(operand, ":/");

	*s = (struct side){.operand = operand,
			   .stream = strcmp(operand, "-") == 0,
			   .view = NO_VIEW,
			   .place = {.root = -1, .path = operand, .shown = operand}};
	if (!colon)
		colon = strchr(operand, ':');
	if (!colon || *operand == '/' || *operand == '.')
		return 0;
	if (colon == operand || !colon[1]) {
		err_set(e, "%s: not CONTAINER:PATH", operand);
		return err_status(e, 2);
	}
	s->ref = str_dup_n(operand, (size_t)(colon - operand));
	s->place.path = colon + 1;
	return 0;
}

static int read_operands(char **operands, struct side *from, struct side *to, struct err *e)
{
	if (side_read(operands[0], from, e) < 0 || side_read(operands[1], to, e) < 0)
		return -1;
	if (from->ref || to->ref)
		return 0;
	err_set(e, "%s, %s: neither is CONTAINER:PATH", operands[0], operands[1]);
	return err_status(e, 2);
}

static int side_open(const struct store *store, struct side *s, bool written, struct err *e)
{
	if (!s->ref)
		return 0;
	if (ctrview_open(store, s->ref, &s->view, e) < 0)
		return -1;
	if (written && s->view.image)
		return err_set(e, "%s: an image is read-only", s->ref);
	s->place.root = s->view.root;
	if (*s->place.path != '/' && s->view.plan.workdir)
		s->place.path = s->below = str_fmt("%s/%s", s->view.plan.workdir, s->place.path);
	return 0;
}

/* Decides who owns the copies. */
static int make_rules(const struct cp_args *args, const struct side *to, struct untar_rules *rules,
		      struct err *e)
{
	struct user user;

	*rules = (struct untar_rules){.owned = !args->archive,
				      .uid = geteuid(),
				      .gid = getegid(),
				      .disarmed = !args->archive && !to->ref};
	if (args->archive || !to->ref)
		return 0;
	if (ctrview_user(&to->view, &user, e) < 0)
		return err_wrap(e, "%s", to->ref);
	rules->uid = user.uid;
	rules->gid = user.gid;
	return 0;
}

static int find_source(const struct side *from, struct source *s, struct err *e)
{
	if (from->ref && ctrview_check_path(&from->view, from->place.path, e) < 0)
		return err_wrap(e, "%s", from->operand);
	if (source_find(&from->place, s, e) < 0)
		return -1;
	if (from->ref &&
	    (ctrview_check(&from->view, s->fd, e) < 0 ||
	     ctrview_check_whole(&from->view, s->fd, e) < 0))
		return err_wrap(e, "%s", from->operand);
	return 0;
}

static int find_dest(const struct side *to, const struct source *s, struct dest *d, struct err *e)
{
	struct err why;

	if ((s ? dest_find(&to->place, s, d, e) : dest_find_dir(&to->place, d, e)) < 0) {
		/* A path inside a tmpfs of the container is not visible from here: say so instead. */
		if (!to->ref || ctrview_check_path(&to->view, to->place.path, &why) == 0)
			return -1;
		*e = why;
		return err_wrap(e, "%s", to->operand);
	}
	if (to->ref && ctrview_check(&to->view, d->dir, e) < 0)
		return err_wrap(e, "%s", to->operand);
	return 0;
}

static int copy(const struct cp_args *args, const struct side *from, const struct side *to,
		struct strv *notes, struct err *e)
{
	own_source struct source source = {.fd = -1};
	own_dest struct dest dest = {.dir = -1};
	struct copy c = {.from = &source,
			 .to = &dest,
			 .from_shown = from->operand,
			 .to_shown = to->operand,
			 .mounts = from->view.mounts,
			 .mounts_n = from->view.mounts_n,
			 .devices = to->ref,
			 .notes = notes,
			 .progress = cmd_has_bar() ? cmd_progress : NULL};

	if (!from->stream && find_source(from, &source, e) < 0)
		return -1;
	if (to->stream) {
		c.to = NULL;
		c.devices = true;
		return copy_out(&c, STDOUT_FILENO, e);
	}
	if (find_dest(to, from->stream ? NULL : &source, &dest, e) < 0 ||
	    make_rules(args, to, &c.rules, e) < 0)
		return -1;
	return from->stream ? copy_in(&c, STDIN_FILENO, e) : copy_files(&c, e);
}

static int check_streams(const struct side *from, const struct side *to, struct err *e)
{
	if (from->stream && isatty(STDIN_FILENO))
		return err_set(e, "standard input is a terminal");
	if (to->stream && isatty(STDOUT_FILENO))
		return err_set(e, "standard output is a terminal");
	return 0;
}

int main(int argc, char **argv)
{
	struct cp_args args = {0};
	char **operands = cmd_begin(&program, argc, argv, &args);
	own_store struct store store = {.root = -1, .run = -1};
	own_strv struct strv notes = {0};
	own_side struct side from = {.view = NO_VIEW}, to = {.view = NO_VIEW};
	struct err e;
	int failed;

	if (read_operands(operands, &from, &to, &e) < 0 || check_streams(&from, &to, &e) < 0 ||
	    store_open(&store, STORE_LOOK, &e) < 0 || side_open(&store, &from, false, &e) < 0 ||
	    side_open(&store, &to, true, &e) < 0)
		return cmd_failed(&e);
	failed = copy(&args, &from, &to, &notes, &e);
	cmd_bar_end();
	for (size_t i = 0; i < notes.n; i++)
		cmd_note("%s", notes.v[i]);
	return failed ? cmd_failed(&e) : cmd_end(0);
}
