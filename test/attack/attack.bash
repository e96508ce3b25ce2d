# shellcheck shell=bash disable=SC2034,SC2154,SC2317 # the tests use what is set here; bats calls these
# Each file of this directory tries one attack: first on a container of a kind that ct protects, then
# with the protection turned off, where the attack must succeed (otherwise the first test proves
# nothing).
#
#	load attack
#
# Without protection an attack may reach only what belongs to the test: its directory $D, its store, its
# namespaces (test/run makes them). If it reaches the whole machine, the test calls guest_only: it then
# runs only in the virtual machine of test/vm.

load ../cmd/helper
load ../cmd/runs

# setup_suite.bash has made the store, for all files.
setup_file() { :; }
teardown_file() { :; }

setup() {
	busybox_setup
	mkdir "$D/host"
	echo "secret of the host" >"$D/host/secret"
}

guest_only() {
	[ -n "${CT_TEST_GUEST:-}" ] || skip 'reaches the whole machine: only in the guest (make check-attack)'
}

# background ARGUMENT...: a container in the background; $c is its id, $root its root directory.
background() {
	c=$(ct-run -d "$@")
	root=$(ct path "$c")
}

# unharmed: fails if the attack has read or changed the file of the host.
unharmed() {
	[ "$(cat "$D/host/secret")" = "secret of the host" ]
	[ "$(ls "$D/host")" = secret ]
	[[ ${output:-} != *"secret of the host"* ]]
}
