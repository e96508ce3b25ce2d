# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2317 # helper.bash and fault.bash set, read and call these
# The next command of the same kind removes the files and names that a killed command has left; and an
# image whose last write to the disk fails is not there.
load ../cmd/helper
load fault

# [PATTERN]: neither a name that leads to nothing, nor a half-written file whose path does not match, nor a draft.
nothing_left() {
	local left
	left=$(
		for name in "$CT_ROOT"/names/*/*; do
			[ ! -L "$name" ] || [ -e "$CT_ROOT/$(readlink "$name")" ] || echo "$name"
		done
		find "$CT_ROOT/tmp" "$CT_ROOT/names/.new" -mindepth 1 -maxdepth 1 2>/dev/null
		find "$CT_ROOT/networks" "$CT_RUN" -name '*~' ${1:+! -path "$1"} 2>/dev/null
		true
	)
	[ -z "$left" ] || { echo "left: $left" >&2; return 1; }
}

@test "the next run removes the leftovers of a killed run" {
	next() {
		wait_until no_run_dies
		ct-run --rm --network none "$img" true
		nothing_left "$CT_RUN/ps_*"	# files of x go with x
		ct-rm -f x
		nothing_left
	}
	kill_at_calls 0 next ct-run --network none --name x "$img" true
}

@test "the next run removes the leftovers of a killed run on a network" {
	next() {
		wait_until no_run_dies
		ct-run --rm --name y "$img" true
		nothing_left "$CT_RUN/ps_*"	# files of x go with x
		ct-rm -f x
		nothing_left
	}
	kill_at_calls 0 next ct-run --name x "$img" true
}

@test "the next removal removes the leftovers of a killed removal" {
	next() {
		ct-rm -f x none
		nothing_left
		ct-run --network none --name x "$img" true
		ct-rm -f tagged
		ct-init -n tagged "$busybox" >/dev/null
	}
	next
	kill_at_calls 0 next ct-rm x tagged
	ct-rm tagged
}

@test "the next run removes the leftovers of a killed ct-init" {
	next() {
		ct-run --rm --network none "$img" true
		nothing_left
		ct-rm -f made
	}
	kill_at_calls 0 next ct-init -n made "$busybox"
}

@test "the next ct-net create removes the leftovers of a killed one" {
	next() {
		ct-net create other >/dev/null
		nothing_left
		ct-net rm other
		ct-net rm made || [[ "$(ct-net ls -q)" != *made* ]]
	}
	kill_at_calls 0 next ct-net create made
}

@test "ct-store up succeeds after a killed one" {
	export CT_ROOT=$D/own CT_RUN=$D/own-run
	next() {
		ct-store up
		[ -e "$CT_ROOT/format" ]
		[ ! -e "$CT_ROOT/format.new" ]
		[ "$(losetup -n -O NAME -j "$CT_ROOT.btrfs" | wc -l)" -eq 1 ]
		ct-store down
		rm -rf --one-file-system "$CT_ROOT" "$CT_RUN" "$CT_ROOT.btrfs"
	} 2>/dev/null
	kill_at_calls 0 next ct-store up
}

# All images with their names.
images() {
	ct-images --no-header -o id,name | sort
}

@test "an image whose last write to disk fails does not appear, and its name stays unchanged" {
	c=$(ct-run --network none -d "$img" sleep 1000)
	ct-init -n old "$busybox" >/dev/null
	images >"$D/before"
	same_unless_made() {
		if [ "$status" != 0 ]; then
			diff "$D/before" <(images)
			nothing_left
		else
			ct-rm "$(tail -n 1 "$BATS_TEST_TMPDIR/said")" 2>/dev/null || true
			ct-rm -f old
			ct-init -n old "$busybox" >/dev/null
			images >"$D/before"
		fi
		status=0
	}
	status=1
	for call in fsync syncfs; do
		fail_at_calls -c $call -- same_unless_made ct-init -n new "$busybox"
		fail_at_calls -c $call -- same_unless_made ct-init -n old "$busybox"
		fail_at_calls -c $call -- same_unless_made ct-commit "$c" new
		fail_at_calls -c $call -- same_unless_made ct-commit "$c" old
	done
	ct-rm -f old
}

@test "names and images are unchanged if their change cannot be written to disk" {
	ct-run --network none --name x "$img" touch /made
	again() {
		ct-rm -f new old
		ct-init -n old "$busybox" >"$D/old"
		images >"$D/before"
	}
	unchanged() {
		if [ "$status" != 0 ]; then
			diff "$D/before" <(images)
			[ ! -e "$(ct path old)/made" ]
			nothing_left
		fi
		again
		status=0
	}
	again
	status=1
	for call in fsync symlinkat renameat; do
		fail_at_calls -c $call -- unchanged ct-tag busybox new old
		fail_at_calls -c $call -- unchanged ct-init -n old "$busybox"
	done
	for call in fsync syncfs renameat2; do
		fail_at_calls -c $call -- unchanged bash -c "exec ct-commit x \"\$(cat '$D/old')\""
	done
	ct-rm -f old x
}

@test "an id is not given before its block of ids is on disk" {
	export CT_ROOT=$D/own CT_RUN=$D/own-run
	ct-store up
	for _ in 1 2; do
		run "$B/fault/failat" -c fsync -f counters -n 1 ct-volumes create vol
		[ "$status" -eq 1 ]
		[[ $output == *'write counters to disk: Input/output error'* ]]
	done
	ct-rm "$(ct-volumes create vol)"
	ct-store down
}

@test "a link in /run/netns that the end of a run cannot remove is reported, and goes with the container" {
	run "$B/fault/failat" -c unlink -e EROFS -n -1 ct-run --name x "$img" true
	link=$(find /run/netns -type l -name 'ps_*')
	[ -n "$link" ]
	[[ $output == *"$link: Read-only file system" ]]
	ct-rm x
	[ ! -L "$link" ]
}
