load helper

@test "a run on a terminal has a controlling terminal" {
	run -3 run_tty -- ct-run "$img" sh -c 'test -t 0 && test -t 1 && test -t 2 && echo x >/dev/tty && echo x >/dev/console && tty; exit 3'
	[ "${lines[0]}" = x ]
	[[ ${lines[-1]} == /dev/* ]]
}

@test "the container has no terminal if stdin or stdout is not one" {
	run run_tty -- sh -c 'ct-run "$1" tty | cat; echo | ct-run "$1" sh -c "test -t 1 || echo no"' sh "$img"
	[ "$output" = $'not a tty\nno' ]
	run -1 run_tty -- ct-run -n "$img" test -t 1
}

@test "-t gives the container a terminal when the caller has none" {
	run -0 ct-run -t "$img" sh -c 'test -t 0 && test -t 1 && test -t 2 && stty size' </dev/null
	[ "$(echo 'hello' | ct-run -t "$img" sh -c 'read -r x; echo "<$x>"' | tr -d '\r' | tail -1)" = '<hello>' ]
	c=$(ct-run -d -t "$img" sh -c 'test -t 0 && echo terminal')
	wait_until test ! -e "$CT_RUN/$c"
	[ "$(ct-logs "$c")" = $'terminal\r' ]
}

@test "the end of a stdin that is not a terminal ends the container's terminal input" {
	[ "$(printf 'a\nb\n' | timeout 20 ct-run -t "$img" sh -c 'stty -echo; cat; echo end' | tr -d '\r' | tail -1)" = end ]
}

@test "the terminal has the window's size at the start and after each change" {
	run -0 run_tty size:31x101 wait:ready 'wait:31 101' size:42x122 'wait:42 122' 'type:end\r' -- \
		ct-run "$img" sh -c 'trap "stty size" WINCH; echo ready; stty size; until read -r x; do :; done'
	c=$(ct-run -d "$img" sleep 1000)
	for _ in 1 2 3 4 5; do	# before it can be asked for
		run -0 run_tty size:33x103 -- ct-exec "$c" stty size
		[ "$output" = '33 103' ]
		run -0 run_tty size:34x104 -- ct-run "$img" stty size
		[ "$output" = '34 104' ]
	done
}

@test "Ctrl-C ends the foreground job of a shell inside, and the shell goes on" {
	run -5 run_tty 'wait:# ' 'type:sh -c "echo go; exec sleep 1000"\r' 'wait:go\r\n' 'type:\x03' 'wait:# ' 'type:echo $?.\r' 'wait:130.\r\n' 'wait:# ' 'type:exit 5\r' -- \
		ct-run "$img"
}

@test "Ctrl-Z stops the foreground job of a shell inside, fg takes it up again" {
	run -0 run_tty 'wait:# ' 'type:sh -c "echo go; read x; echo got $x"\r' 'wait:go\r\n' 'type:\x1a' 'wait:Stopped' 'wait:# ' 'type:fg\r' 'type:it\r' 'wait:got' 'wait:# ' 'type:exit\r' -- \
		ct-run "$img"
}

@test "Ctrl-D ends the input" {
	run -0 run_tty 'type:line\r' 'wait:line\r\nline\r\n' 'type:\x04' -- ct-run "$img" cat
}

@test "the user's terminal is restored however the run ends" {
	for command in true false nosuch 'sleep 1000'; do
		run -0 run_tty -- sh -c '
			{	[ "$3" = "sleep 1000" ] || exit
				until [ -s "$1/cid" ]; do sleep 0.02; done
				kill -TERM "$(sed -n "s/^supervisor=//p" "$CT_RUN/$(cat "$1/cid")/state")"
			} &
			rm -f "$1/cid"
			stty -a >"$1/before"
			ct-run --cidfile "$1/cid" --init "$2" $3
			stty -a >"$1/after"
			cmp "$1/before" "$1/after"' sh "$D" "$img" "$command"
	done
}

@test "the caller's terminal is raw during a run: every key reaches the container" {
	run -0 run_tty wait:ready 'type:\x03\x1a\x1c\x11\x13\x16a' wait:0000000 -- \
		ct-run "$img" sh -c 'stty raw -echo; echo ready; dd bs=1 count=7 2>/dev/null | od -An -c -v -t x1 | cat; echo 0000000'
	[[ $output == *'03  1a  1c  11  13  16  61'* ]] || [[ $output == *'03 1a 1c 11 13 16 61'* ]]
}

@test "a run in a pipeline is suspended by Ctrl-Z and continued by fg" {
	run run_tty 'wait:$ ' 'type:ct-run --init '"$img"' sh -c "echo go; while sleep 0.1; do echo tick; done" | cat\r' 'wait:go\r\n' 'type:\x1a' 'wait:Stopped' 'wait:$ ' \
		'type:fg\r' 'wait:cat\r\n' 'wait:tick' 'type:\x03' 'wait:$ ' 'type:echo ${PIPESTATUS[0]}.\r' 'wait:130.' 'wait:$ ' 'type:exit 7\r' -- \
		env PS1='$ ' bash --norc --noprofile -i
	[ "$status" -eq 7 ]
}

@test "a run on a terminal that is hung up ends with its container" {
	run -129 run_tty wait:ready close -- ct-run --init --name hung "$img" sh -c 'echo ready; exec sleep 1000'
	[ "$(ct-ps --no-header -o status hung)" != running ]
}

@test "TERM has the user's value unless it is set" {
	TERM=vt100 run -0 run_tty -- ct-run "$img" sh -c 'echo $TERM'
	[ "$output" = vt100 ]
	TERM=vt100 run -0 run_tty -- ct-run -e TERM=other "$img" sh -c 'echo $TERM'
	[ "$output" = other ]
}

@test "the terminal belongs to the container's user" {
	run -0 run_tty -- ct-run -u www-data "$img" sh -c 'stat -c %u "$(tty)"; echo x >/dev/stdout; echo y >/dev/stderr'
	[ "$output" = $'33\nx\ny' ]
}

@test "a program that becomes another user can write to the terminal only through /dev/tty" {
	run -0 run_tty -- ct-run "$img" sh -c "su -s /bin/sh www-data -c 'echo x >/dev/tty; echo y >/dev/stdout'; true"
	[ "${lines[0]}" = x ]
	[[ "${lines[1]}" == *'/dev/stdout: Permission denied' ]]
}

@test "the output on the terminal is in the log" {
	run -0 run_tty -- ct-run --name spoke "$img" sh -c 'echo one; echo two >&2'
	[ "$(ct-logs spoke | tr -d '\r')" = $'one\ntwo' ]
}

@test "ct-exec on a terminal has its own terminal, with job control" {
	c=$(ct-run -d "$img" sleep 1000)
	run -6 run_tty 'wait:# ' 'type:sh -c "echo go; exec sleep 1000"\r' 'wait:go\r\n' 'type:\x03' 'wait:# ' 'type:echo $?.\r' 'wait:130.\r\n' 'wait:# ' 'type:exit 6\r' -- \
		ct-exec "$c" sh
	run -0 run_tty -- ct-exec -u nobody "$c" sh -c 'test -t 0 && stat -c %u "$(tty)"'
	[ "$output" = 65534 ]
}
