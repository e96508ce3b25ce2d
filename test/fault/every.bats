# shellcheck disable=SC2034,SC2154,SC2317 # helper.bash and fault.bash set, read and call these
# Every utility that changes something: killed at each system call that changes something or waits, in each of
# its processes, and with one call after the other failing. Whatever happens, the utility ends and does not
# crash, and one `ct-rm -f` leaves what was there before. `make check-fault` tries every call; otherwise these
# are samples.
load ../cmd/helper
load ../cmd/registry
load fault

setup_file() { sandbox_up; registry_up plain; }
teardown_file() { registry_down; sandbox_down; }

# A sample has one error of each kind; ENOSPC, ENOMEM and ENFILE take the same ways.
if [ -z "${FAULT_SAMPLES:-}" ]; then
	FAULT_SAMPLES=2 changing=EIO opening=EMFILE
else
	changing='EIO ENOSPC ENOMEM' opening='EMFILE ENFILE'
fi

setup() {
	busybox_setup
	mkdir "$D/dir"
	echo text >"$D/dir/file"
	ln "$D/dir/file" "$D/dir/same"
	ln -s file "$D/dir/link"
	printf 'FROM busybox\nRUN touch /made\nCOPY file /file\n' >"$D/dir/Dockerfile"
	prepare=: finish=:
	registry_at plain
}

# No run is dying: each one's locks are free, or its supervisor lives.
settled() {
	local dir supervisor
	! no_run_dies || return 0
	for dir in "$CT_ROOT"/tmp/*; do
		[ ! -d "$dir" ] || unlocked "$dir" || return 1
	done
	for dir in "$CT_RUN"/ps_*; do
		unlocked "$dir" && continue
		read -r supervisor _ <"$dir/etc" && grep -qs '^State:.[RSD]' "/proc/$supervisor/status" || return 1
	done
}

# Removes everything that a command may have left, with one ct-rm.
clean() {
	wait_until settled
	flock "$CT_RUN" true	# makers of spares share this lock; the next run must be able to make one
	ct-rm -f x z made vol "$registry/pushed"
	! ct-net ls -q | grep -qx y || ct-net rm y
	[ -z "${failing:-}" ] || end_as_next
	rm -f "$D/out"
}

# Does what the next container would do about the two things that may stay if their removal fails: the claim of
# a dead container, which holds nothing (lib/kernel/slot.h), and an empty parent group.
end_as_next() {
	find "$CT_RUN" -type l -lname 'ps_*' -printf '%p %l\n' | while read -r claim holder; do
		[ -e "$CT_RUN/$holder" ] || rm -f "$claim"
	done
	if [ -e "/sys/fs/cgroup$CT_CGROUP" ] || compgen -G "/sys/fs/cgroup/*$CT_CGROUP" >/dev/null; then
		ct-run --rm --network none "$img" true 3>&-
	fi
}

# The check of kill_at_calls and fail_at_calls.
undone() {
	[ "$status" -lt 129 ] || [ "$status" = 137 ]	# 134, 139: it crashed
	clean
	$finish
	ct-rm -f none	# sweeps
	as_before
	$prepare
}

# every PROCESSES COMMAND...: PROCESSES are those that are killed, as killat counts them.
every() {
	local processes=$1 process error failing=
	shift
	# What stays for good (networks, caches) is made once, before the comparison.
	$prepare
	"$@" >/dev/null 2>&1 3>&- </dev/null || :
	clean
	facts >"$D/before"
	$prepare
	for process in $processes; do
		kill_at_calls "$process" undone "$@"
	done
	failing=yes
	for error in $changing; do
		fail_at_calls -k change -e "$error" -- undone "$@"
	done
	for error in $opening; do
		fail_at_calls -k descriptor -e "$error" -- undone "$@"
	done
	clean
}

# An image of few files, for commands that make the same calls for each file.
small_image() {
	ct-init -n small "$D/dir" >/dev/null
}

running() {
	ct-run -d --network none --name x "$img" sleep 1000 3>&-
}

ended() {
	ct-run --network none --name x "$img" touch /made 3>&-
}

@test "every call of ct-run -d with a network, a port and a volume" {
	every '0 1 2 3' ct-run -d --name x -p 127.0.0.1:8199:80 -v vol:/v "$img" sleep 1000
}

@test "every call of ct-run --rm in the foreground, with limits and a tmpfs" {
	every '0 1 2' ct-run --rm --name x -m 64m --tmpfs /t --read-only "$img" true
}

@test "every call of ct-start" {
	prepare=ended
	every '0 1' ct-start x
}

@test "every call of ct-exec" {
	prepare=running
	every '0 1' ct-exec x true
}

@test "every call of ct-create and of ct-attach" {
	every 0 ct-create --name x "$img" true
	ending() { ct-run -d --network none --name x "$img" sleep 1 3>&-; }	# attach ends with it
	prepare=ending
	every 0 ct-attach x
}

@test "every call of ct-restart's shell" {
	prepare=running
	every 0 ct restart -t 0 x
}

@test "every call of ct-kill, ct-pause, ct-unpause, ct-update and ct-rename" {
	prepare=running
	every 0 ct-kill x
	every 0 ct-pause x
	every 0 ct-update -m 64m x
	every 0 ct-rename x z
	paused() { running && ct-pause x; }
	prepare=paused
	every 0 ct-unpause x
}

@test "every call of ct-commit" {
	prepare=running
	every 0 ct-commit x made
}

@test "every call of ct-cp, in and out" {
	prepare=running
	every 0 ct-cp "$D/dir" x:/tmp
	every 0 ct-cp x:/etc/passwd "$D/out"
}

@test "every call of ct-init, of a directory and of an archive" {
	every 0 ct-init -n made "$D/dir"
	small_image
	ct-save -o "$D/archive" small
	every 0 bash -c "exec ct-init -n made - <'$D/archive'"
}

@test "every call of ct-build" {
	every '0 1 2' ct-build --no-cache -t made "$D/dir"
}

@test "every call of ct-tag and ct-save" {
	small_image
	every 0 ct-tag small made
	every 0 ct-save -o "$D/out" small
}

@test "every call of ct-send and ct-receive" {
	small_image
	created() { ct-create --name x small /file >/dev/null; }
	prepare=created
	every 0 bash -c "exec ct-send x >'$D/out'"
	created
	ct-send x >"$D/stream"
	ct-rm -f x
	prepare=:
	every 0 bash -c "exec ct-receive -n z <'$D/stream'"
}

@test "every call of ct-push and ct-pull" {
	small_image
	every 0 ct-push small "$registry/pushed"
	pulled() { ct-rm -f "$registry/pushed"; }
	prepare=pulled
	every 0 ct-pull "$registry/pushed"
	pulled
}

@test "every call of ct-diff" {
	prepare=ended
	every 0 ct-diff x
}

@test "every call of ct-reset" {
	prepare=ended
	every 0 ct-reset x
}

@test "every call of ct-rm" {
	prepare=running
	every 0 ct-rm -f x
}

@test "every call of ct-volumes create, snapshot, export, import and rm" {
	every 0 ct-volumes create vol
	volume() { ct-volumes create vol && touch "$(ct path vol)/file"; }
	prepare=volume
	every 0 ct-volumes snapshot vol made
	every 0 ct-volumes create --from vol made
	every 0 bash -c "exec ct-volumes export vol >'$D/out'"
	every 0 ct-rm vol
	volume
	ct-volumes export vol >"$D/tar"
	ct-rm vol
	prepare=:
	every 0 bash -c "exec ct-volumes import vol <'$D/tar'"
}

@test "every call of ct-net create, connect, disconnect, publish, unpublish, rm and up" {
	every 0 ct-net create y
	finish='ct-net up'	# replaces the half of a record that a killed one has written (lib/base/fd.h)
	every 0 ct-net up
	finish=:
	attached() { ct-run -d --name x "$img" sleep 1000 3>&-; }
	prepare=attached
	every 0 ct-net publish x 127.0.0.1:8199:80
	unattached() { ct-net create y >/dev/null && attached; }
	prepare=unattached
	every 0 ct-net connect --network y x
	connected() { unattached && ct-net connect --network y x; }
	prepare=connected
	every 0 ct-net disconnect --network y x
	published() { ct-run -d --name x -p 127.0.0.1:8199:80 "$img" sleep 1000 3>&-; }
	prepare=published
	every 0 ct-net unpublish x 8199
	with_network() { ct-net create y; }
	prepare=with_network
	every 0 ct-net rm y
}
