# shellcheck shell=bash disable=SC1091,SC2154,SC2317 # helper.bash sets these; bats calls these functions
# All files of this directory share one store, which has one image: busybox with the programs that
# attack ($B/attack).

setup_suite() {
	BATS_TEST_DIRNAME=$(dirname "${BASH_SOURCE[0]}")
	bats_require_minimum_version() { :; }	# bats has it only for tests
	. "$BATS_TEST_DIRNAME/../cmd/helper.bash"
	sandbox_up
	"$CT_TESTS/busybox" "$CT_TEST_DIR/busybox"
	cp "$B/attack/attack" "$CT_TEST_DIR/busybox/bin/"
	ct-init -n busybox "$CT_TEST_DIR/busybox" >"$CT_TEST_DIR/busybox.id"
}

teardown_suite() {
	. "$CT_TESTS/cmd/helper.bash"
	sandbox_down
}
