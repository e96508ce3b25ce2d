# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# Keys are kept apart by user, not by container: root of a container reads those of root.
load attack

setup() {
	busybox_setup
	key=ct-attack-$BASHPID
	"$B/attack/attack" key-add "$key" "secret of the host" || skip 'the kernel has no keys'
}

@test "a container reads no key of the host" {
	for how in '' '--userns host' '--cap-add ALL' '--without seccomp'; do
		# shellcheck disable=SC2086 # options
		run ct-run --rm $how "$img" attack key-read "$key"
		[ "$status" -ne 0 ]
		[[ $output != *secret* ]]
	done
}

@test "without protection (--userns host --without seccomp): it reads root's key" {
	run -0 ct-run --rm --userns host --without seccomp "$img" attack key-read "$key"
	[ "$output" = "secret of the host" ]
}
