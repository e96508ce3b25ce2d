# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# An abstract socket has no file and so no mode: every process of the network namespace connects to it
# (CVE-2020-15257: containerd-shim).
load attack

listener() {
	name=ct-attack-$BASHPID
	"$B/attack/attack" listen "$name" >"$D/listener" 3>&- &
	listener=$!
	wait_until grep -q listening "$D/listener"
}

@test "a container does not connect to an abstract socket of the host" {
	listener
	for how in '' '--network none' '--userns host' --privileged; do
		# shellcheck disable=SC2086 # options
		run ct-run --rm $how "$img" attack connect "$name"
		[ "$status" -ne 0 ]
	done
	kill "$listener"
}

@test "without protection (--network host): it connects" {
	listener
	run -0 ct-run --rm --network host "$img" attack connect "$name"
	await "$listener"
	[ "$status" -eq 0 ]
}

# Those of other programs and of this file's listener are not ours. (The test has a network namespace of its own.)
listened() {
	awk '$8 ~ /^@/ { print $8 }' /proc/net/unix
}

@test "a supervisor listens on no abstract socket" {
	background --network host "$img" sleep 1000
	[ -z "$(listened)" ]
}

@test "without protection (a process that listens): a container of the host's network sees the socket" {
	listener
	listened | grep -qx "@$name"
	run -0 ct-run --rm --network host "$img" grep -c "@$name" /proc/net/unix
	kill "$listener"
}
