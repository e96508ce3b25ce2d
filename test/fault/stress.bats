# Concurrent commands on different objects do not make one another fail.
# CT_STRESS: how many rounds each worker does (10).
load ../cmd/helper

setup() {
	busybox_setup
	rounds=${CT_STRESS:-10}
}

# COMMAND...: runs it and records a failure with its output.
must() {
	local status=0 out=$D/out.$BASHPID
	"$@" >"$out" 2>&1 </dev/null || status=$?
	[ $status = 0 ] || echo "$*: status $status: $(cat "$out")" >>"$D/failures"
}

# FUNCTION...: runs it in the background, round after round.
worker() {
	for ((i = 0; i < rounds; i++)); do "$@"; done 3>&- &
	workers+=($!)
}

# FUNCTION...: the same for as long as the workers work.
beside() {
	while [ ! -e "$D/stop" ]; do "$@" >>"$D/beside" 2>&1 || :; done 3>&- &
	besides+=($!)
}

finish() {
	wait "${workers[@]}"
	: >"$D/stop"
	wait "${besides[@]}"
	[ ! -s "$D/failures" ] || { cat "$D/failures" >&2; false; }
}

# shellcheck disable=SC2154 # busybox_image sets $img
run_one() { must ct-run --rm "$@" "$img" true; }

run_in_background() {
	must ct-run -d --name "$1" "$img" sleep 1000
	must ct-exec "$1" true
	must ct-rm -f "$1"
}

start_again() {
	must ct-start "$1"
	must ct-wait "$1"
}

commit_one() {
	must ct-commit "$1" "$2"
	must ct-rm "$2"
}

remove_nothing() { ct-rm nothing; }

@test "concurrent removals of an unknown name make no run fail" {
	rounds=$((rounds * 15))
	beside remove_nothing
	beside remove_nothing
	worker run_one --network none
	worker run_one --network none
	worker run_one --network none
	finish
}

@test "concurrent starts, runs, execs, removals, listings and commits do not make one another fail" {
	ct-run --name again --network none "$img" true
	ct-run -d --name source "$img" sleep 1000
	facts >"$D/before"
	beside remove_nothing
	worker run_one
	worker run_one --network none
	worker run_in_background one
	worker run_in_background two
	worker start_again again
	worker commit_one source made
	worker must ct-ps
	worker must ct-ps -r
	worker must ct-ps --json
	worker must ct-images
	worker must ct-rm -f nothing
	finish
	same_facts "$D/before" <(facts)
}
