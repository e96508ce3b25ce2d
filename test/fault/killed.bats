# shellcheck disable=SC2034,SC2154,SC2317 # helper.bash and fault.bash set, read and call these
# Commands that are killed at one system call after the other: what they leave, the next command clears away.
load ../cmd/helper
load fault

setup() {
	busybox_image
	D=$BATS_TEST_TMPDIR
}

teardown() {
	ct-ps -q | ct-rm -f -
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
