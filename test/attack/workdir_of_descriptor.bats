# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# CVE-2024-21626: the working directory is a descriptor of a directory of the host that the runtime left
# open in the container.
load attack

@test "no descriptor of the host is a way out, as the working directory or of the program" {
	background "$img" sleep 1000
	for n in $(seq 3 24); do
		run timeout 20 ct-exec -w "/proc/self/fd/$n" "$c" cat ./secret ../secret ../host/secret 7<"$D/host"
		[ "$status" -ne 0 ]
		unharmed
	done
	for n in 3 4 5 6 7 8 9 10; do
		run timeout 20 ct-run --rm -w "/proc/self/fd/$n" "$img" cat ./secret 7<"$D/host"
		[ "$status" -ne 0 ]
		unharmed
	done
	for command in ct-exec\ "$c" "ct-run --rm $img" "ct-run --rm --privileged $img"; do
		# shellcheck disable=SC2086 # words
		run $command sh -c 'ls -l /proc/self/fd; cat /proc/self/fd/*/secret /proc/1/fd/*/secret' 7<"$D/host" 9<"$D/host"
		unharmed
		[[ $output != *"$D"* ]]
	done
}

@test "without protection (chroot that keeps descriptors): the container reads the host" {
	mkdir -p "$D/root"
	cp -a "$busybox/bin" "$D/root"
	mkdir -p "$D/root/proc"
	run -0 unshare -m sh -c 'mount -t proc proc "$1/proc" && chroot "$1" sh -c "cd /proc/self/fd/7 && cat ./secret"' \
		sh "$D/root" 7<"$D/host"
	[ "$output" = "secret of the host" ]
}
