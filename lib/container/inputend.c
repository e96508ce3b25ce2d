#include "container/inputend.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/record.h"

int inputend_record(const struct store *s, const char *id, const struct streams *st, struct err *e)
{
	bool tty = st->master >= 0;
	int fd = tty ? st->master : st->ours[0];
	own_str char *path = str_fmt("%s/input", id);
	own_record struct record r = {0};

	if (fd < 0)
		return 0;
	record_add_uint(&r, "fd", (uint64_t)fd);
	if (tty)
		record_add(&r, "tty", "1");
	return record_write(s->run, path, &r, e);
}

int inputend_take(const struct store *s, const char *id, const struct container_state *st,
		  bool *tty, struct err *e)
{
	own_str char *path = str_fmt("%s/input", id);
	own_record struct record r = {0};
	own_fd int supervisor = container_supervisor(st);
	long fd;

	if (record_read(s->run, path, &r, e) < 0)
		return -1;
	if (supervisor < 0)
		return err_set(e, "its supervisor was killed");
	*tty = record_get(&r, "tty");
	fd = syscall(SYS_pidfd_getfd, supervisor, (int)record_get_uint(&r, "fd"), 0);
	return fd < 0 ? err_sys(e, "take its input from the supervisor") : (int)fd;
}
