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

# dockerfile LINE...: writes the Dockerfile.
dockerfile() {
	printf '%s\n' "$@" >"$D/Dockerfile"
}

# build OPTION...: builds the context; $built is the image, $D.err the messages.
build() {
	built=$(ct build "$@" "$D" 2>"$D.err") || {
		cat "$D.err" >&2
		return 1
	}
}

# Prints how many steps of the last build came from the cache.
cached() {
	grep -c '(cached)$' "$D.err" || true
}

# refused MESSAGE: the build fails before the first step, and prints only this message.
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

# fails MESSAGE: the build fails at a step, the last line has the message and the container $left, and no
# image is made.
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

# Prints the variables of the image without the default PATH.
variables() {
	config 'Env - ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]'
}
