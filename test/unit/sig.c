#include "unit.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sig.h"

static struct err e;

static void a_signal_is_known_by_name_and_number(void **state)
{
	static const struct {
		const char *text;
		int sig;
	} cases[] = {
		{"TERM", SIGTERM}, {"SIGTERM", SIGTERM}, {"sigterm", SIGTERM},
		{"term", SIGTERM}, {"15", SIGTERM},      {"KILL", SIGKILL},
		{"1", SIGHUP},     {"WINCH", SIGWINCH},  {"USR2", SIGUSR2},
	};
	int sig;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(sig_read(cases[i].text, &sig, &e), 0);
		assert_int_equal(sig, cases[i].sig);
	}
}

/* signal(7): other names of signals that have one already. */
static void a_signal_is_known_by_its_other_names(void **state)
{
	static const struct {
		const char *text;
		int sig;
	} cases[] = {
		{"IOT", SIGABRT},         {"SIGIOT", SIGABRT}, {"cld", SIGCHLD},
		{"SIGCLD", SIGCHLD},      {"IO", SIGIO},       {"Poll", SIGIO},
		{"SIGSTKFLT", SIGSTKFLT},
	};
	int sig;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(sig_read(cases[i].text, &sig, &e), 0);
		assert_int_equal(sig, cases[i].sig);
	}
}

static void real_time_signals_are_counted_from_the_first(void **state)
{
	int sig;

	(void)state;
	assert_int_equal(sig_read("RTMIN+3", &sig, &e), 0);
	assert_int_equal(sig, SIGRTMIN + 3);
	assert_int_equal(sig_read("SIGRTMIN+0", &sig, &e), 0);
	assert_int_equal(sig, SIGRTMIN);
	assert_int_equal(sig_read("rtmin", &sig, &e), 0);
	assert_int_equal(sig, SIGRTMIN);
	assert_int_equal(sig_read("SIGRTMAX-2", &sig, &e), 0);
	assert_int_equal(sig, SIGRTMAX - 2);
	assert_int_equal(sig_read("RTMAX", &sig, &e), 0);
	assert_int_equal(sig, SIGRTMAX);
	assert_refused(sig_read("RTMAX+1", &sig, &e), &e, "RTMAX+1: no such signal");
	assert_refused(sig_read("RTMAX-", &sig, &e), &e, "RTMAX-: no such signal");
	assert_refused(sig_read("RTMIN-1", &sig, &e), &e, "RTMIN-1: no such signal");
	assert_refused(sig_read("RTMIN+99", &sig, &e), &e, "RTMIN+99: no such signal");
}

static void unknown_signals_are_refused(void **state)
{
	static const char *const wrong[] = {"",   "0",   "-1",         "65",        "9x",
					    " 9", "SIG", "SIGSIGTERM", "TERMINATE", "NULL"};
	char sentence[100];
	int sig;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		snprintf(sentence, sizeof(sentence), "%s: no such signal", wrong[i]);
		assert_refused(sig_read(wrong[i], &sig, &e), &e, sentence);
	}
}

/* The signals that a grandchild ignores or blocks after a reset, if its parent ignores `before`,
 * and later `after`. */
static int left_after_reset(int before, int after, bool noted)
{
	pid_t pid = fork();
	struct sigaction is;
	sigset_t blocked;
	int status, left = 0;

	if (pid == 0) {
		signal(before, SIG_IGN);
		if (noted)
			sig_note();
		sig_ignore(after);
		sigfillset(&blocked);
		sigprocmask(SIG_BLOCK, &blocked, NULL);
		sig_reset();
		for (int sig = 1; sig < NSIG; sig++)
			left += sigaction(sig, NULL, &is) == 0 && is.sa_handler == SIG_IGN;
		sigprocmask(SIG_BLOCK, NULL, &blocked);
		_exit(left + 100 * !sigisemptyset(&blocked));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void a_reset_ends_ignoring_and_blocking(void **state)
{
	(void)state;
	for (int noted = 0; noted < 2; noted++) {
		assert_int_equal(left_after_reset(SIGHUP, SIGPIPE, noted), 0);
		assert_int_equal(left_after_reset(SIGRTMAX, SIGXFSZ, noted), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_is_known_by_name_and_number),
		cmocka_unit_test(a_signal_is_known_by_its_other_names),
		cmocka_unit_test(real_time_signals_are_counted_from_the_first),
		cmocka_unit_test(unknown_signals_are_refused),
		cmocka_unit_test(a_reset_ends_ignoring_and_blocking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
