# shellcheck disable=SC2030,SC2031,SC2154,SC2317 # helper.bash and bats set these
# The system calls that a container may make, beside those of docker's and podman's defaults. The filter's
# answers are read without executing a call (probe.c); docker's are the table in the file `docker`;
# podman's are those of a container of podman, where podman runs.
load ../cmd/helper

here=$BATS_TEST_DIRNAME
manual=$BATS_TEST_DIRNAME/../../share/man/ct-security.7

setup() {
	busybox_image
	D=$BATS_TEST_TMPDIR
	cp "$B/syscalls/probe" "$busybox/bin/"
	[ -e "$CT_TEST_DIR/ours" ] || probe_ours
}

# ARCH CALL ARG0 ARG1 ARG2, where an argument decides: the lines of docker's table that have arguments.
with_arguments() {
	awk '!/^#/ && NF == 6 { print $2, $3, $4, $5 }' "$here/docker"
}

# $CT_TEST_DIR/ours: ARCH CALL [ARG0 ARG1 ARG2] ANSWER.
probe_ours() {
	local image
	image=$(ct-init "$busybox")
	# shellcheck disable=SC2046 # words
	{ ct-run --rm "$image" probe && ct-run --rm "$image" probe $(with_arguments); } >"$CT_TEST_DIR/ours"
	ct-rm "$image"
}

# Prints "CALL [ARG0 ARG1 ARG2] THEIRS OURS" where one allows what the other blocks. Calls that the table
# lacks are newer than it.
differences() {
	awk '/^#/ { next }
		{ key = $0; sub(/ [^ ]*$/, "", key) }
		FILENAME == ARGV[1] { theirs[key] = $NF; next }
		(key in theirs) && (theirs[key] == "allow") != ($NF == "allow") {
			call = key; sub(/^[^ ]* /, "", call); print call, theirs[key], $NF }' "$1" "$CT_TEST_DIR/ours" | sort -u
}

# SECTION: the rows "CALL Ta THEIRS Ta OURS Ta REASON" of the manual, as differences prints them, of the calls
# that this kernel has.
of_manual() {
	awk -v section="$1" 'FILENAME == ARGV[1] { has[$2]; next }
		/^\.\\" differences: / { on = $3 == section } /^\.El/ { on = 0 }
		on && /^\.It / && !/^\.It Sy / { sub(/^\.It (Li )?/, ""); n = split($0, w, " Ta "); split(w[1], call, " ")
			if (call[1] in has) print w[1], w[2], w[3] }' "$CT_TEST_DIR/ours" "$manual" | sort -u
}

podman_probe() {
	local parent=/ct-test.podman-$$ status=0
	type podman >/dev/null 2>&1 || return
	timeout 60 podman --runtime runc --root "$D/root" --runroot "$D/run" --tmpdir "$D/tmp" --events-backend none \
		--cgroup-manager cgroupfs --storage-driver vfs run --rm --network none --cgroup-parent "$parent" \
		--rootfs "$busybox" /bin/probe >"$D/podman" 2>"$D/podman.said" 3>&- || status=$?
	wait_until without_groups "$parent"	# conmon leaves its own a moment later
	return $status
}

without_groups() {
	find /sys/fs/cgroup -depth -type d -path "*$1*" -exec rmdir {} + 2>/dev/null || :
	[ -z "$(find /sys/fs/cgroup -type d -path "*$1*")" ]
}

@test "the probe tells what a filter blocks from what it allows" {
	ct-run --rm --without seccomp "$(ct-init -n probing "$busybox")" probe >"$D/none"
	ct-rm probing
	[ "$(awk '{ print $3 }' "$D/none" | sort -u)" = allow ]
	for line in 'x86_64 read allow' 'x86_64 keyctl ENOSYS' 'x86_64 clone 268435456 0 0 EPERM' \
		'x86_64 socket 38 5 0 EAFNOSUPPORT'; do
		grep -qx "$line" "$CT_TEST_DIR/ours"
	done
	for arch in x86_64 x32 i386; do
		if [ $arch != i386 ] || grep -q '^i386 ' "$D/none"; then
			[ "$(grep -c "^$arch " "$CT_TEST_DIR/ours")" -gt 300 ]
			grep -qx "$arch mount EPERM" "$CT_TEST_DIR/ours"
		fi
	done
}

@test "where the filter and docker's default differ, the manual says so, with the reason" {
	differences "$here/docker" >"$D/differences"
	cat "$D/differences"
	diff <(of_manual docker) "$D/differences"
}

@test "the filter blocks all that docker's and podman's defaults both block" {
	podman_probe || skip "podman does not run here: $(tail -n 1 "$D/podman.said" 2>/dev/null)"
	[ "$(wc -l <"$D/podman")" -gt 700 ]
	awk '/^#/ { next }
		{ key = $0; sub(/ [^ ]*$/, "", key) }
		FILENAME == ARGV[1] { docker[key] = $NF; next }
		FILENAME == ARGV[2] { podman[key] = $NF; next }
		$NF == "allow" && (key in docker) && (key in podman) && docker[key] != "allow" && podman[key] != "allow"' \
		"$here/docker" "$D/podman" "$CT_TEST_DIR/ours" >"$D/allowed"
	cat "$D/allowed"
	[ ! -s "$D/allowed" ]
}

@test "where the filter and podman's default differ, the manual says so, with the reason" {
	podman_probe || skip 'podman does not run here'
	case $(podman --version) in
	*' 4.3.'*)	;;
	*)	skip "the manual has podman 4.3's" ;;
	esac
	differences "$D/podman" >"$D/differences"
	cat "$D/differences"
	diff <(of_manual podman) "$D/differences"
}
