# Commands that manage a container: restart, pause, port, rename, update; and --stop-timeout and --replace.
load helper

# looping ARGUMENT...: $c, a container that loops, and ends with status 3 at SIGTERM.
looping() {
	c=$(ct-run -d "$@" "$img" sh -c 'trap "echo >/terminated; exit 3" TERM; echo ready; while :; do sleep 0.02; done')
	wait_until grep -q ready "$CT_ROOT/$c/log"
}

@test "restart stops a running container with its signal and starts it again on its snapshot" {
	looping --name web
	before=$(ct pid web)
	ct-exec web touch /kept
	[ "$(ct restart web)" = "$c" ]
	[ "$(ct pid web)" -ne "$before" ]
	ct-exec web test -e /kept
	ct-exec web test -e /terminated
	wait_until sh -c '[ "$(ct-logs web | grep -c ready)" = 2 ]'
	ct stop web
	[ "$(ct restart -t 3 web)" = "$c" ]
	[ "$(field status web)" = running ]
	run -1 ct restart web nosuch
	[ "${lines[0]}" = 'ct: restart: nosuch: no such container' ]
	[ "${lines[1]}" = "$c" ]
	run -2 ct restart
	[ "$output" = 'ct: usage: ct restart [-t SECONDS] CONTAINER...' ]
}

@test "restart refuses a container that was made with --rm" {
	looping --rm --name web
	run -1 ct restart web
	[ "$output" = "ct: restart: $c: made with --rm, so it is removed when it stops" ]
	[ "$(field status web)" = running ]
}

@test "a container made with --rm that was never started is removed when it ends" {
	c=$(ct-run --only snapshot --rm "$img" true)
	ct-start -a "$c"
	run -1 ct-ps -q "$c"
}

@test "--stop-timeout is kept, and 0 kills at once" {
	c=$(ct-run -d --stop-timeout 0 --stop-signal USR1 "$img" sh -c 'trap "" USR1; while :; do sleep 1; done')
	[ "$(field stoptimeout "$c")" = 0 ]
	ct stop "$c"
	[ "$(field status "$c")" = 'killed 9' ]
	run -125 ct-run --stop-timeout soon "$img" true
	[[ $output == *'--stop-timeout: soon: '* ]]
	c=$(ct-run -d "$img" sleep 1000)
	[ "$(field stoptimeout "$c")" = 10 ]
}

# Writes to $D/waited how long ct-stop would wait for the container's end, and waits that long.
note_timeouts() {
	mkdir "$D/bin"
	printf '#!/bin/sh\n[ "$1" = --help ] || echo "$2" >>"%s"\nexec %s "$@"\n' "$D/waited" "$(command -v timeout)" >"$D/bin/timeout"
	chmod 755 "$D/bin/timeout"
	PATH=$D/bin:$PATH
}

@test "stop -t overrides --stop-timeout, which overrides 10 seconds" {
	note_timeouts
	looping --name short --stop-timeout 42
	ct stop short
	[ "$(cat "$D/waited")" = 42 ]
	ct-start short
	wait_until sh -c '[ "$(ct-logs short | grep -c ready)" = 2 ]'
	ct stop -t 43 short
	[ "$(tail -n 1 "$D/waited")" = 43 ]
	looping --name usual
	ct restart usual
	[ "$(tail -n 1 "$D/waited")" = 10 ]
	[ "$(wc -l <"$D/waited")" = 3 ]	# nothing was killed
}

@test "pause freezes a container until unpause; a second pause or unpause is refused" {
	looping --name web
	ct-pause web
	[ "$(field status web)" = paused ]
	[ "$(ct-ps -q --filter status=paused)" = "$c" ]
	run -1 ct-pause web
	[ "$output" = 'ct-pause: web: already paused' ]
	ct-commit web >"$D/image"	# takes its snapshot, and leaves it paused
	[ "$(field status web)" = paused ]
	[ ! -e "$CT_RUN/$c/pause" ]
	ct-ps -q | ct-unpause -
	[ "$(field status web)" = running ]
	run -1 ct-unpause web
	[ "$output" = 'ct-unpause: web: not paused' ]
	ct-pause web
	ct-kill web
	[ "$(ct-wait web)" = 137 ]
	run -1 ct-pause web
	[ "$output" = 'ct-pause: web: not running' ]
	ct-rm web
	ct-rm -f "$(cat "$D/image")"
}

@test "port shows where the ports of a container are published" {
	c=$(ct-run -d --name web -p 127.0.0.1::80 -p 127.0.0.1::53/udp "$img" sleep 1000)
	tcp=$(field ports web | grep -o '127.0.0.1:[0-9]*->80/tcp')
	[ "$(ct port web 80)" = "${tcp%->*}" ]
	[ "$(ct port web 80/tcp)" = "${tcp%->*}" ]
	[ "$(ct port web | grep -c '^\(80/tcp\|53/udp\) -> 127.0.0.1:[0-9]*$')" -eq 2 ]
	run -1 ct port web 81
	[ "$output" = 'ct: port: web: 81/tcp: not published' ]
	run -2 ct port web all
	ct-run -d --name bare "$img" sleep 1000
	run -0 ct port bare
	[ -z "$output" ]
	ct-kill bare
	ct-wait bare
	run -1 ct port bare
	[ "$output" = 'ct: port: bare: not running' ]
}

# knows CONTAINER NAME: whether the container's hosts file has the name.
knows() {
	ct-exec "$1" grep -qw "$2" /etc/hosts
}

@test "a renamed container has its new name in the store and in all hosts files" {
	looping --name web
	ct-run -d --name other "$img" sleep 1000
	knows other web
	ct-rename web front
	[ "$(ct id front)" = "$c" ]
	[ "$(field name "$c")" = front ]
	run -1 ct-ps -q web
	knows other front
	run -1 ct-exec other grep -w web /etc/hosts
	knows front front
	third=$(ct-run -d "$img" sleep 1000)
	knows "$third" front
	run -1 ct-exec "$third" grep -w web /etc/hosts
	ct restart front
	knows other front
	[ "$(ct-exec other grep -cw front /etc/hosts)" = 1 ]
	ct-rename "$third" web	# the name is free again
	knows front web
}

@test "rename refuses a taken or invalid name, and a container whose network another one uses" {
	ct-run -d --name web "$img" sleep 1000
	ct-run --only snapshot --name other "$img"
	run -1 ct-rename web other
	[[ $output == 'ct-rename: web: other: the name is taken by ps_'* ]]
	run -1 ct-rename web ps_1
	[[ $output == 'ct-rename: ps_1: not a name for a container'* ]]
	ct-rename web web
	joined=$(ct-run -d --network container:web "$img" sleep 1000)
	run -1 ct-rename web front
	[ "$output" = "ct-rename: web: $joined names its network (--network container:web)" ]
	[ "$(field name web)" = web ]
}

# start_60 CONTAINER: starts 60 processes, if the container may have so many.
start_60() {
	ct-exec "$1" sh -c 'for i in $(seq 60); do sleep 1000 >/dev/null 2>&1 & done'
}

has_new_limits() {
	[ "$(field memorylimit web)" = $((96 << 20)) ]
	start_60 web
	[[ "$(cgget -n -v -r cpu.cfs_quota_us "${CT_CGROUP#/}/$c" 2>/dev/null)" == 50000 ||
		"$(cgget -n -v -r cpu.max "${CT_CGROUP#/}/$c" 2>/dev/null)" == '50000 100000' ]]
}

@test "update changes the limits of a running container, and of its next start" {
	looping --name web -m 64m --pids-limit 50
	ct-update -m 128m web
	[ "$(field memorylimit web)" = $((128 << 20)) ]
	run ! start_60 web
	ct-update --memory 96m --memory-swap 100m --pids-limit -1 --cpus 0.5 web
	has_new_limits
	ct restart web
	has_new_limits
	[ "$(ct-inspect -f .HostConfig.NanoCpus web)" = 500000000 ]
}

@test "update limits the memory of a container that runs without a limit" {
	looping --name web
	ct-update -m 128m web
	[ "$(field memorylimit web)" = $((128 << 20)) ]
}

@test "update removes a limit of memory, with that of swap, of a running container and of its next start" {
	looping --name none
	without=$(field memorylimit none)
	looping --name web -m 64m --memory-swap 80m
	ct-update -m 0 --pids-limit 20 web
	run ! start_60 web
	[ "$(field memorylimit web)" = "$without" ]
	run -1 ct-update --memory-swap 100m web
	[[ $output == *': needs --memory' ]]
	ct restart web
	[ "$(field memorylimit web)" = "$without" ]
}

@test "update refuses an impossible limit and changes nothing" {
	looping --name web -m 64m --memory-swap 80m
	run -1 ct-update -m 100m web
	[[ $output == 'ct-update: web: --memory 104857600: more than memory plus swap: needs --memory-swap, too' ]]
	[ "$(field memorylimit web)" = $((64 << 20)) ]
	run -1 ct-update -m 70m --pids-limit 20 --cpuset-cpus 4095 web
	[[ $output == 'ct-update: web: --cpuset-cpus 4095: not available'* ]]
	[ "$(field memorylimit web)" = $((64 << 20)) ]
	start_60 web
	run -2 ct-update web
	[[ $output == 'ct-update: no limit to change'* ]]
	run -1 ct-update -m 1g nosuch
	[ "$output" = 'ct-update: nosuch: no such container' ]
}

@test "run --replace removes the container that has the name, even if it runs" {
	looping --name web
	new=$(ct-run -d --replace --name web "$img" sleep 1000)
	[ "$(ct id web)" = "$new" ]
	run -1 ct-ps -q "$c"
	run -125 ct-run --replace "$img" true
	[ "$output" = 'ct-run: --replace: needs --name' ]
	run -125 ct-run --replace --name web nosuch-image true
	[ "$(field status web)" = running ]
}
