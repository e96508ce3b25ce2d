/* Gives an image more names. */
#include <string.h>

#include "base/lock.h"
#include "base/own.h"
#include "cmd.h"
#include "store/names.h"
#include "store/store.h"

static const struct opt opts[] = {OPT_END};

static const struct opt_program program = {
	.name = "ct-tag",
	.operands = "IMAGE NAME[:TAG]...",
	.purpose = "Give an image more names",
	.opts = opts,
	.min = 2,
	.max = -1,
};

/* Checks all names before any is assigned. A wrong name is a usage error. */
static int read_names(char **operands, struct strv *names, struct err *e)
{
	for (; *operands; operands++) {
		char *name = name_check_image(*operands, e);

		if (!name) {
			err_status(e, 2);
			return -1;
		}
		strv_take(names, name);
	}
	return 0;
}

/* The image is looked up under the lock: until the names are assigned it cannot be removed. */
static int tag(const char *ref, const struct strv *names, struct strv *moved, struct err *e)
{
	own_store struct store s = STORE_NONE;
	own_fd int lock = -1;
	char id[ID_LEN];

	if (store_open(&s, STORE_LOOK, e) < 0)
		return -1;
	if (*s.note)
		cmd_note("%s", s.note);
	if (s.root >= 0 && (lock = lock_take(s.root, ".", e)) < 0)
		return -1;
	return name_resolve(&s, "img", ref, id, e) < 0 ? -1
						       : name_take_all(&s, names, id, moved, e);
}

int main(int argc, char **argv)
{
	char **operands = cmd_begin(&program, argc, argv, NULL);
	own_strv struct strv names = {0}, moved = {0};
	struct err e;

	if (read_names(operands + 1, &names, &e) < 0 || tag(operands[0], &names, &moved, &e) < 0)
		return cmd_failed(&e);
	for (size_t i = 0; i < moved.n; i++)
		cmd_note("%s", moved.v[i]);
	return cmd_end(0);
}
