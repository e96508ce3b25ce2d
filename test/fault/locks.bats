# shellcheck disable=SC2016,SC2154,SC2317 # helper.bash sets and calls these
# Commands that change the store, the networks or a container wait while another process holds the lock, change
# nothing until then, and succeed after it.
load ../cmd/helper

setup() {
	busybox_setup
	ct-run -d --name x --network none "$img" sleep 1000 3>&-
}

teardown() {
	remove_containers
	ct-rm -f made vol sent
}

# What the locks protect: objects with their names, networks with their members.
protected() {
	find "$CT_ROOT" -mindepth 1 -maxdepth 1 ! -name counters ! -name tmp -printf '%f\n' | sort
	find "$CT_ROOT/names" -printf '%P %l\n' | sort
	find "$CT_RUN/net" "$CT_ROOT/networks" -type l,f -printf '%p %l\n' 2>/dev/null | sort
	cat "$CT_ROOT"/ps_*/config
}

# DIRECTORY: some process waits for its lock.
is_awaited() {
	grep -q -- "-> FLOCK .*:$(stat -c %i "$1") " /proc/locks
}

# DIRECTORY COMMAND...
waits() {
	local dir=$1 other
	shift
	flock -F "$dir" sleep 1000 3>&- &
	other=$!
	wait_until grep "FLOCK .* $other " /proc/locks
	protected >"$D/before"
	"$@" >"$D/said" 2>&1 </dev/null 3>&- &
	wait_until is_awaited "$dir" || { cat "$D/said"; echo "does not wait: $*"; kill "$other"; return 1; }
	protected | diff "$D/before" - || { echo "does not wait: $*"; kill "$other"; return 1; }
	kill "$other"
	await $!
	[ "$status" -eq 0 ] || { cat "$D/said"; return 1; }
	! protected | diff -q "$D/before" - >/dev/null || { echo "changes nothing: $*"; return 1; }
}

@test "commands that name, make or remove an image wait for the lock of the store" {
	waits "$CT_ROOT" ct-init -n made "$busybox"
	waits "$CT_ROOT" ct-rm made
	waits "$CT_ROOT" ct-tag busybox made
	ct-rm made
	waits "$CT_ROOT" ct-commit x made
	ct-rm made
	printf 'FROM busybox\nRUN touch /made\n' >"$D/Dockerfile"
	ct-build -q -t made "$D"	# makes the steps, which need no lock
	ct-rm made
	waits "$CT_ROOT" ct-build -q -t made "$D"
	ct-save -o "$D/archive" made
	ct-rm -f made
	waits "$CT_ROOT" sh -c 'exec ct-init -n made - <"$1"' sh "$D/archive"
}

@test "commands that name, make or remove a container or a volume wait for the lock of the store" {
	waits "$CT_ROOT" ct-run -d --name y --network none "$img" sleep 1000
	waits "$CT_ROOT" ct-rename y z
	waits "$CT_ROOT" ct-update -m 64m z
	waits "$CT_ROOT" ct-rm -f z
	ct-send x >"$D/stream"
	waits "$CT_ROOT" sh -c 'exec ct-receive -n sent <"$1"' sh "$D/stream"
	waits "$CT_ROOT" ct-create --name y --network none "$img"
	waits "$CT_ROOT" ct-volumes create vol
	waits "$CT_ROOT" ct-rm vol
}

@test "commands that change networks or their members wait for the lock of the networks" {
	ct-net up
	waits "$CT_RUN/net" ct-net create more
	waits "$CT_RUN/net" ct-run -d --name y "$img" sleep 1000
	waits "$CT_RUN/net" ct-net connect --network more y
	waits "$CT_RUN/net" ct-net disconnect --network more y
	waits "$CT_RUN/net" ct-rm -f y
	waits "$CT_RUN/net" ct-net rm more
}

ran() {
	[ "$(wc -l <"$(ct path y)/runs")" -eq "$1" ]
} 2>/dev/null

@test "many starts of one container at once run its program once" {
	ct-create --name y --network none "$img" sh -c 'echo run >>/runs; exec sleep 1000'
	for n in 1 2 3 4 5; do
		started=$(for _ in 1 2 3 4 5 6; do (ct-start y 2>/dev/null && echo yes) 3>&- & done | grep -c yes)
		[ "$started" -ge 1 ]
		[ "$(field status y)" = running ]
		wait_until ran "$n"
		ct-kill y
		ct-wait y
		ran "$n"
	done
}

@test "a removal waits for a start that has not recorded its processes yet" {
	c=$(ct-create --name y --network none "$img" sleep 1000)
	mkdir "$CT_RUN/$c"
	flock -F "$CT_RUN/$c" sleep 1000 3>&- &
	other=$!
	wait_until grep "FLOCK .* $other " /proc/locks
	for force in '' -f; do
		# shellcheck disable=SC2086 # a word or none
		run -124 timeout 2 ct-rm $force y
		[ "$(field status y)" = created ]
		[ -d "$CT_RUN/$c" ]
	done
	kill "$other"
	ct-rm -f y
	[ ! -e "$CT_RUN/$c" ]
}

@test "ids that are asked for at once are all different" {
	seq 24 | xargs -P 24 -I '{}' ct-volumes create 'v{}' >"$D/ids"
	[ "$(sort -u "$D/ids" | wc -l)" -eq 24 ]
	ct-volumes -q | ct-rm -f -
	waits "$CT_ROOT/counters" ct-create --name y --network none "$img"
}
