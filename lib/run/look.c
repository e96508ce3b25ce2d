#include "run/look.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/proc.h"
#include "base/step.h"
#include "base/str.h"

struct question {
	bool made;
	char see[256]; /* a shell command */
};

static int asked = -1;

/* The lines that a shell command prints, with a process id in place of PID. */
static void run(const char *see, pid_t pid, struct strv *lines)
{
	const char *at = strstr(see, "PID");
	own_str char *command = at
		? str_fmt("%.*s%d%s", (int)(at - see), see, pid, at + strlen("PID"))
		: str_dup(see);
	struct strv argv = {0};
	struct buf out = {0}, why = {0};
	struct err e;

	strv_add(&argv, "sh");
	strv_add(&argv, "-c");
	strv_add(&argv, command);
	proc_run(argv.v, &out, &why, &e);
	strv_free(&argv);
	strv_free(lines);
	strv_split(lines, out.len ? out.data : "", '\n');
	buf_free(&out);
	buf_free(&why);
}

/* Tabs are the only control characters that the commands print on purpose. */
static char *with_blanks(const char *line)
{
	char *copy = str_dup(line);

	for (char *at = copy; (at = strchr(at, '\t'));)
		*at = ' ';
	return copy;
}

static void print_lines(const char *mark, const struct strv *these, const struct strv *unless)
{
	for (size_t i = 0; i < these->n; i++) {
		own_str char *text = with_blanks(these->v[i]);
		own_str char *shown = str_printable(text);
		own_str char *line = str_fmt("    %s %s\n", mark, shown);

		if (!strv_has(unless, these->v[i]))
			step_say(line);
	}
}

/* The id of the process that asks, as this process sees it; 0: nobody will ask any more. */
static pid_t next_question(int end, struct question *q)
{
	struct ucred sender = {0};
	char space[CMSG_SPACE(sizeof(sender))];
	struct iovec data = {q, sizeof(*q)};
	struct msghdr m = {.msg_iov = &data,
			   .msg_iovlen = 1,
			   .msg_control = space,
			   .msg_controllen = sizeof(space)};
	struct cmsghdr *c;

	if (recvmsg(end, &m, MSG_CMSG_CLOEXEC) != sizeof(*q))
		return 0;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS)
		memcpy(&sender, CMSG_DATA(c), sizeof(sender));
	return sender.pid;
}

static void answer_questions(int end)
{
	struct question q, last = {0};
	struct strv before = {0}, after = {0};
	pid_t pid;

	while ((pid = next_question(end, &q)) > 0) {
		if (*last.see) {
			run(last.see, pid, &after);
			print_lines("-", &before, &after);
			print_lines("+", &after, &before);
		}
		run(q.see, q.made ? getpid() : pid, &before);
		last = q;
		if (send(end, &pid, sizeof(pid), MSG_NOSIGNAL) < 0)
			break;
	}
}

int look_begin(struct err *e)
{
	int ends[2], yes = 1;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(e, "--step: socketpair");
	if (setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) < 0 ||
	    (pid = fork()) < 0) {
		err_sys(e, "--step: fork");
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	if (pid == 0) {
		close(ends[0]);
		answer_questions(ends[1]);
		_exit(0);
	}
	close(ends[1]);
	asked = ends[0];
	return 0;
}

int look_at(const char *see, bool made, pid_t *pid, struct err *e)
{
	struct question q = {.made = made};

	*pid = 0;
	if (asked < 0)
		return 0;
	strncpy(q.see, see, sizeof(q.see) - 1);
	if (send(asked, &q, sizeof(q), MSG_NOSIGNAL) < 0 || recv(asked, pid, sizeof(*pid), 0) <= 0)
		return err_sys(e, "--step: the process that looks");
	return 0;
}

void look_end(void)
{
	shut_fd(&asked);
}
