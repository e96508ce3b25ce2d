/* ct-build: cleans up after a build that is killed or interrupted. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/record.h"
#include "base/selfexe.h"
#include "build.h"

volatile pid_t keeper_child;
volatile int keeper_signal;

static const struct keeper *current;

/*
 * A running command gets the signal, and its end ends the build. Without a command this process
 * releases its locks, waits for the keeper to clean up, and dies of the signal.
 */
static void on_signal(int signal_number)
{
	int saved = errno;

	keeper_signal = signal_number;
	if (keeper_child > 0) {
		kill(keeper_child, signal_number);
		errno = saved;
		return;
	}
	close_range(3, ~0U, 0);
	waitpid(current->pid, NULL, 0);
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void catch_signals(void)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
	struct sigaction act = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, old;

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		/* Signals that nohup(1) ignores stay ignored. */
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &act, NULL);
}

/* Adds the containers with the build's label to ct-rm's operands. */
static void list_containers(const struct store *store, const char *label, struct strv *argv)
{
	own_strv struct strv ids = {0};
	struct err ignored;

	if (store_list(store, "ps", &ids, &ignored) < 0)
		return;
	for (size_t i = 0; i < ids.n; i++) {
		own_str char *path = str_fmt("%s/config", ids.v[i]);
		own_record struct record config = {0};
		own_strv struct strv labels = {0};

		if (record_read(store->root, path, &config, &ignored) < 0)
			continue;
		record_get_list(&config, "label", &labels);
		if (strv_has(&labels, label))
			strv_add(argv, ids.v[i]);
	}
}

/* Runs in the keeper process. */
__attribute__((noreturn)) static void keep(const struct store *store, const char *label, int from)
{
	own_str char *rm = selfexe_beside("ct-rm");
	struct strv argv = {0};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char word;

	setsid();
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	if (TEMP_FAILURE_RETRY(read(from, &word, 1)) == 1)
		_exit(0);
	strv_add(&argv, "ct-rm");
	strv_add(&argv, "-f");
	strv_add(&argv, "-"); /* ct-rm sweeps tmp/ without operands */
	list_containers(store, label, &argv);
	if (rm)
		execv(rm, argv.v);
	execvp("ct-rm", argv.v);
	_exit(127);
}

int keeper_begin(struct keeper *k, const struct store *store, struct err *e)
{
	uint64_t random;
	int ends[2];

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return err_sys(e, "make a label for the build: getrandom");
	snprintf(k->label, sizeof(k->label), "ct.build=%016" PRIx64, random);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "start the process that cleans up: pipe");
	k->pid = fork();
	if (k->pid == 0) {
		close(ends[1]);
		keep(store, k->label, ends[0]);
	}
	close(ends[0]);
	k->pipe = ends[1];
	if (k->pid < 0)
		return err_sys(e, "start the process that cleans up: fork");
	current = k;
	catch_signals();
	return 0;
}

void keeper_end(struct keeper *k)
{
	if (k->pid <= 0)
		return;
	if (write(k->pipe, ".", 1) < 0)
		kill(k->pid, SIGKILL);
	close(k->pipe);
	waitpid(k->pid, NULL, 0);
}
