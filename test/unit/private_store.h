/*
 * A private store for one test, on a tmpfs in a mount namespace of this process, so nothing
 * outlives it. Needs root.
 */
#ifndef CT_PRIVATE_STORE_H
#define CT_PRIVATE_STORE_H

#include <sched.h>
#include <sys/mount.h>

#include "store/store.h"
#include "unit.h"

struct home {
	struct store s;
	char path[64], root[72], run[72]; /* CT_ROOT and CT_RUN are in path */
};

static inline int home_make(void **state)
{
	struct home *h = calloc(1, sizeof(*h));

	*state = h;
	if (!h || unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	strcpy(h->path, "/mnt");
	if (mount("tmpfs", h->path, "tmpfs", 0, "size=320m,mode=700") < 0)
		return -1;
	h->s = (struct store){.root = -1, .run = -1};
	snprintf(h->root, sizeof(h->root), "%s/root", h->path);
	snprintf(h->run, sizeof(h->run), "%s/run", h->path);
	return setenv("CT_ROOT", h->root, 1) | setenv("CT_RUN", h->run, 1);
}

static inline int home_up(void **state)
{
	struct home *h;
	struct err e;

	if (home_make(state) < 0)
		return -1;
	h = *state;
	if (store_open(&h->s, STORE_UP, &e) == 0)
		return 0;
	print_error("%s\n", e.msg);
	return -1;
}

static inline int home_remove(void **state)
{
	struct home *h = *state;
	struct err e = {0};
	int r;

	store_close(&h->s);
	r = store_down(&e);
	if (r < 0)
		print_error("%s\n", e.msg);
	r |= umount2(h->path, MNT_DETACH);
	free(h);
	return r;
}

#define unit_test_home(f)  cmocka_unit_test_setup_teardown(f, home_make, home_remove)
#define unit_test_store(f) cmocka_unit_test_setup_teardown(f, home_up, home_remove)

#endif
