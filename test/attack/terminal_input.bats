# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# TIOCSTI: a container pushes a command line into the terminal of the person who started it, whose shell
# reads it after the container has ended.
load attack

# The container has the terminal as its input, but none of its own, because its output is a pipe.
# Prints what the shell of that terminal would read.
typed() {
	timeout 20 python3 -c '
import os, pty, select, subprocess, sys, termios, tty
master, slave = pty.openpty()
tty.setraw(slave)
subprocess.run(sys.argv[1:], stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    preexec_fn=lambda: (os.setsid(), __import__("fcntl").ioctl(slave, termios.TIOCSCTTY, 0)))
if select.select([slave], [], [], 0.2)[0]:
    print(os.read(slave, 100).decode())' "$@"
}

@test "a container pushes nothing into the terminal that it reads from" {
	for how in '' '--userns host' '--cap-add ALL'; do
		# shellcheck disable=SC2086 # options
		run -0 typed ct-run --rm $how "$img" attack push 0 pwned
		[ -z "$output" ]
	done
	background "$img" sleep 1000
	run -0 typed ct-exec "$c" attack push 0 pwned
	[ -z "$output" ]
}

@test "ct gives a container no descriptor of the user's terminal: with everything allowed, too, nothing is pushed" {
	run -0 typed ct-run --rm --privileged "$img" attack push 0 pwned
	[ -z "$output" ]
}

@test "without protection (a command on the terminal itself): the text is pushed" {
	run -0 typed "$B/attack/attack" push 0 pwned
	[ "$output" = pwned ]
}
