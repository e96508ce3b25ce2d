# shellcheck shell=bash disable=SC2034,SC2154 # the tests use what is set here; helper.bash sets the rest
# Builds in $D, an empty context, for each test:
#
#	load helper
#	load dockerfile

setup() {
	busybox_image
	D=$BATS_TEST_TMPDIR/ctx
	mkdir "$D"
}

teardown() {
	remove_containers
	ct-images -q | grep -vx "$img" | ct-rm -f -
	ct-build --prune >/dev/null
}

# Dockerfile LINE...
dockerfile() {
	printf '%s\n' "$@" >"$D/Dockerfile"
}

# Builds it: $built is the image, $D.err what was said.
build() {
	built=$(ct build "$@" "$D" 2>"$D.err") || {
		cat "$D.err" >&2
		return 1
	}
}

# The steps of the last build that were taken from an earlier one.
cached() {
	grep -c '(cached)$' "$D.err" || true
}

# Building it fails before anything is done, and this is all that is said.
refused() {
	run -1 --separate-stderr ct build "$D"
	[ -z "$output" ]
	[ "$stderr" = "ct-build: Dockerfile:$1" ] || {
		printf '%s\n' "$stderr" >&2
		return 1
	}
	[ -z "$(ct-ps -q)" ]
	[ "$(ct-images -q | grep -vx "${below:-}")" = "$img" ]
	[ -z "$(ls -A "$CT_ROOT/tmp")" ]
}

# Building it fails at a step: the last line says this and what container is left, $left. No image is.
fails() {
	run -1 --separate-stderr ct build "$D"
	[ -z "$output" ]
	left=$(ct-ps -q)
	[ "$(tail -1 <<<"$stderr")" = "ct-build: Dockerfile:$1 ($left is left to look into)" ] || {
		printf '%s\n' "$stderr" >&2
		return 1
	}
	[ "$(ct-images -q)" = "$img" ]
	[ -z "$(ls -A "$CT_ROOT/tmp")" ]
}

config() {
	ct inspect "$built" | jq -c ".[0].Config.$1"
}

# The variables of the image, without the PATH that every image gets whose base has none.
variables() {
	config 'Env - ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]'
}
