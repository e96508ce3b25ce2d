# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# "Shocker": open_by_handle_at(2) opens any file of a file system by its inode number, also above the
# container's root. The store is one file system.
load attack

setup() {
	busybox_setup
	mkdir -p "$CT_ROOT/tmp"
	other=$(ct-run -d "$img" sleep 1000)
	echo "secret of the host" >"$(ct path "$other")/secret"
	# An attacker guesses it in seconds; here it is given.
	handle=$("$B/attack/attack" handle "$(ct path "$other")/secret")
}

@test "a container opens no file of another one by its handle" {
	for how in '' '--cap-add DAC_READ_SEARCH' '--cap-add ALL --without seccomp'; do
		for dir in / /etc/hosts /tmp /; do
			# shellcheck disable=SC2086 # options
			run ct-run --rm $how "$img" attack open-handle "$dir" "$handle"
			[ "$status" -ne 0 ]
			[[ $output != *"secret of the host"* ]]
		done
	done
	run ct-run --rm --userns host "$img" attack open-handle / "$handle"
	[ "$status" -ne 0 ]
}

@test "without protection (--userns host --cap-add DAC_READ_SEARCH): it reads another container's file" {
	run -0 ct-run --rm --userns host --cap-add DAC_READ_SEARCH "$img" attack open-handle / "$handle"
	[ "$output" = "secret of the host" ]
}
