/* Removes images and containers, with all that belongs to them. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "cmd.h"
#include "container.h"
#include "image.h"
#include "limit.h"
#include "names.h"
#include "own.h"

struct rm_args {
	bool force;
	struct store store;
};

static const struct opt opts[] = {
	OPT_FLAG(struct rm_args, force, 'f', "force", "also what runs or is in use; what is not there is no error"),
	OPT_END
};

static const struct opt_program program = {
	.name = "ct-rm",
	.operands = "ID...",
	.purpose = "Remove images and containers",
	.opts = opts,
	.min = 1,
	.max = -1,
};

enum { SUPERVISOR_MS = 5000 };

/*
 * The supervisor sees the end of its container and clears up after it; one
 * that cannot (stopped, its user's terminal stuck) is not waited for for ever.
 */
static void wait_for_supervisor(const struct container_state *st)
{
	own_fd int supervisor = container_supervisor(st);

	if (supervisor < 0 || proc_wait_gone(supervisor, SUPERVISOR_MS))
		return;
	pidfd_send_signal(supervisor, SIGKILL, NULL, 0);
	proc_wait_gone(supervisor, -1);
}

static int remove_container(struct rm_args *args, const char *id, struct err *e)
{
	own_container struct container c = CONTAINER_NONE;
	own_str char *group = container_group(id);
	struct container_state st;

	if (container_open(&args->store, id, &c, e) < 0) {
		if (!args->force || e->sys == ENOENT)
			return -1;
		/* Its record is damaged; what it owns is told by its id alone. */
		st = (struct container_state){.phase = CONTAINER_DEAD};
	} else if (container_state(&args->store, &c, &st, e) < 0) {
		return -1;
	}
	if (st.phase == CONTAINER_RUNNING && !args->force)
		return err_set(e, "is running ('ct rm -f' ends it)");
	if (limit_kill(group, e) < 0)
		return -1;
	wait_for_supervisor(&st);
	if (container_clean(&args->store, id, e) < 0)
		return -1;
	return store_remove(&args->store, id, e);
}

/* A container that was made from the image, if there is one. */
static int find_user_of(struct rm_args *args, const char *image, char user[ID_LEN], struct err *e)
{
	own_strv struct strv ids = {0};

	*user = '\0';
	if (store_list(&args->store, "ps", &ids, e) < 0)
		return -1;
	for (size_t i = 0; i < ids.n && !*user; i++) {
		own_container struct container c = CONTAINER_NONE;
		struct err ignored;

		if (container_open(&args->store, ids.v[i], &c, &ignored) == 0 &&
		    str_equal(record_get(&c.config, "image"), image))
			memcpy(user, ids.v[i], strlen(ids.v[i]) + 1);
	}
	return 0;
}

static int remove_image(struct rm_args *args, const char *id, struct err *e)
{
	char user[ID_LEN];

	if (!args->force) {
		if (find_user_of(args, id, user, e) < 0)
			return -1;
		if (*user)
			return err_set(e, "in use by %s ('ct rm -f' removes it all the same)", user);
	}
	return store_remove(&args->store, id, e);
}

static int remove_one(const char *ref, void *arg, struct err *e)
{
	struct rm_args *args = arg;
	char ps[ID_LEN], img[ID_LEN];
	struct err no_image;
	bool is_ps, is_img;

	is_ps = !id_is(ref, "img") && name_resolve(&args->store, "ps", ref, ps, e) == 0;
	is_img = !id_is(ref, "ps") && name_resolve(&args->store, "img", ref, img, &no_image) == 0;
	if (is_ps && is_img)
		return err_set(e, "%s: the name of %s and of %s: say which", ref, ps, img);
	if (!is_ps && !is_img) {
		bool absent = id_is(ref, "img") ? no_image.sys == ENOENT : e->sys == ENOENT;

		return args->force && absent ? 0 : err_set(e, "%s: no such container or image", ref);
	}
	if ((is_ps ? remove_container(args, ps, e) : remove_image(args, img, e)) == 0)
		return 0;
	if (args->force && e->sys == ENOENT)	/* somebody else was faster */
		return 0;
	return err_wrap(e, "%s", ref);
}

int main(int argc, char **argv)
{
	struct rm_args args = {0};
	char **operands = cmd_begin(&program, argc, argv, &args);
	struct err e;
	int status;

	if (store_open(&args.store, STORE_LOOK, &e) < 0)
		return cmd_failed(&e);
	if (*args.store.note)
		cmd_note("%s", args.store.note);
	status = cmd_each(operands, remove_one, &args);
	container_sweep(&args.store);
	store_close(&args.store);
	return cmd_end(status);
}
