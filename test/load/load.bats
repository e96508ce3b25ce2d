# shellcheck disable=SC2034,SC2154 # helper.bash sets and reads these
# Many containers at once, alive and in a row, and random kills under load. `make check-load` does it at length.
# Each test ends with one ct-rm -f of everything, after which nothing may be left that was not there before.
# Numbers: LOAD_AT_ONCE, LOAD_ALIVE, LOAD_ROW, LOAD_SECONDS (of kills), LOAD_WORKERS; LOAD_SEED repeats the choices
# of a run with kills.
load ../cmd/helper

setup() {
	busybox_setup
	export D
	# What stays for good is made once: rules of the network, spares, a block of ids.
	ct-run --rm "$img" true
	ct-rm -f none
	all_facts >"$D/before"
}

# What a run could leave on the machine, and what the store contains, except spares.
all_facts() {
	flock "$CT_RUN" true	# those that make spares share this lock
	facts
	find "$CT_ROOT" -mindepth 1 -maxdepth 2 ! -path '*/spare' -printf 'store %P\n' |
		grep -vE '^store (counters|names)' | LC_ALL=C sort
	find "$CT_ROOT/names" -type l -printf 'name %P %l\n' | LC_ALL=C sort
	btrfs subvolume list -o "$CT_ROOT" | grep -v /spare/ | sed 's/.* path /subvolume /' | LC_ALL=C sort
}

# One ct-rm -f of all containers and of all images but that of the tests leaves nothing.
nothing_left_after_rm() {
	{ ct-ps -q; ct-images -q | grep -vx "$img" || :; } | ct-rm -f -
	[ -z "$(ct-ps -q)" ]
	all_facts >"$D/after"
	same_facts "$D/before" "$D/after"
}

# NUMBER AT-ONCE COMMAND...: runs the command NUMBER times, some at once; {} is a different number each time.
many() {
	local number=$1 at_once=$2
	shift 2
	seq "$number" | xargs -P "$at_once" -I '{}' "$@" 3>&-
}

@test "containers that are started all at once all run" {
	number=${LOAD_AT_ONCE:-20}
	many "$number" "$number" ct-run -d --name 'c{}' "$img" sleep 1000 >"$D/ids"
	[ "$(sort -u "$D/ids" | wc -l)" -eq "$number" ]
	[ "$(ct-ps -r -q | wc -l)" -eq "$number" ]
	[ "$(ct-ps --no-header -o ip | grep . | sort -u | wc -l)" -eq "$number" ]
	many "$number" "$number" ct-exec 'c{}' true
	nothing_left_after_rm
}

@test "many containers live side by side, each with its own name, ids and files" {
	number=${LOAD_ALIVE:-40}
	many "$number" 16 ct-run -d --network none --name 'c{}' "$img" sh -c 'echo {} >/mine; exec sleep 1000' >"$D/ids"
	[ "$(ct-ps -r -q | wc -l)" -eq "$number" ]
	[ "$(ct-ps -r --no-header -o pid | sed 's,.*,cat /proc/&/uid_map,' | sh | sort -u | wc -l)" -eq "$number" ]
	for n in 1 $((number / 2)) "$number"; do
		wait_until test -s "$(ct path "c$n")/mine"
		[ "$(ct-exec "c$n" cat /mine)" = "$n" ]
	done
	ct-kill "c$number"
	ct-wait "c$number"
	[ "$(field status "c$number")" = 'killed 9' ]
	[ "$(ct-ps -r -q | wc -l)" -eq $((number - 1)) ]
	nothing_left_after_rm
}

@test "containers in a row have the status of their command and leave nothing" {
	number=${LOAD_ROW:-40}
	for ((n = 0; n < number; n++)); do
		status=0
		ct-run --rm --network none "$img" sh -c "exit $((n % 100))" || status=$?
		[ "$status" -eq $((n % 100)) ]
	done
	nothing_left_after_rm
}

@test "random kills of supervisors, first processes and commands lead to possible states only, and leave nothing" {
	seed=${LOAD_SEED:-$RANDOM}
	left=${LOAD_SECONDS:-15}
	round=0
	while ((left > 0)); do
		seconds=$((left < 15 ? left : 15))
		# The seed is shown if the test fails; the numbers always.
		echo "LOAD_SEED=$seed, round $round"
		/usr/bin/python3 -I -S "$BATS_TEST_DIRNAME/kills.py" "$img" "$seconds" "$seed.$round" "${LOAD_WORKERS:-6}" \
			>"$D/said" 3>&- || { cat "$D/said"; false; }
		sed "s/^#/# round $round,/" "$D/said" >&3
		nothing_left_after_rm
		left=$((left - seconds))
		round=$((round + 1))
	done
}
