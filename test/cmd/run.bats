load helper

setup() {
	busybox_image
	D=$BATS_TEST_TMPDIR
}

teardown() {
	ct-ps -q -r | ct-rm -f -
}

# FIELD CONTAINER: one column of the listing.
field() {
	ct-ps --no-header -o "$1" "$2"
}

# Until the container has ended and its supervisor too.
ended() {
	wait_until sh -c '[ "$(ct-ps --no-header -o status "$1")" != running ] && [ ! -e "$CT_RUN/$1" ]' sh "$1"
}

# $copy, an image of busybox to be changed in ways that ct itself refuses to make; made in
# the store by hand, which is quick.
copy_image() {
	copies=$((${copies:-90000} + 1))
	copy=img_$copies
	[ ! -e "$CT_ROOT/$copy" ] || ct-rm -f "$copy"
	mkdir "$CT_ROOT/$copy"
	btrfs -q subvolume snapshot "$CT_ROOT/$img/rootfs" "$CT_ROOT/$copy/rootfs"
	cp "$CT_ROOT/$img/config" "$CT_ROOT/$copy/config"
}

# LINE...: $with, an image of busybox whose config says that too.
image_with() {
	copy_image
	with=$copy
	printf '%s\n' "$@" >>"$CT_ROOT/$with/config"
}

# OPTION... -- COMMAND...: in the background, its output in $D/out and $D/err; $run is its pid.
start() {
	rm -f "$D/cid" "$D/out"
	ct-run --cidfile "$D/cid" "$@" <&0 >"$D/out" 2>"$D/err" 3>&- &
	run=$!
}

# Until it has ended; $status.
finish() {
	wait_until test ! -e "/proc/$run"
	status=0
	wait "$run" || status=$?
}

# Nothing was made: the listing and the machine are as in $D/before.
untouched() {
	same_facts "$D/before" <(facts) && [ "$(ct-ps -q)" = "$(cat "$D/ps")" ]
}

note_all() {
	facts >"$D/before"
	ct-ps -q >"$D/ps"
}

# What a container is

@test "the command is process 1 and sees only its own processes" {
	run -0 ct-run "$img" sh -c 'echo $$; echo /proc/[0-9]*'
	[ "${lines[0]}" = 1 ]
	[ "${lines[1]}" = /proc/1 ]
}

@test "its host name is its id, or what -h says" {
	[ "$(ct-run --cidfile "$D/cid" "$img" hostname)" = "$(cat "$D/cid")" ]
	[ "$(ct-run -h web.example "$img" sh -c 'hostname; cat /etc/hostname; grep -c web.example /etc/hosts')" = $'web.example\nweb.example\n1' ]
}

@test "root inside is not root outside" {
	c=$(ct-run -d "$img" sh -c 'id -u; exec sleep 1000')
	pid=$(field pid "$c")
	[ "$(stat -c %u "/proc/$pid")" -ge $((0x20000000)) ]
	[ "$(stat -c %g "/proc/$pid")" -ge $((0x20000000)) ]
	[ "$(ct-logs "$c")" = 0 ]
}

@test "two containers that run have different users on the host" {
	a=$(ct-run -d "$img" sleep 1000)
	b=$(ct-run -d "$img" sleep 1000)
	[ "$(stat -c %u "/proc/$(field pid "$a")")" != "$(stat -c %u "/proc/$(field pid "$b")")" ]
}

@test "it is in its own group in every hierarchy" {
	c=$(ct-run -d "$img" sleep 1000)
	cgroup=/proc/$(field pid "$c")/cgroup
	grep -qF ":$CT_CGROUP/$c" "$cgroup"
	run -1 grep -vE ":$CT_CGROUP/$c\$|:(name=|misc|net_|perf_event|hugetlb|rdma|dmem|0::|:)" "$cgroup"
	run -0 lscgroup -g "memory:$CT_CGROUP"	# (a listing of all fails where another group ends meanwhile)
	grep -q ":$CT_CGROUP/$c\$" <<<"$output"
}

@test "inside, its group looks like the top of the tree" {
	run -0 ct-run "$img" cut -d: -f3 /proc/self/cgroup
	for line in "${lines[@]}"; do
		[ "$line" = / ]
	done
}

@test "every namespace is its own" {
	run -0 ct-run "$img" sh -c 'for n in user mnt pid net uts ipc cgroup; do readlink /proc/self/ns/$n; done'
	[ ${#lines[@]} -eq 7 ]
	for line in "${lines[@]}"; do
		[ "$line" != "$(readlink "/proc/self/ns/${line%%:*}")" ]
	done
}

@test "files made inside belong to 0:0 on disk, and to the user who made them" {
	run -0 ct-run --cidfile "$D/cid" "$img" sh -c 'echo x >/file; mkdir /var/d; chown 33:100 /var/d; su -s /bin/sh www-data -c "touch /tmp/theirs"'
	root=$(ct path "$(cat "$D/cid")")
	[ "$(stat -c %u:%g "$root/file" "$root/var/d" "$root/tmp/theirs")" = $'0:0\n33:100\n33:33' ]
}

@test "what one container writes neither its image nor another container sees" {
	run -0 ct-run "$img" sh -c 'echo x >/new; rm /etc/group'
	run -0 ct-run "$img" sh -c '[ ! -e /new ] && [ -e /etc/group ]'
	[ ! -e "$(ct path "$img")/new" ]
}

@test "it inherits no descriptors" {
	[ "$(ct-run "$img" ls /proc/self/fd 7</dev/null 9>"$D/nine" | tr '\n' ' ')" = '0 1 2 3 ' ]
}

@test "it starts in / with a plain environment and a umask of 022" {
	[ "$(SECRET=1 ct-run -h here "$img" sh -c 'pwd; umask; env | sort' | grep -vE '^(PWD|SHLVL|OLDPWD)=')" = \
		$'/\n0022\nHOME=/root\nHOSTNAME=here\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\ncontainer=ct' ]
}

@test "it has the devices, terminals and shared memory that programs expect" {
	run -0 ct-run "$img" sh -c '
		cd /dev && [ -c null ] && [ -c zero ] && [ -c full ] && [ -c random ] && [ -c urandom ] && [ -c tty ] &&
		[ -c ptmx ] && [ -d pts ] && [ "$(readlink fd)" = /proc/self/fd ] &&
		echo x >/dev/null && head -c 4 /dev/zero | cmp - /dev/zero -n 4 && echo x >/dev/shm/x && [ "$(stat -c %a shm)" = 1777 ] &&
		[ -z "$(find . -type b)" ] && [ ! -e sda ] && [ ! -e loop0 ] && [ ! -e mem ] && [ ! -e kmsg ]'
}

@test "the kernel's files are masked or read-only" {
	run -0 ct-run "$img" sh -c '
		[ -z "$(head -c 1 /proc/kcore)" ] && [ -z "$(cat /proc/timer_list)" ] && [ -z "$(ls /sys/firmware)" ] &&
		for f in /proc/sys/kernel/hostname /proc/sysrq-trigger /proc/irq/default_smp_affinity /sys/kernel/uevent_helper; do
			if [ -e $f ] && (echo x >$f) 2>/dev/null; then echo $f; exit 1; fi
		done'
}

@test "a device node in its root cannot be used" {
	c=$(ct-run -d "$img" sleep 1000)
	mknod -m 666 "$(ct path "$c")/node" c 1 3
	run -1 ct-exec "$c" sh -c 'echo x >/node'
	[[ $output == *"ermission denied"* ]]
}

@test "its root has podman's eleven capabilities and NET_RAW, but that not in the host's network" {
	[ "$(ct-run "$img" sed -n 's/^Cap[BPE].*\t//p' /proc/self/status | sort -u)" = 00000000800425fb ]
	[ "$(ct-run --network host "$img" sed -n 's/^CapBnd.*\t//p' /proc/self/status)" = 00000000800405fb ]
}

@test "a filter of system calls is on, and off only for the privileged" {
	[ "$(ct-run "$img" sed -n 's/^Seccomp:\t//p' /proc/self/status)" = 2 ]
	[ "$(ct-run --privileged "$img" sed -n 's/^Seccomp:\t//p' /proc/self/status)" = 0 ]
}

# How it ends

@test "the status is the command's own" {
	for wanted in 0 1 2 42 125 126 127 255; do
		run -$wanted ct-run "$img" sh -c "exit $wanted"
	done
}

@test "the status is 128+N when signal N ended it" {
	run -143 ct-run --init "$img" sh -c 'kill -TERM $$'
	start "$img" sleep 1000
	wait_until test -s "$D/cid"
	kill -9 "$(field pid "$(cat "$D/cid")")"
	finish
	[ "$status" -eq 137 ]
	[ "$(field status "$(cat "$D/cid")")" = 'killed 9' ]
	[ "$(field exitcode "$(cat "$D/cid")")" = 137 ]
}

@test "seed row 24: a command that is not there is 127, one that cannot be executed 126, with the reason and nothing left" {
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

@test "an interpreter that is missing, or cannot be executed, is named" {
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

@test "usage errors and an unknown image are 125, in one line, and nothing is made" {
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
	fails '--cpu-shares' --cpu-shares 1 "$img" true
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
	fails '--volume: /tmp' -v /tmp "$img" true
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

@test "a hundred runs leave nothing but what they are meant to" {
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

# Detached

@test "-d prints the id and returns once the command has been executed" {
	c=$(ct-run -d "$img" sleep 1000)
	[[ $c =~ ^ps_[0-9]+$ ]]
	[ "$(tr '\0' ' ' <"/proc/$(field pid "$c")/cmdline")" = 'sleep 1000 ' ]
	[ "$(field status "$c")" = running ]
}

@test "without anybody to learn its id a container is not" {
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

@test "a detached container holds on to none of its user's descriptors" {
	timeout 20 sh -c '{ ct-run -d "$1" sleep 1000 5>&1 2>&1; } | cat' sh "$img"
}

@test "the output of a detached container is in its log" {
	c=$(ct-run -d "$img" sh -c 'echo out; echo err >&2; cat')
	ended "$c"
	run --separate-stderr -0 ct-logs "$c"
	[ "$output" = out ]
	[ "$stderr" = err ]
}

# Its streams

@test "stdin and stdout are exact" {
	head -c 3000000 /dev/urandom >"$D/data"
	ct-run "$img" cat <"$D/data" | cmp - "$D/data"
	[ "$(echo data | ct-run "$img" sha256sum)" = "$(echo data | sha256sum)" ]
	[ "$(ct-run "$img" tar -cf - /etc 2>/dev/null | tar -t | grep -c passwd)" = 1 ]
}

@test "300 MB go in and out at once" {
	openssl enc -aes-128-ctr -K 00 -iv 00 -in /dev/zero 2>/dev/null | head -c 300000000 |
		tee >(sha256sum >"$D/in") | ct-run --log-max 1m "$img" cat | sha256sum >"$D/out"
	wait_until test -s "$D/in"
	cmp "$D/in" "$D/out"
}

@test "stderr stays apart from stdout" {
	run --separate-stderr -0 ct-run "$img" sh -c 'echo out; echo err >&2'
	[ "$output" = out ]
	[ "$stderr" = err ]
}

@test "a container that has read enough ends, whatever goes on writing to it" {
	[ "$(yes | timeout 20 ct-run "$img" head -1)" = y ]
	mkfifo "$D/open"
	timeout 20 ct-run "$img" true <>"$D/open"
	[ "$(yes | timeout 20 ct-run "$img" sh -c 'read -r a; exec <&-; seq 100000' | tail -1)" = 100000 ]
}

@test "a reader that has read enough ends the container" {
	[ "$(timeout 20 ct-run "$img" yes | head -1)" = y ]
	[ "$(timeout 20 ct-run "$img" sh -c 'while echo y; do :; done' 2>/dev/null | head -1)" = y ]
}

@test "the end of stdin reaches the container while its output goes on" {
	[ "$(printf one | ct-run "$img" sh -c 'cat; echo; echo end')" = $'one\nend' ]
}

@test "-n leaves the user's stdin alone" {
	[ "$(printf 'a\nb\n' | while read -r line; do ct-run -n "$img" sh -c "cat; echo $line"; done)" = $'a\nb' ]
}

@test "all output is in the log when the run has ended" {
	ct-run --cidfile "$D/cid" "$img" seq 200000 >"$D/out"
	ct-logs "$(cat "$D/cid")" | cmp - "$D/out"
}

@test "what a grandchild writes last is not lost" {
	[ "$(ct-run "$img" sh -c '(seq 50000) & exec seq 50000' | wc -l)" -ge 50000 ]
	[ "$(ct-run --init "$img" sh -c 'seq 50000 & wait' | wc -l)" = 50000 ]
}

@test "/dev/stdout and its like can be opened again, by any user" {
	for user in root www-data 4711; do
		run --separate-stderr -0 ct-run -u $user "$img" sh -c 'cat /dev/stdin >/dev/stdout; echo err >/dev/stderr; echo fd >/dev/fd/1' <<<in
		[ "$output" = $'in\nfd' ]
		[ "$stderr" = err ]
		run -0 ct-run -n -u $user "$img" sh -c 'cat /dev/stdin'
	done
}

# "/dev/stdout" in what follows: as conmon's pipes, which have mode 0777 for this (conmon#112).
@test "a program that becomes another user can still open /dev/stdout and its like, to write, and none can take the output" {
	as_user="su -s /bin/sh www-data -c"
	run --separate-stderr -0 ct-run -i "$img" sh -c \
		"$as_user 'id -u; cat /dev/stdin; echo out >/dev/stdout; echo err >/dev/stderr; timeout 20 cat </dev/stdout'; true" <<<in
	[ "$output" = $'33\nin\nout' ]
	[[ $stderr == err$'\n'*'/dev/stdout: Permission denied' ]]
	c=$(ct-run -d "$img" sh -c "$as_user 'echo log >/dev/stdout'; exec sleep 1000")
	# shellcheck disable=SC2016 # sh is to expand it
	wait_until sh -c '[ "$(ct-logs "$1")" = log ]' sh "$c"
	# shellcheck disable=SC2086 # several words
	[ "$(ct-exec "$c" $as_user 'echo exec >/dev/stdout')" = exec ]
	# Where root inside is root outside, an ordinary user of the host comes no nearer.
	c=$(ct-run -d --userns host "$img" sleep 1000)
	run ! setpriv --reuid 33 --regid 33 --clear-groups sh -c "echo x >/proc/$(field pid "$c")/fd/1"
	[[ $output == *'Permission denied'* ]]
}

@test "output that cannot be written is a failure, said once" {
	run -125 bash -c 'ct-run --cidfile "$2" "$1" sh -c "echo short" 2>&1 >/dev/full' bash "$img" "$D/cid"
	[ "$output" = 'ct-run: write standard output: No space left on device' ]
	[ "$(field status "$(cat "$D/cid")")" = 'exited 0' ]
	run -3 bash -c 'ct-run "$1" sh -c "seq 100000 2>/dev/null; exit 3" 2>&1 >/dev/full' bash "$img"
	[ "$output" = 'ct-run: write standard output: No space left on device' ]
	run -125 bash -c 'ct-exec "$1" echo short 2>&1 >/dev/full' bash "$(ct-run -d "$img" sleep 1000)"
	[[ $output == *'standard output: No space left on device' ]]
}

@test "closed standard streams are no reason to fail" {
	run -0 bash -c 'ct-run "$1" true <&- >&- 2>&-' bash "$img"
	run -7 bash -c 'ct-run "$1" sh -c "cat; echo x; exit 7" <&- >&-' bash "$img"
	run -0 bash -c 'ct-run "$1" sh -c "echo x >&2" 2>&-' bash "$img"
}

@test "but output for a closed stdout is a failure" {
	for command in 'ct-run "$1" echo x' ct-ps; do
		run bash -c "$command 2>&1 >&-" bash "$img"
		[[ $status:$output =~ ^(1|125):ct-[a-z]+:\ (write )?'standard output: Bad file descriptor'$ ]]
	done
}

# Signals

@test "signals are passed on" {
	for sig in TERM INT HUP USR1 QUIT WINCH; do
		start "$img" sh -c "trap 'echo $sig; exit 7' $sig; echo ready; sleep 1000 & wait"
		wait_until grep -q ready "$D/out"
		kill -$sig $run
		finish
		[ "$status" -eq 7 ]
		[ "$(tail -1 "$D/out")" = "$sig" ]
	done
}

@test "process 1 ignores the signals it does not handle" {
	mkfifo "$D/in"
	exec 8<>"$D/in"
	start "$img" cat <"$D/in" 8>&-
	exec 9>"$D/in" 8>&-
	wait_until test -s "$D/cid"
	kill -TERM $run
	echo alive >&9
	wait_until grep -q alive "$D/out"
	exec 9>&-
	finish
	[ "$status" -eq 0 ]
}

@test "with --init signals end the command, as on any process but the first" {
	start --init "$img" sleep 1000
	wait_until test -s "$D/cid"
	kill -TERM $run
	finish
	[ "$status" -eq 143 ]
}

@test "with --init orphans are reaped" {
	run -0 ct-run --init "$img" sh -c '
		(sh -c "sleep 0.05 & echo \$!" >/pid)
		for i in 1 2 3 4 5 6 7 8 9 10; do [ -e "/proc/$(cat /pid)" ] || exit 0; sleep 0.1; done; exit 1'
}

@test "the init tells nothing of the host" {
	run --separate-stderr -0 ct-run --init "$img" sh -c 'tr "\0" " " </proc/1/cmdline; echo; cat /proc/1/comm; cat /proc/1/environ; ls -l /proc/1/fd /proc/1/exe; true'
	[[ ${lines[0]} =~ ^init\ +$ ]]
	[ "${lines[1]}" = init ]
	[[ $output != *ct-run* ]]
	[[ $output != *"$CT_TEST_DIR"* ]]
}

# What it runs, as whom, where

@test "variables are set, passed on, read from files, and the last one counts" {
	printf '# a note\n\n  A=file\nB=file\nHOSTVAR\n' >"$D/env"
	image_with env=A=image env=I=image env=PATH=/bin
	[ "$(HOSTVAR=ours NOT=x ct-run --env-file "$D/env" -e B=option -e 'C=a b=c' -e EMPTY= -e NOSUCH "$with" \
		sh -c 'env | grep -vE "^(PWD|SHLVL|OLDPWD|HOSTNAME|container)=" | sort')" = \
		$'A=file\nB=option\nC=a b=c\nEMPTY=\nHOME=/root\nHOSTVAR=ours\nI=image\nPATH=/bin' ]
	[ "$(ct-run --env-file <(echo P=pipe) "$img" sh -c 'echo $P')" = pipe ]
}

@test "a file of variables is read whole and in docker's form, or refused with its line" {
	D=$BATS_TEST_TMPDIR
	printf '\xef\xbb\xbfA=1\r\nB=2\r\n' >"$D/windows"
	[ "$(ct-run --rm --env-file "$D/windows" "$img" sh -c 'echo "$A$B."')" = 12. ]
	printf 'A=1\nexport X=1\n' >"$D/shell"
	run -125 ct-run --env-file "$D/shell" "$img" true
	[ "$output" = "ct-run: --env-file: $D/shell: line 2: export X=1: the name of a variable has no blanks (no \"export\", no \"X = 1\")" ]
	# 16 KiB are read at a time.
	{ echo A=1 && head -c 20000 /dev/zero | tr '\0' '#'; } >"$D/long"
	ct-run --rm --env-file "$D/long" "$img" true
	run -125 strace -f -qq -o "$D/trace" -P "$D/long" -e inject=read:error=EIO:when=2 ct-run --env-file "$D/long" "$img" true
	[ "$output" = "ct-run: --env-file: $D/long: Input/output error" ]
}

@test "-w is the working directory, made if it is missing" {
	[ "$(ct-run -w /var/tmp "$img" pwd)" = /var/tmp ]
	[ "$(ct-run -w /a/new/one "$img" sh -c 'pwd; stat -c %u:%g:%a .')" = $'/a/new/one\n0:0:755' ]
	[ "$(ct-run -w /usr "$img" bin/id -u)" = 0 ]
}

@test "-u takes a user and a group by name or number, with its groups and home" {
	as() {
		ct-run -u "$1" "$img" sh -c 'echo $(id -u):$(id -g) $(id -G) $HOME'
	}
	[ "$(as nobody)" = '65534:65534 65534 100 /' ]
	[ "$(as www-data)" = '33:33 33 /var' ]
	[ "$(as 33)" = '33:33 33 /var' ]
	[ "$(as 4711)" = '4711:0 0 /' ]
	[ "$(as 4711:4712)" = '4711:4712 4712 /' ]
	[ "$(as nobody:disk)" = '65534:6 6 /' ]
	[ "$(as :users)" = '0:100 100 /root' ]
	[ "$(as root)" = '0:0 0 /root' ]
}

@test "a user that is not root has no capabilities" {
	[ "$(ct-run -u www-data "$img" sed -n 's/^Cap[PE].*\t//p' /proc/self/status | sort -u)" = 0000000000000000 ]
}

@test "an id beyond the container's own is refused" {
	for how in '-u 65536' '-t -u 65536' '-u 0:65536'; do
		# shellcheck disable=SC2086 # words
		run -125 ct-run $how "$img" true
		[[ $output =~ ^ct-run:\ (user|group)\ 65536:\ not\ among\ the\ ids\ of\ the\ container ]]
	done
}

# podman#9377, and docker: [""] is what an image has that takes its base's entry point away.
@test "an entry point of one empty string counts as none" {
	image_with entrypoint= cmd=echo cmd=said
	[ "$(ct-run "$with")" = said ]
	[ "$(ct-run "$with" echo mine)" = mine ]
}

# moby#1348, podman#8886, and systemd.exec(5) for "container".
@test "HOSTNAME and container are set unless somebody else sets them" {
	c=$(ct-run -d "$img" sleep 1000)
	[ "$(ct-exec "$c" sh -c 'echo $HOSTNAME $container')" = "$c ct" ]
	ct-rm -f "$c"
	[ "$(ct-run -h box "$img" sh -c 'echo $HOSTNAME $container')" = 'box ct' ]
	[ "$(ct-run --network host "$img" sh -c 'echo $HOSTNAME; hostname' | uniq | wc -l)" = 1 ]
	[ "$(ct-run -h box -e HOSTNAME=mine -e container= "$img" sh -c 'echo $HOSTNAME,$container')" = 'mine,' ]
	image_with env=HOSTNAME=image
	[ "$(ct-run "$with" sh -c 'echo $HOSTNAME')" = image ]
	# Some stages on a directory are no container with a name.
	[ "$(env -u HOSTNAME ct-run --only uts -h box --rootfs / /bin/sh -c 'env' | grep -cE '^(HOSTNAME|container)=')" = 0 ]
}

@test "what the image says holds unless overridden" {
	image_with entrypoint=/bin/echo entrypoint=entry cmd=cmd user=www-data workdir=/var env=X=1
	[ "$(ct-run "$with")" = 'entry cmd' ]
	[ "$(ct-run "$with" mine)" = 'entry mine' ]
	[ "$(ct-run --entrypoint id "$with" -u)" = 33 ]
	[ "$(ct-run --entrypoint id -u root "$with" -u)" = 0 ]
	[ "$(ct-run --entrypoint '' "$with" sh -c 'pwd; echo $X; id -u')" = $'/var\n1\n33' ]
	[ "$(ct-run --entrypoint pwd "$with")" = /var ]
	[ "$(ct-run --entrypoint pwd -w /usr "$with")" = /usr ]
}

@test "with no command anywhere /bin/sh is run" {
	[ "$(echo 'echo $0 $$' | ct-run "$img")" = '/bin/sh 1' ]
}

@test "options end at the image, so the command keeps its own" {
	[ "$(ct-run "$img" echo -n --rm -x | od -c | head -1)" = '0000000   -   -   r   m       -   x' ]
	[ "$(ct-run -n -- "$img" echo -- x)" = '-- x' ]
}

@test "an image is meant by id, name, and name with tag" {
	for ref in "$img" busybox busybox:latest; do
		run -0 ct-run "$ref" true
	done
}

# Names and notes

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

@test "a name is one container's only" {
	c=$(ct-run -d --name web "$img" sleep 1000)
	note_all
	run -125 ct-run --name web "$img" true
	[ "$output" = "ct-run: web: the name is in use by $c" ]
	untouched
	[ "$(field id web)" = "$c" ]
	ct-rm -f web
	run -0 ct-run --name web --rm "$img" true
}

@test "of many that want the same name at the same time exactly one gets it, and the rest leave nothing" {
	note_all
	seq 12 | xargs -P 6 -I{} sh -c 'ct-run -d --name same "$1" sleep 1000 >>"$2/ids" 2>>"$2/errors" || :' sh "$img" "$D"
	[ "$(wc -l <"$D/ids")" -eq 1 ]
	[ "$(grep -c '^ct-run: same: ' "$D/errors")" -eq 11 ]
	ct-rm -f same
	untouched
}

@test "labels are the image's and the user's" {
	image_with label=a=1 label=b=2
	c=$(ct-run -d -l b=3 -l c "$with" sleep 1000)
	[[ $(field labels "$c") == *a=1* ]]
	[[ $(field labels "$c") == *b=3* ]]
	[[ $(field labels "$c") == *c* ]]
}

# Mounts

@test "a volume shows the host's directory, with owners as on disk" {
	mkdir "$D/vol"
	echo host >"$D/vol/file"
	chown 33:33 "$D/vol/file"
	run --separate-stderr -0 ct-run -v "$D/vol:/mnt/new" "$img" sh -c 'cat /mnt/new/file; stat -c %u /mnt/new/file; touch /mnt/new/mine; su -s /bin/sh www-data -c "echo more >>/mnt/new/file"'
	[ "$output" = $'host\n33' ]
	[ -z "$stderr" ]
	[ "$(stat -c %u:%g "$D/vol/mine")" = 0:0 ]
	[ "$(cat "$D/vol/file")" = $'host\nmore' ]
}

@test "a volume may be read-only, a file, relative, and below another" {
	mkdir -p "$D/vol/sub"
	echo file >"$D/file"
	cd "$D"
	run -0 ct-run -v ./vol:/v -v "$D/file:/v/f:ro" -v ./vol:/r:ro "$img" sh -c 'cat /v/f; touch /v/x; touch /r/y || echo no; echo x >/v/f || echo no'
	[ "$(grep -cx no <<<"$output")" = 2 ]
	grep -qx file <<<"$output"
	[ -e "$D/vol/x" ]
	[ "$(cat "$D/file")" = file ]
}

@test "devices on a volume are not to be used" {
	mkdir "$D/vol"
	mknod -m 666 "$D/vol/null" c 1 3
	run -1 ct-run -v "$D/vol:/v" "$img" sh -c 'echo x >/v/null'
}

@test "a volume on a tmpfs is mapped, where the kernel can" {
	mkdir "$D/tmpfs"
	mount -t tmpfs tmpfs "$D/tmpfs"
	touch "$D/tmpfs/file"
	run --separate-stderr -0 ct-run -v "$D/tmpfs:/v" "$img" sh -c 'stat -c %u /v/file; touch /v/mine'
	if [ "$(printf '6.3\n%s\n' "$(uname -r)" | sort -V | head -1)" = 6.3 ]; then
		[ "$output" = 0 ] && [ -z "$stderr" ] && [ "$(stat -c %u "$D/tmpfs/mine")" = 0 ]
	fi
	umount "$D/tmpfs"
}

@test "a volume that cannot be mapped is bound as it is, nosuid, and that is said once" {
	mkdir "$D/o"
	mount -t tmpfs tmpfs "$D/o"
	mkdir "$D/o/lower" "$D/o/upper" "$D/o/work" "$D/o/merged"
	echo below >"$D/o/lower/file"
	mount -t overlay overlay -o "lowerdir=$D/o/lower,upperdir=$D/o/upper,workdir=$D/o/work" "$D/o/merged"
	run --separate-stderr ct-run -v "$D/o/merged:/v" "$img" sh -c 'cat /v/file; grep " /v " /proc/self/mounts | grep -c nosuid; stat -c %u /v/file'
	umount "$D/o/merged" "$D/o"
	[ "$status" -eq 0 ]
	[ "$output" = $'below\n1\n65534' ]
	[ "$stderr" = "ct-run: $D/o/merged: its file system cannot map owners: bound as it is, nosuid" ]
}

@test "what is mounted below a volume or a --rootfs comes along, each mapped if it can be" {
	"$CT_TESTS/busybox" "$D/root"
	mkdir "$D/root/mnt" "$D/root/mnt/a" "$D/root/mnt/p"
	mount -t tmpfs tmpfs "$D/root/mnt/a"
	mount -t proc proc "$D/root/mnt/p"
	mount -t tmpfs tmpfs "$D/root/proc"
	touch "$D/root/mnt/a/file"
	run --separate-stderr ct-run -v "$D/root/mnt:/v:ro" "$img" sh -c 'cat /v/p/1/comm; ls /v/a; touch /v/x /v/a/x 2>/dev/null || echo no'
	run_status=$status run_output=$output run_stderr=$stderr
	run --separate-stderr ct-run --rootfs "$D/root" sh -c 'ls /mnt/a; ls -d /proc/self; stat -c %u /mnt'
	umount "$D/root/mnt/a" "$D/root/mnt/p" "$D/root/proc"
	[ "$run_status" -eq 0 ]
	[ "$run_output" = "$(cat /proc/1/comm)"$'\nfile\nno' ]
	[[ $run_stderr == *"ct-run: $D/root/mnt/p: its file system cannot map owners: bound as it is, nosuid"* ]]
	[ "$status" -eq 0 ]
	[ "$output" = $'file\n/proc/self\n0' ]
}

@test "--tmpfs, --shm-size and their options" {
	run -0 ct-run --tmpfs /scratch:size=1m,mode=700 --tmpfs /tmp --shm-size 2m "$img" sh -c '
		stat -c %a /scratch /tmp; for d in /scratch /dev/shm; do df -k $d | awk "NR == 2 { print \$2 }"; done; touch /scratch/x && echo ok'
	[ "$output" = $'700\n1777\n1024\n2048\nok' ]
}

@test "--read-only: the root cannot be written, tmpfs and volumes can" {
	mkdir "$D/vol"
	run -0 ct-run --read-only --tmpfs /tmp -v "$D/vol:/v" "$img" sh -c 'touch /x 2>/dev/null || echo no; mount -o remount,rw / 2>/dev/null || echo no; touch /tmp/x /v/x /dev/shm/x && echo yes'
	[ "$output" = $'no\nno\nyes' ]
	[ -e "$D/vol/x" ]
}

@test "--rootfs runs on a directory, changing it, and it is not removed" {
	"$CT_TESTS/busybox" "$D/root"
	run -0 ct-run --rm --rootfs "$D/root" sh -c 'id -u; echo x >/made'
	[ "$output" = 0 ]
	[ "$(stat -c %u "$D/root/made")" = 0 ]
	c=$(ct-run -d --rootfs "$D/root" sleep 1000)
	[ "$(ct path "$c")" = "$D/root" ]
	ct-rm -f "$c"
	[ -e "$D/root/bin/busybox" ]
}

@test "a device that was asked for can be used by the container's root" {
	run -0 ct-run --device /dev/full:/dev/mine --device /dev/null:/some/where "$img" sh -c '
		stat -c "%u %F" /dev/mine; echo x 2>&1 >/dev/mine || echo full; echo x >/some/where; ls -a /dev | grep -c "^\.new" || :'
	[ "${lines[0]}" = '0 character special file' ]
	[[ $output == *full* ]]
	[ "${lines[-1]}" = 0 ]
}

@test "the host's name, hosts and resolvers come from files that are not in the snapshot" {
	rm -f "$busybox/etc/hosts" "$busybox/etc/resolv.conf"
	run -0 ct-run --cidfile "$D/cid" -h here --dns 192.0.2.1 --dns 2001:db8::1 --add-host db:192.0.2.7 "$img" sh -c '
		cat /etc/resolv.conf /etc/hostname; grep db /etc/hosts; echo 192.0.2.8 more >>/etc/hosts; tail -1 /etc/hosts; stat -c %u /etc/hosts'
	[ "$output" = $'nameserver 192.0.2.1\nnameserver 2001:db8::1\nhere\n192.0.2.7\tdb\n192.0.2.8 more\n0' ]
	for file in hosts hostname resolv.conf; do
		[ ! -s "$(ct path "$(cat "$D/cid")")/etc/$file" ]
	done
}

# What protects, and giving it up

@test "capabilities are added and dropped by name" {
	caps() {
		ct-run "$@" "$img" sed -n 's/^CapBnd.*\t//p' /proc/self/status
	}
	[ "$(caps --cap-add SYS_TIME)" = 00000000820425fb ]
	[ "$(caps --cap-add cap_sys_time --cap-drop net_raw)" = 00000000820405fb ]
	[ "$(caps --cap-drop ALL)" = 0000000000000000 ]
	[ "$(caps --cap-drop ALL --cap-add CHOWN)" = 0000000000000001 ]
	[ "$(caps --cap-add ALL --cap-drop CHOWN)" = "$(printf %016x $((0x$(caps --cap-add ALL) & ~1)))" ]
}

@test "--privileged gives the host's devices, capabilities and users" {
	run -0 ct-run --privileged "$img" sh -c 'readlink /proc/self/ns/user; [ -e /dev/kmsg ] || [ -e /dev/loop-control ]; echo $?; sed -n "s/^CapBnd.*\t//p" /proc/self/status'
	[ "${lines[0]}" = "$(readlink /proc/self/ns/user)" ]
	[ "${lines[1]}" = 0 ]
	[ "${lines[2]}" = "$(sed -n 's/^CapBnd.*\t//p' /proc/self/status)" ]
}

@test "--userns host keeps the host's users" {
	c=$(ct-run -d --userns host "$img" sh -c 'touch /x; exec sleep 1000')
	[ "$(stat -c %u "/proc/$(field pid "$c")")" = 0 ]
	[ "$(ct-exec "$c" readlink /proc/self/ns/user)" = "$(readlink /proc/self/ns/user)" ]
	[ "$(stat -c %u "$(ct path "$c")/x")" = 0 ]
}

@test "--userns takes a map of one's own" {
	c=$(ct-run -d --userns 0:100000:1000,1000:300000:10 "$img" sh -c 'touch /x; chown 1001 /x; exec sleep 1000')
	[ "$(stat -c %u "/proc/$(field pid "$c")")" = 100000 ]
	wait_until sh -c '[ "$(stat -c %u "$1")" = 1001 ]' sh "$(ct path "$c")/x"
	[ "$(ct-exec -u 1001 "$c" cat /proc/self/uid_map | tr -s ' ')" = $' 0 100000 1000\n 1000 300000 10' ]
}

@test "--userns unmapped: nobody in a namespace of its own" {
	run -0 ct-run --userns unmapped "$img" sh -c 'id -u; cat /proc/self/uid_map; readlink /proc/self/ns/user; sed -n "s/^CapEff.*\t//p" /proc/self/status; echo x >/dev/null'
	[ "${lines[0]}" = 65534 ]
	[ "${lines[1]}" != "$(readlink /proc/self/ns/user)" ]
	[ "${lines[2]}" = 0000000000000000 ]
	c=$(ct-run -d --userns unmapped "$img" sleep 1000)
	[ "$(ct-exec "$c" sh -c 'id -u; cat /proc/1/comm')" = $'65534\nsleep' ]
}

@test "--network none has a loopback alone, host the host's, both with a user namespace" {
	[ "$(ct-run --network none "$img" sh -c 'ip -o link | wc -l; ping -c 1 -W 2 127.0.0.1 >/dev/null && echo up')" = $'1\nup' ]
	run -0 ct-run --network host "$img" sh -c 'readlink /proc/self/ns/net; readlink /proc/self/ns/user; ls -d /sys/class'
	[ "${lines[0]}" = "$(readlink /proc/self/ns/net)" ]
	[ "${lines[1]}" != "$(readlink /proc/self/ns/user)" ]
	[ "${lines[2]}" = /sys/class ]
}

@test "a path of the host's is nowhere to be seen" {
	run -0 ct-run "$img" sh -c 'cat /proc/self/mountinfo | cut -d" " -f5; ls /'
	[[ $output != *"$CT_TEST_DIR"* ]]
}

# Hostile roots

# SCRIPT OPTION...: $evil, an image whose root the script has prepared; a run of it: $status and $output.
hostile_run() {
	local prepare=$1
	shift
	copy_image
	evil=$copy
	mkdir -p "$D/outside"
	(cd "$CT_ROOT/$evil/rootfs" && eval "$prepare")
	find "$D/outside" -printf '%p %m %u %T@\n' | sort >"$D/outside.before"
	run timeout -s KILL 20 ct-run "$@" "$evil" sh -c 'echo ran; sed -n "s/^Uid:.//p" /proc/self/status | cut -f1'
	find "$D/outside" -printf '%p %m %u %T@\n' | sort | diff "$D/outside.before" -
}

@test "dev, proc and sys as links out of the root are refused, and nothing outside is touched" {
	for dir in dev proc sys; do
		hostile_run "rm -rf $dir && ln -s '$D/outside' $dir"
		[ "$status" -eq 125 ]
		[ "$output" = "ct-run: /$dir of the image is not a directory" ]
	done
}

@test "etc as a link out of the root stays inside" {
	hostile_run "rm -rf etc && ln -s '$D/outside' etc"
	[ "$status" -eq 125 ]
	[ "$output" = 'ct-run: /etc: a link to what is not there' ]
	hostile_run "mkdir -p './$D' && mv etc './$D/outside' && ln -s '$D/outside' etc" --dns 192.0.2.1
	[ "$output" = $'ran\n0' ]
	[ "$(ct-run --dns 192.0.2.1 -u www-data "$evil" cat /etc/resolv.conf)" = 'nameserver 192.0.2.1' ]
}

@test "an /etc/passwd that is a FIFO, a directory, a gigabyte or a device does not matter" {
	for what in 'mkfifo etc/passwd etc/group' 'mkdir etc/passwd etc/group' 'truncate -s 1G etc/passwd etc/group' 'ln -s /proc/kmsg etc/passwd' \
		'mknod etc/passwd c 1 5' 'ln -s /proc/1/root/etc/passwd etc/passwd'; do
		hostile_run "rm etc/passwd etc/group; $what"
		[ "$output" = $'ran\n0' ]
		run -125 timeout -s KILL 20 ct-run -u www-data "$evil" true
		[ "$output" = "ct-run: user www-data: not in the container's /etc/passwd" ]
	done
}

@test "a resolv.conf, hosts or hostname that is a link is followed inside only" {
	echo outside >"$D/resolv"
	hostile_run "ln -s '$D/resolv' etc/resolv.conf; ln -s ../run/not/there etc/hosts; ln -s ../../../../../../$D/outside/x etc/hostname" --dns 192.0.2.1
	[ "$output" = $'ran\n0' ]
	hostile_run "ln -s '../../../../$D/resolv' etc/resolv.conf" --dns 192.0.2.1 --userns host
	[ "$output" = $'ran\n0' ]
	[ "$(cat "$D/resolv")" = outside ]
	[ "$(ct-run --dns 192.0.2.1 "$evil" cat /etc/resolv.conf)" = 'nameserver 192.0.2.1' ]
}

@test "a working directory or entry point in /proc leads nowhere outside" {
	for dir in /proc/self/fd/7 /proc/self/fd/3 /proc/1/root /proc/self/cwd /proc/self/root; do
		image_with "workdir=$dir"
		run timeout 20 ct-run "$with" sh -c 'ls -a ..; pwd' 7<"$D"
		[ "$status" -eq 125 ] || [[ $output == *bin*proc* ]]
		[[ $output != *"$CT_TEST_DIR"* ]]
	done
	run -127 timeout 20 ct-run "$img" /proc/self/exe
}

@test "a volume's target through a link stays inside" {
	mkdir "$D/vol"
	for up in '' ../../../..; do
		hostile_run "ln -s '$up$D/outside' link" -v "$D/vol:/link/sub"
		[ "$output" = 'ct-run: /link: a link to what is not there' ]
		hostile_run "mkdir -p './$D/outside'; ln -s '$up$D/outside' link" -v "$D/vol:/link/sub" --tmpfs /link/tmp
		[ "$output" = $'ran\n0' ]
	done
}

@test "an empty root is no obstacle to the stages, only to the command" {
	mkdir "$D/empty"
	empty=$(ct-init "$D/empty")
	run -127 ct-run "$empty"
	[ "$output" = 'ct-run: /bin/sh: not found in the container' ]
}

@test "where root inside is root outside, ct's own program is a sealed copy that nobody can write" {
	c=$(ct-run -d --init --userns host "$img" sleep 1000)
	pid=$(ct-ps --no-header -o pid "$c")
	[[ $(readlink "/proc/$pid/exe") == /memfd:*ct-run* ]]
	run ! dd if=/dev/null of="/proc/$pid/exe"
	ct-rm -f "$c"
	c=$(ct-run -d --init "$img" sleep 1000)
	pid=$(ct-ps --no-header -o pid "$c")
	[[ $(readlink "/proc/$pid/exe") != /memfd:* ]]
	ct-rm -f "$c"
}

# Whether some process's command line, which every user of the host may read, has this in it.
command_line() {
	local all	# searched by this shell: the command line of grep would have it
	all=$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n')
	[[ $'\n'$all$'\n' == *$'\n'"$1"$'\n'* ]]
}

@test "no user of the host reads a run's arguments in ps: the supervisor shows its name and the container's" {
	secret=PASSWORD=$RANDOM-$$
	c=$(ct-run -d -e "$secret" --name web "$img" sleep 1000)
	[ "$(ct-exec web env | grep PASSWORD)" = "$secret" ]
	short=$(ct-run -d "$img" sleep 1000)
	init=$(ct-run -d --init -e "$secret" "$img" sleep 1000)
	host=$(ct-run -d --userns host -e "$secret" "$img" sleep 1000)
	ct-kill "$c" && ct-wait "$c" || true
	ended "$c"
	ct-start "$c"
	for title in 'ct-start: web' "ct-run: $short" "ct-run: $init" "ct-run: $host"; do
		command_line "$title"
	done
	ct-run --name fore -e "$secret" "$img" sleep 1000 3>&- &
	ct-exec -e "$secret" web sleep 1001 3>&- &
	ct-run --rootfs "$busybox" --only 'pid,root,proc,exec,mnt' -e "$secret" sleep 1002 3>&- &
	bare=$!
	for title in 'ct-run: fore' 'ct-exec: web' "ct-run: $busybox" 1000 1001 1002; do
		wait_until command_line "$title"
	done
	run ! command_line "$secret"
	[ "$(tr '\0' '\n' <"/proc/$bare/environ" | grep CT_ROOT)" = "CT_ROOT=$CT_ROOT" ]
	kill -KILL "$bare"
	await "$bare"
	run ! setpriv --reuid 65534 --regid 65534 --clear-groups cat "/proc/$(sed -n 's/^supervisor=//p' "$CT_RUN/$init/state")/environ"
}
