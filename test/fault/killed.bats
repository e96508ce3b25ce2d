# shellcheck disable=SC2034,SC2154,SC2317 # helper.bash and fault.bash set, read and call these
# Kills commands at one system call after the other: the next command removes the leftovers.
load ../cmd/helper
load fault

# CONTAINER: yes or no, as the kernel has it.
frozen() {
	local group
	group=$CT_CGROUP/$(ct-ps -q "$1")
	if grep -qsx FROZEN "/sys/fs/cgroup/freezer$group/freezer.state" ||
		grep -qsx 'frozen 1' "/sys/fs/cgroup$group/cgroup.events"; then
		echo yes
	else
		echo no
	fi
}

@test "ct-exec -d whose command is killed before it is executed fails" {
	ct-run -d --name x "$img" sleep 1000
	file=$(ct path x)/executed
	executed_if_success() {
		[ "$status" != 0 ] || wait_until test -e "$file"
		rm -f "$file"
	}
	kill_at_calls 2 executed_if_success ct-exec -d x touch /executed
	[ "$(ct-ps --no-header -o status x)" = running ]
}

@test "ct-run -d whose command is killed before it is executed fails" {
	executed_if_success() {
		[ "$status" != 0 ] || ct-wait x
		[ "$status" != 0 ] || [ -e "$(ct path x)/executed" ]
		ct-rm -f x
	}
	kill_at_calls 2 executed_if_success ct-run -d --network none --name x "$img" touch /executed
}

# After a fault in ct-commit: the container x goes on, and only whole images are listed.
goes_on() {
	[ "$(ct-ps --no-header -o status x)" = running ]
	timeout 20 ct-exec x true
	for id in $(ct-images -q); do
		[ -e "$(ct path "$id")/bin" ]
	done
	ct-images -q | grep -vx "$img" | ct-rm -
	as_before
}

@test "ct-commit killed at any call leaves a container that goes on" {
	ct-run -d --name x "$img" sleep 1000
	ct-commit x | ct-rm -
	facts >"$D/before"
	kill_at_calls 0 goes_on ct-commit x
}

@test "a container that ct-commit could not thaw is thawed by the next command" {
	ct-run -d --name x "$img" sleep 1000
	# Any command that looks at the container will do.
	for command in ct-ps 'ct-exec x true' 'ct-wait x' 'ct-kill -s CONT x' 'ct-commit x'; do
		# The second write to a file of the group thaws it.
		run "$B/fault/failat" -c write -f "$CT_CGROUP" -e EIO -n 2 ct-commit x
		[ "$status" -eq 1 ]
		[[ $output == *x:*thaw* ]]
		[ "$(frozen x)" = yes ]
		# shellcheck disable=SC2086 # words
		timeout 2 $command >/dev/null 2>&1 || :
		[ "$(frozen x)" = no ]
	done
}

@test "after a failed cgroup call ct-commit reports it or succeeds, and the container goes on" {
	ct-run -d --name x "$img" sleep 1000
	ct-commit x | ct-rm -
	facts >"$D/before"
	failed_or_whole() {
		[ "$status" != 0 ] || grep -qE '^img_[0-9]+$' "$BATS_TEST_TMPDIR/said"
		goes_on
	}
	for call in openat read pread64 write; do
		fail_at_calls -c $call -e EIO -- failed_or_whole ct-commit x
	done
	fail_at_calls -c pread64 -f "$CT_CGROUP" -e EIO -- failed_or_whole ct-commit x
}

# One ct-rm -f removes everything that a killed command left of x.
rm_leaves_nothing() {
	wait_until no_runner
	wait_until no_run_dies
	ct-rm -f x
	as_before
}

# The processes of a container whose supervisor was killed die a moment later.
no_runner() {
	[ -z "$(ct-ps -q -r --filter name=^x$)" ]
}

# Without spares the child 1 of a run makes the snapshot, 2 is the first process, 3 makes a spare; with spares 1
# is the first process.
without_spares() {
	rm_leaves_nothing
	flock "$CT_RUN" true	# makers share this lock
	rm -rf --one-file-system "$CT_ROOT/$img/spare" 2>/dev/null || btrfs -q subvolume delete "$CT_ROOT/$img"/spare/*/rootfs
	rm -rf "$CT_ROOT/$img/spare"
}

@test "ct-run killed at any call leaves nothing that one ct-rm -f does not remove" {
	ct-run --rm "$img" true
	facts >"$D/before"
	kill_at_calls 0 without_spares ct-run --name x "$img" true
}

@test "ct-run whose first process is killed at any call leaves nothing that one ct-rm -f does not remove" {
	ct-run --rm "$img" true
	facts >"$D/before"
	kill_at_calls 2 without_spares ct-run --name x "$img" true
}

@test "ct-run whose child that makes the snapshot is killed at any call leaves nothing that one ct-rm -f does not remove" {
	ct-run --rm "$img" true
	facts >"$D/before"
	kill_at_calls 1 without_spares ct-run --name x "$img" true
}

@test "ct-run with spares, killed at any call, leaves nothing that one ct-rm -f does not remove" {
	ct-run --rm "$img" true
	facts >"$D/before"
	with_spares() {
		rm_leaves_nothing
		ct-run --rm --network none "$img" true
		flock "$CT_RUN" true
		ls -d "$CT_ROOT/$img"/spare/*/rootfs
	}
	kill_at_calls 0 with_spares ct-run --name x "$img" true
}

@test "ct-run whose child that makes a spare is killed at any call makes the spare the next time" {
	ct-run --rm "$img" true
	facts >"$D/before"
	next_time() {
		[ "$status" = 0 ] || [ "$status" = 99 ]	# 99: there were fewer calls this time
		ct-run --rm --network none "$img" true
		wait_until test -d "$CT_ROOT/$img/spare/0/rootfs"
		without_spares
	}
	without_spares
	kill_at_calls 3 next_time ct-run --name x "$img" true
}

@test "ct-rm killed at any call leaves nothing that one ct-rm -f does not remove" {
	ct-run --rm "$img" true
	facts >"$D/before"
	run_and_rm() {
		ct-rm -f x
		as_before
		ct-run -d --name x "$img" sleep 1000
	}
	ct-run -d --name x "$img" sleep 1000
	kill_at_calls 0 run_and_rm ct-rm -f x
}

@test "ct-net create and rm killed at any call leave nothing that one ct-net rm does not remove" {
	ct-net create y
	ct-net rm y
	facts >"$D/before"
	gone() {
		ct-net rm y 2>/dev/null || :
		run -1 grep -x y <(ct-net ls --no-header -o name)
		as_before
	}
	kill_at_calls 0 gone ct-net create y
	made() {
		gone
		ct-net create y
	}
	ct-net create y
	kill_at_calls 0 made ct-net rm y
	ct-net rm y
}

@test "ct-init killed at any call leaves no incomplete image, and nothing that the next one does not remove" {
	mkdir "$D/dir"
	echo text >"$D/dir/file"
	ct-init "$D/dir" | ct-rm -
	facts >"$D/before"
	whole() {
		for id in $(ct-images -q); do
			[ "$id" = "$img" ] || [ "$(cat "$(ct path "$id")/file")" = text ]
		done
		ct-images -q | grep -vx "$img" | ct-rm -f -
		ct-rm -f nothing
		as_before
	}
	kill_at_calls 0 whole ct-init "$D/dir"
}
