load helper

# CONTAINER KEY: prints a value of a running container's state.
state() {
	sed -n "s/^$2=//p" "$CT_RUN/$1/state"
}

@test "an empty store lists nothing but the heading" {
	run -0 ct-ps
	[ ${#lines[@]} -eq 1 ]
	[ -z "$(ct-ps -q)$(ct-ps --json)$(ct-ps --no-header)" ]
	CT_ROOT=$D/none CT_RUN=$D/none.run run -0 ct-ps -q
	[ -z "$output" ]
	[ ! -e "$D/none" ]
}

@test "all containers are listed, newest first; with -r only running ones" {
	finished "$img" true
	a=$c
	b=$(ct-run -d "$img" sleep 1000)
	d=$(ct-run -d "$img" sleep 1000)
	[ "$(ct-ps -q)" = "$d"$'\n'"$b"$'\n'"$a" ]
	[ "$(ct-ps -q -r)" = "$d"$'\n'"$b" ]
	[ "$(ct-ps --no-header | cut -f1)" = "$(ct-ps -q)" ]
}

@test "the columns describe a container" {
	c=$(ct-run -d --name web -l tier=front busybox sleep 1000)
	[ "$(ct-ps --no-header -o id,name,image,status,command,labels)" = "$c"$'\tweb\tbusybox\trunning\tsleep 1000\ttier=front' ]
	pid=$(field pid web)
	[ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" = 'sleep 1000 ' ]
	[[ $(field started web) =~ ^20[0-9-]+T[0-9:.]+Z$ ]]
	run -0 ct-ps -o id
	[ "${lines[0],,}" = id ]
	[ "${lines[1]}" = "$c" ]
}

@test "the status tells how a container ended" {
	finished "$img" sh -c 'exit 3'
	[ "$(ct-ps --no-header -o status,exitcode,pid "$c")" = $'exited 3\t3\t' ]
	finished --init "$img" sh -c 'kill -TERM $$'
	[ "$(ct-ps --no-header -o status,exitcode "$c")" = $'killed 15\t143' ]
	finished --init "$img" sh -c 'kill -KILL $$'
	[ "$(ct-ps --no-header -o status,exitcode "$c")" = $'killed 9\t137' ]
	finished --init "$img" sh -c 'exit 137'
	[ "$(field status "$c")" = 'exited 137' ]
	c=$(ct-run -d "$img" sleep 1000)
	kill -9 "$(field pid "$c")"
	wait_until test ! -e "$CT_RUN/$c"
	[ "$(ct-ps --no-header -o status,exitcode "$c")" = $'killed 9\t137' ]
}

@test "a frozen container is listed as paused, and as running" {
	c=$(ct-run -d --name still "$img" sleep 1000)
	freeze "$c"
	[ "$(field status "$c")" = paused ]
	[ -n "$(field pid "$c")" ]
	[ "$(ct-ps -q -r)" = "$c" ]
	[ "$(ct-ps -q --filter status=paused)" = "$c" ]
	[ -z "$(ct-ps -q --filter status=running)" ]
	ct inspect "$c" | jq -e '.[0].State | .Status == "paused" and .Paused and .Running'
	run -125 --separate-stderr timeout 20 ct-exec still true
	[ "$stderr" = 'ct-exec: still: paused' ]
	ct prune
	[ "$(ct-ps -q)" = "$c" ]
	thaw "$c"
	[ "$(field status "$c")" = running ]
	ct inspect "$c" | jq -e '.[0].State | .Status == "running" and (.Paused | not)'
	ct-exec still true
}

@test "a frozen container whose supervisor was killed is dead, and its processes end" {
	c=$(ct-run -d --name left --network none "$img" sleep 1000)
	first=$(ct pid "$c")
	freeze "$c"
	pkill -KILL -f '^ct-run: left$'
	wait_until eval '! pgrep -f "^ct-run: left\$" >/dev/null'
	[ "$(field status "$c")" = dead ]
	[ ! -e "/proc/$first" ] || grep -q '^State:.*zombie' "/proc/$first/status"
	ct-rm "$c"
}

@test "a container whose supervisor was killed is dead, and one ct-rm -f removes it completely" {
	facts >"$D/before"
	c=$(ct-run -d --name lost --tmpfs /t "$img" sh -c 'sleep 1000 & exec sleep 1000')
	pid=$(field pid "$c")
	kill -9 "$(state "$c" supervisor)"
	wait_until test ! -e "/proc/$pid"
	[ "$(field status "$c")" = dead ]
	[ -z "$(ct-ps -q -r)" ]
	run -125 ct-exec "$c" true
	ct-rm -f "$c"
	same_facts "$D/before" <(facts)
	[ -z "$(ct-ps -q)" ]
}

@test "a supervisor killed at any moment leaves nothing that one ct-rm -f does not remove" {
	facts >"$D/before"
	for ms in 0 2 4 6 8 10 12 15 20 30; do
		rm -f "$D/cid"
		ct-run --cidfile "$D/cid" "$img" sleep 1000 >/dev/null 2>&1 3>&- &
		sleep "0.$(printf %03d $ms)"
		kill -9 $!
		wait $! || :
	done
	wait_until sh -c '[ -z "$(ct-ps -q -r)" ]'
	[[ $(ct-ps --no-header -o status | sort -u) =~ ^(dead)?$ ]]
	ct-ps -q | ct-rm -f -
	ct-store up
	wait_until same_facts "$D/before" <(facts) || { ct-run --rm "$img" true; same_facts "$D/before" <(facts); }
}

@test "a stopped supervisor does not block the listing" {
	c=$(ct-run -d --name stopped "$img" sleep 1000)
	supervisor=$(state "$c" supervisor)
	kill -STOP "$supervisor"
	run -0 timeout 20 ct-ps -q
	[ "$output" = "$c" ]
	[ "$(timeout 20 ct-run --rm "$img" echo other)" = other ]
	kill -9 "$(field pid "$c")"
	# Killed processes die a moment later.
	wait_until sh -c '[ "$(ct-ps --no-header -o status)" != running ]'
	run -0 timeout 20 ct-rm -f "$c"
	[ ! -e "/proc/$supervisor" ] || wait_until test ! -e "/proc/$supervisor"
	[ -z "$(ct-ps -q)" ]
}

@test "the exit record is read only for listings that show it" {
	finished --name x "$img" true
	# ARG...: whether this listing opens the container's `exit` (inotify(7)).
	looks() {
		python3 -I -S -c '
import ctypes, os, subprocess, sys
libc, IN_OPEN = ctypes.CDLL(None), 0x20
fd = libc.inotify_init1(os.O_NONBLOCK)
libc.inotify_add_watch(fd, sys.argv[1].encode(), IN_OPEN)
subprocess.run(["ct-ps"] + sys.argv[2:], check=True, stdout=subprocess.DEVNULL)
sys.exit(b"exit\0" not in os.read(fd, 1 << 16))' "$CT_ROOT/$c" "$@"
	}
	for how in -q '-o id,name' '-q -r' -r '-o image,labels --filter name=x'; do
		# shellcheck disable=SC2086 # words
		run -1 looks $how
	done
	for how in '' --json '-o status' '-o finished,id' '-o exitcode' '-q --filter status=exited' "-q --filter status=running"; do
		# shellcheck disable=SC2086 # words
		looks $how
	done
}

@test "names, labels, arguments and environment cannot break a listing" {
	c=$(ct-run -d -l $'evil=a\nps_99999\tx\033[2J' -e $'X=\033]0;\a' --entrypoint sleep "$img" $'1000') || :
	d=$(ct-run -d "$img" sh -c $'exec sleep 1000 # \n\033[31m\tx\r"\\\377')
	run -0 ct-ps --no-header -o id,labels,command
	[ ${#lines[@]} -eq 2 ]
	[[ $output != *$'\033'* ]]
	[ "$(ct-ps --no-header -o command "$d")" = 'sh -c exec sleep 1000 # \n\x1b[31m\tx\x0d"\\\xff' ] ||
		[[ $(ct-ps --no-header -o command "$d") == 'sh -c exec sleep 1000 # \n'* ]]
	[ "$(ct-ps --json "$c" | jq -r .labels)" = $'evil=a\nps_99999\tx\033[2J' ]
	[ "$(ct-ps --json "$d" | jq -r .command)" = $'sh -c exec sleep 1000 # \n\033[31m\tx\r"\\'$'\xef\xbf\xbd' ]
	[ "$(ct-ps --json | jq -r .id)" = "$(ct-ps -q)" ]
}

@test "JSON has a line for each container, with stable keys" {
	c=$(ct-run -d --name web "$img" sleep 1000)
	[ "$(ct-ps --json | wc -l)" -eq 1 ]
	[ "$(ct-ps --json | jq -r '[.id, .name, .status, .pid] | @tsv')" = "$c"$'\tweb\trunning\t'"$(field pid "$c")" ]
	[ "$(ct-ps --json | jq -r 'keys_unsorted | .[0:9] | join(" ")')" = 'id name image status oomkilled pid started ip ports' ]
}

@test "operands select containers, - reads them from stdin, unknown ones are reported" {
	finished --name one "$img" true
	a=$c
	finished "$img" true
	[ "$(ct-ps -q one)" = "$a" ]
	[ "$(printf '%s\n' one "$c" | ct-ps -q -)" = "$a"$'\n'"$c" ]
	[ -z "$(ct-ps -q - </dev/null)" ]
	run --separate-stderr -1 ct-ps -q nosuch "$c"
	[ "$output" = "$c" ]
	[ "$stderr" = 'ct-ps: nosuch: no such container' ]
}

@test "invalid options and operands give one line and the right status" {
	fails() {
		run --separate-stderr "-$1" ct-ps "${@:3}"
		[ "${#stderr_lines[@]}" -eq 1 ] && [[ $stderr == "ct-ps: $2"* ]] ||
			{ echo "$* said: $stderr"; return 1; }
	}
	fails 2 '--nosuch: ' --nosuch
	fails 1 "$img: " "$img"
	fails 1 '../x: ' ../x
	run --separate-stderr ct-ps -o nosuch
	[ "$status" -ne 0 ]
	[[ $stderr == *nosuch* ]]
	run -1 sh -c 'ct-ps 2>&1 >/dev/full'
	[[ $output == 'ct-ps: standard output: No space left on device' ]]
}

# FILE-OF-V1 FILE-OF-V2: the first line of one of them, of the control group of $c.
group_file() {
	local dir=$CT_CGROUP/$c
	cat "/sys/fs/cgroup/${1%%.*}$dir/$1" "/sys/fs/cgroup$dir/$2" 2>/dev/null | head -1
}

memory_is_counted() {
	[ "$(field memory "$c")" = "$(group_file memory.usage_in_bytes memory.current)" ]
}

@test "a running container's cgroup, processor time, memory and processes are columns" {
	c=$(ct-run -d -m 64m --name web "$img" sh -c 'sleep 1001 & sleep 1002 & wait')
	wait_until sh -c '[ "$(ct-ps --no-header -o processes web)" = 3 ]'
	grep -qx "$(field pid web)" "$(field cgroup web)/cgroup.procs"
	[ "$(wc -l <"$(field cgroup web)/cgroup.procs")" -eq 3 ]
	[ "$(field memorylimit web)" = $((64 << 20)) ]
	wait_until memory_is_counted
	[[ $(field cputime web) =~ ^[0-9]+\.[0-9]{3}$ ]]
	ct-ps --json | jq -e '.processes == 3 and .memorylimit == 67108864 and .cputime > 0 and .memory > 0'
	other=$(ct-run -d "$img" sleep 1000)
	[ "$(ct-ps --no-header -o memorylimit,processes "$other")" = $'\t1' ]
	finished "$img" true
	[ "$(ct-ps --no-header -o cgroup,cputime,memory,memorylimit,processes "$c")" = $'\t\t\t\t' ]
	ct-ps --json "$c" | jq -e '.cgroup == "" and .cputime == null and .processes == null'
}

@test "the stop signal of a container is a column, TERM unless it was set" {
	a=$(ct-run -d "$img" sleep 1000)
	b=$(ct-run -d --stop-signal USR1 "$img" sleep 1000)
	[ "$(ct-ps --no-header -o stopsignal "$a" "$b")" = $'TERM\nUSR1' ]
}
