/* Announces a container of ct-run: prints its id, writes --cidfile, prints notes. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd.h"
#include "run.h"

int cidfile_open(struct cidfile *c, const char *path, struct err *e)
{
	if (!path)
		return 0;
	c->path = path;
	c->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return c->fd < 0 ? err_sys(e, "--cidfile %s", path) : 0;
}

void cidfile_close(struct cidfile *c)
{
	if (c->fd >= 0 && lseek(c->fd, 0, SEEK_END) == 0)
		unlink(c->path);
	shut_fd(&c->fd);
}

void announce_notes(struct strv *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		cmd_note("%s", notes->v[i]);
	strv_free(notes);
}

int announce_start(struct supervise *l, struct err *e)
{
	const struct cidfile *c = l->arg;

	if (c->fd >= 0 && dprintf(c->fd, "%s\n", l->id) < 0)
		return err_sys(e, "--cidfile %s", c->path);
	announce_notes(&l->notes);
	return 0;
}

int announce_id(struct supervise *l, struct err *e)
{
	const struct cidfile *c = l->arg;

	if (announce_start(l, e) < 0)
		return -1;
	if (cmd_tell_id(l->id, e) == 0)
		return 0;
	if (c->fd >= 0 && ftruncate(c->fd, 0) < 0)
		err_sys(e, "--cidfile %s", c->path);
	return -1;
}
