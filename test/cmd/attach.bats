# ct-attach: input and output of a container in the background.
load helper

@test "attach gives a container of -d -i its input and shows its output" {
	c=$(ct-run -d -i --name greeter "$img" sh -c 'read who; echo "hello $who"; echo bad >&2; exit 3')
	run -3 --separate-stderr ct-attach greeter <<<world
	[ "$output" = 'hello world' ]
	[ "$stderr" = bad ]
	[ "$(field status "$c")" = 'exited 3' ]
	run -1 ct-attach greeter
	[ "$output" = "ct-attach: greeter: not running ('ct start -a' runs it again)" ]
}

@test "a started container of -d -i takes input again" {
	c=$(ct-run -d -i "$img" sh -c 'read who; echo "hello $who"')
	ct-attach "$c" <<<one
	ct-start "$c"
	[ "$(ct-attach "$c" <<<two)" = 'hello two' ]
}

@test "every attached command gets the output, byte for byte" {
	c=$(ct-run -d -i "$img" sh -c 'read go; dd if=/dev/urandom bs=1000 count=700 2>/dev/null | tee /copy; read end')
	mkfifo "$D/in"
	ct-attach "$c" <"$D/in" >"$D/one" &
	one=$!
	exec 7>"$D/in"
	ct-attach -n "$c" >"$D/two" &
	two=$!
	wait_until pgrep -P "$two"
	echo go >&7
	wait_until sh -c 'test "$(stat -c %s "$1")" = 700000' sh "$(ct path "$c")/copy"
	cp "$(ct path "$c")/copy" "$D/copy"
	echo end >&7
	exec 7>&-
	await "$one"
	[ "$status" -eq 0 ]
	await "$two"
	cmp "$D/one" "$D/copy"
	cmp "$D/two" "$D/copy"
}

@test "a container without open input says so, and its output is shown" {
	c=$(ct-run -d "$img" sh -c 'trap "echo bye; exit 5" TERM; echo ready; while :; do sleep 0.02; done')
	wait_until grep -q ready "$CT_ROOT/$c/log"
	ct-attach "$c" >"$D/out" 2>"$D/err" &
	p=$!
	wait_until pgrep -P "$p"
	[ "$(cat "$D/err")" = "ct-attach: $c: takes no input: only a container of 'ct run -d' with -i or -t does" ]
	kill -TERM "$p"	# goes to the container
	await "$p"
	[ "$status" -eq 5 ]
	grep -q bye "$D/out"
}

@test "with --sig-proxy=false a signal ends only ct-attach" {
	# The shell runs the handler of WINCH, the later signal and the larger number, last.
	c=$(ct-run -d "$img" sh -c 'trap "echo term" TERM; trap "echo winch" WINCH; echo ready; while :; do sleep 0.02; done')
	wait_until grep -q ready "$CT_ROOT/$c/log"
	ct-attach -n --sig-proxy=false "$c" &
	p=$!
	wait_until pgrep -P "$p"
	kill -TERM "$p"
	await "$p"
	[ "$status" -eq 143 ]
	ct-kill -s WINCH "$c"
	wait_until grep -q winch "$CT_ROOT/$c/log"
	[ "$(ct-logs "$c" | paste -sd ' ')" = 'ready winch' ]
}

@test "attach gives the terminal its size, and the detach keys leave the container running" {
	c=$(ct-run -d -t "$img")
	run -0 run_tty size:31x97 'type:stty size\r' 'wait:31 97' 'type:echo le""ft\r' 'wait:left' 'type:\x10\x11' -- ct-attach "$c"
	[ "$(field status "$c")" = running ]
	run -0 run_tty 'type:echo aga""in\r' wait:again 'type:\x01' -- ct-attach --detach-keys ctrl-a "$c"
	run -7 run_tty 'type:exit 7\r' -- ct-attach "$c"
	[ "$(field status "$c")" = 'exited 7' ]
}

@test "an attached command whose reader of the log is killed fails, and the container stays" {
	c=$(ct-run -d "$img" sleep 1000)
	ct-attach -n "$c" 2>"$D/err" &
	attach=$!
	wait_until pgrep -P $attach
	pkill -KILL -P $attach
	failed=0
	wait $attach || failed=$?
	[ $failed = 1 ]
	grep -qx "ct-attach: $c: the reader of the log was killed (signal 9)" "$D/err"
	[ "$(field status "$c")" = running ]
	ct-rm -f "$c"
}

@test "invalid detach keys are refused, and detach keys for a run in the foreground" {
	run -2 ct-attach --detach-keys ctrl-1 x
	[[ $output == *'--detach-keys: ctrl-1: not a key'* ]]
	run -125 ct-run --detach-keys ctrl-a "$img" true
	[[ $output == *"--detach-keys: only a container of 'ct run -d' can be left"* ]]
}

@test "a container without a log cannot be attached" {
	c=$(ct-run -d -t --log none "$img")
	run -1 ct-attach "$c"
	[ "$output" = "ct-attach: $c: has no log (--log none)" ]
}
