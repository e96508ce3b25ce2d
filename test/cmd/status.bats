load helper
load runs

# The end of a run, in the foreground and detached, and its leftovers.

@test "the exit status is the command's own" {
	for wanted in 0 1 2 42 125 126 127 255; do
		run -$wanted ct-run "$img" sh -c "exit $wanted"
	done
}

@test "the exit status is 128+N when signal N ended the command" {
	run -143 ct-run --init "$img" sh -c 'kill -TERM $$'
	start "$img" sleep 1000
	wait_until test -s "$D/cid"
	kill -9 "$(field pid "$(cat "$D/cid")")"
	finish
	[ "$status" -eq 137 ]
	[ "$(field status "$(cat "$D/cid")")" = 'killed 9' ]
	[ "$(field exitcode "$(cat "$D/cid")")" = 137 ]
}

@test "seed row 24: a missing command gives 127, one that cannot be executed 126, with the reason and nothing left" {
	note_all
	fails() {
		run --separate-stderr "-$1" ct-run $d "$img" "$2"
		[ -z "$output" ] && [ "${#stderr_lines[@]}" -eq 1 ] && [[ $stderr == "ct-run: "*"$2: "* ]]
	}
	for d in '' -d; do
		fails 127 nosuch
		fails 127 /nosuch
		fails 127 bin/nosuch
		fails 126 /etc/passwd
		fails 126 /etc
		fails 126 etc/passwd
	done
	untouched
}

@test "the error names an interpreter that is missing or cannot be executed" {
	rw=$(ct-run -d "$img" sleep 1000)
	root=$(ct path "$rw")
	printf '#! /no/such -x\n' >"$root/script"
	printf '#!/bin/sh\r\n' >"$root/windows"
	printf '#!/etc/passwd\n' >"$root/passwd"
	printf '#!/bin/sh\nexit 3\n' >"$root/good"
	cp "$(type -P true)" "$root/dynamic"	# this image has no libraries
	chmod 755 "$root"/{script,windows,passwd,good,dynamic}
	run -127 ct-exec "$rw" /script
	[ "$output" = "ct-exec: $rw: /script: its interpreter /no/such: No such file or directory" ]
	run -127 ct-exec "$rw" /windows
	[[ $output == "ct-exec: $rw: /windows: its interpreter /bin/sh\\"*": No such file or directory" ]]
	run -127 ct-exec "$rw" /dynamic
	[[ $output == "ct-exec: $rw: /dynamic: its interpreter /lib"*": No such file or directory" ]]
	run -126 ct-exec "$rw" /passwd
	[ "$output" = "ct-exec: $rw: /passwd: its interpreter /etc/passwd: Permission denied" ]
	run -3 ct-exec "$rw" /good
	chmod 700 "$root/good"
	run -126 ct-exec -u nobody "$rw" /good
	[ "$output" = "ct-exec: $rw: /good: Permission denied" ]
	ct-rm -f "$rw"
}

@test "usage errors and an unknown image give 125 and one line, and nothing is made" {
	note_all
	fails() {
		wanted=$1
		shift
		run --separate-stderr -125 ct-run "$@"
		[ -z "$output" ] && [ "${#stderr_lines[@]}" -eq 1 ] && [[ $stderr == "ct-run: $wanted"* ]] ||
			{ echo "$* said: $stderr"; return 1; }
	}
	fails 'missing operand'
	fails 'nosuch: no such image' --pull never nosuch true
	fails 'img_99999: no such image' img_99999 true
	fails 'ps_42002: ' ps_42002 true
	fails '../x: ' ../x true
	fails ': ' '' true || fails 'missing operand' '' true
	fails '--nosuch: ' --nosuch "$img" true
	fails '--memory: 12x: ' -m 12x "$img" true
	fails '--memory: ' --memory= "$img" true
	fails '--name: a/b' --name a/b "$img" true
	fails '--name: ../x' --name ../x "$img" true
	fails '--name: ' --name '' "$img" true
	fails '--name: ps_42002' --name ps_42002 "$img" true
	fails '--name: -x' --name -x "$img" true
	fails '--cpus: abc' --cpus abc "$img" true
	fails '--cpus' --cpus 0 "$img" true
	fails '--cpus' --cpus -1 "$img" true
	fails '--cpu-shares: 1: ' --cpu-shares 1 "$img" true
	fails '--cpuset-cpus 0-x: ' --cpuset-cpus 0-x "$img" true
	fails '--cpuset-cpus 4096: ' --cpuset-cpus 4096 "$img" true
	fails '--pids-limit: x' --pids-limit x "$img" true
	fails '--memory-swap' --memory-swap 1g "$img" true
	fails '--memory-swap' -m 64m --memory-swap 32m "$img" true
	fails '--ulimit: x' --ulimit x "$img" true
	fails '--ulimit: nofile=9:3' --ulimit nofile=9:3 "$img" true
	fails '--cap-add: NOSUCH' --cap-add NOSUCH "$img" true
	fails '--hostname -x y' -h '-x y' "$img" true
	fails '--hostname' -h "$(printf %065d 0)" "$img" true
	fails '--env: =x' -e =x "$img" true
	fails '--env-file' --env-file /no/such "$img" true
	fails '--label: =x' -l =x "$img" true
	fails '--volume: /no/such' -v /no/such:/x "$img" true
	fails '--volume: /tmp:x' -v /tmp:x "$img" true
	fails '--volume: /tmp:/' -v /tmp:/ "$img" true
	fails '--volume: /tmp:/x:zz' -v /tmp:/x:zz "$img" true
	fails '--tmpfs: x' --tmpfs x "$img" true
	fails '--device: /etc/passwd' --device /etc/passwd "$img" true
	fails '--device: /dev/nosuch' --device /dev/nosuch "$img" true
	fails '--network' --network nosuch "$img" true
	fails '--userns: nosuch' --userns nosuch "$img" true
	fails '--dns: x' --dns x "$img" true
	fails '--add-host: x' --add-host x "$img" true
	fails '--stop-signal: X' --stop-signal X "$img" true
	fails '--workdir x' -w x "$img" true
	fails '--rootfs /no/such' --rootfs /no/such true
	fails '--rootfs /etc/passwd' --rootfs /etc/passwd true
	fails '--rootfs /' --rootfs / true
	fails '--cidfile /no/such/x' --cidfile /no/such/x "$img" true
	fails 'user nosuch' -u nosuch "$img" true || fails '' -u nosuch "$img" true
	fails '' -u 0:nosuch "$img" true
	fails '' --shm-size 0x "$img" true
	untouched
}

@test "a hundred runs with --rm leave nothing behind" {
	note_all
	seq 100 | xargs -P 4 -I{} ct-run --name hundred-{} --rm "$img" true
	untouched
}

@test "--rm leaves nothing of a container, in the foreground and in the background" {
	note_all
	run -3 ct-run --rm --name gone "$img" sh -c 'exit 3'
	untouched
	c=$(ct-run -d --rm "$img" true)
	wait_until test ! -e "$CT_ROOT/$c"
	wait_until untouched
}

@test "snapshot, log and status stay until the container is removed, everything else is gone" {
	facts >"$D/before"
	run -5 ct-run --cidfile "$D/cid" "$img" sh -c 'echo said; exit 5'
	same_facts "$D/before" <(facts)
	c=$(cat "$D/cid")
	[ "$(field status "$c")" = 'exited 5' ]
	[ "$(ct-logs "$c")" = said ]
	[ -d "$CT_ROOT/$c/rootfs/bin" ]
}

@test "-d prints the id and returns once the command has been executed" {
	c=$(ct-run -d "$img" sleep 1000)
	[[ $c =~ ^ps_[0-9]+$ ]]
	[ "$(tr '\0' ' ' <"/proc/$(field pid "$c")/cmdline")" = 'sleep 1000 ' ]
	[ "$(field status "$c")" = running ]
}

@test "a container whose id cannot be printed is removed" {
	note_all
	ct-images -q >"$D/images"
	mkfifo "$D/gone"
	exec 8<>"$D/gone" 9>"$D/gone" 8<&-
	for how in '-d --name nobody' '--only snapshot' '-d --rm'; do
		run -125 bash -c 'ct-run --cidfile "$2" '"$how"' "$1" sleep 1000 2>&1 >/dev/full' bash "$img" "$D/cid"
		[ "$output" = 'ct-run: standard output: No space left on device' ]
		run -125 bash -c 'ct-run '"$how"' "$1" sleep 1000 2>&1 >&-' bash "$img"
		[ "$output" = 'ct-run: standard output: Bad file descriptor' ]
		run -125 bash -c 'ct-run '"$how"' "$1" sleep 1000 2>&1 >&9' bash "$img"
		[ -z "$output" ]
		[ ! -e "$D/cid" ]
		untouched
	done
	exec 9>&-
}

@test "a detached container keeps none of the caller's descriptors open" {
	timeout 20 sh -c '{ ct-run -d "$1" sleep 1000 5>&1 2>&1; } | cat' sh "$img"
}

@test "the output of a detached container is in its log" {
	c=$(ct-run -d "$img" sh -c 'echo out; echo err >&2; cat')
	ended "$c"
	run --separate-stderr -0 ct-logs "$c"
	[ "$output" = out ]
	[ "$stderr" = err ]
}

@test "--cidfile holds the id of the container and is never overwritten" {
	c=$(ct-run -d --cidfile "$D/cid" "$img" sleep 1000)
	[ "$(cat "$D/cid")" = "$c" ]
	note_all
	run -125 ct-run --cidfile "$D/cid" "$img" true
	[[ $output == "ct-run: --cidfile $D/cid: File exists" ]]
	untouched
	run -127 ct-run --cidfile "$D/not" "$img" nosuch
	[ ! -e "$D/not" ]
}

@test "two containers cannot have the same name" {
	c=$(ct-run -d --name web "$img" sleep 1000)
	note_all
	run -125 ct-run --name web "$img" true
	[ "$output" = "ct-run: web: the name is in use by $c" ]
	untouched
	[ "$(field id web)" = "$c" ]
	ct-rm -f web
	run -0 ct-run --name web --rm "$img" true
}

@test "of many runs that ask for one name at the same time exactly one gets it, and the others leave nothing" {
	note_all
	seq 12 | xargs -P 6 -I{} sh -c 'ct-run -d --name same "$1" sleep 1000 >>"$2/ids" 2>>"$2/errors" || :' sh "$img" "$D"
	[ "$(wc -l <"$D/ids")" -eq 1 ]
	[ "$(grep -c '^ct-run: same: ' "$D/errors")" -eq 11 ]
	ct-rm -f same
	untouched
}

@test "a container has the labels of the image and of the user" {
	image_with label=a=1 label=b=2
	c=$(ct-run -d -l b=3 -l c "$with" sleep 1000)
	[[ $(field labels "$c") == *a=1* ]]
	[[ $(field labels "$c") == *b=3* ]]
	[[ $(field labels "$c") == *c* ]]
}
