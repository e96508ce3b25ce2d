# shellcheck shell=bash disable=SC2034,SC2154 # the tests use what is set here; helper.bash sets the rest
# For tests of ct-init: `load imports` after `load helper`.

setup() {
	D=$BATS_TEST_TMPDIR
	before=$(ct-images -q)
}

# refused TEXT: ct-init failed with one line, which has TEXT, and left nothing.
refused() {
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == "ct-init: "*"$1"* ]]
	[ -z "$(ls "$CT_ROOT/tmp")" ]
	[ "$(ct-images -q)" = "$before" ]
}

rootfs() {
	echo "$CT_ROOT/$1/rootfs"
}
