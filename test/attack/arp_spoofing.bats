# shellcheck disable=SC2004,SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# A container says to its neighbour that the gateway's address is at its own interface, and so reads the
# neighbour's connections. (test/cmd/rules.bats has the other forgeries: IPv4 sources, MAC addresses, the
# bridge's link-local groups, other protocols; VLAN and LLC frames are below.)
load attack
load ../cmd/lan

setup() {
	busybox_setup
	for name in bad good; do
		ct-run -d --name $name "$img" sleep 1000 >"$D/$name.id"
		ns_pid[$name]=$(ct pid $name)
	done
	mac=$(ct-exec bad cat /sys/class/net/eth0/address)
	gateway=${CT_SUBNET%.0.0/16}.0.1
	good=$(ct-ps --no-header -o ip good)
	ct-exec good ping -c 1 -W 5 "$gateway" >/dev/null
}

# lan.py is beside the other suites.
forge() {
	ns "$1" /usr/bin/python3 -I -S "$CT_TESTS/cmd/lan.py" arp "${@:2}"
}

# What `good` takes for the gateway's hardware address.
gateway_of_good() {
	ct-exec good ip neigh show "$gateway" | sed -n 's/.*lladdr \([^ ]*\).*/\1/p'
}

@test "a neighbour does not believe a container that claims the gateway's address" {
	was=$(gateway_of_good)
	[ -n "$was" ]
	[ "$was" != "$mac" ]
	for _ in 1 2 3; do
		forge bad "$mac" "$gateway" "$good"
	done
	[ "$(gateway_of_good)" = "$was" ]
}

@test "VLAN and LLC frames of a container do not reach its neighbour" {
	listen() {
		nsenter -t "${ns_pid[good]}" -n timeout 100 python3 -c '
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(("eth0", 0)); print("listening", flush=True)
while True:
    if b"forged-frame" in s.recv(2000): print("heard", flush=True)' >"$D/heard" 3>&- &
		listener=$!
		wait_until grep -q listening "$D/heard"
	}
	# TYPE: 8100 is a VLAN tag, 0020 a length (LLC); then an IPv4 frame type that is let through.
	send() {
		nsenter -t "${ns_pid[bad]}" -n python3 -c '
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0); s.bind(("eth0", 0))
mine = s.getsockname()[4]
s.send(b"\xff" * 6 + mine + bytes.fromhex(sys.argv[1]) + b"\0\1\x88\xb5" + b"forged-frame" * 4)' "$1"
	}
	listen
	send 8100
	send 0020
	send 88a8
	send 86dd
	ct-exec bad ping -c 1 -W 5 "$good" >/dev/null
	run cat "$D/heard"
	[ "$output" = listening ]
	nft delete table bridge "ct_$CT_BRIDGE"
	heard() {
		send 8100
		grep -q heard "$D/heard"
	}
	wait_until heard
	kill "$listener"
	ct-net up
}

@test "without protection (no rules on the bridge): the neighbour believes it" {
	nft delete table bridge "ct_$CT_BRIDGE"
	believed() {
		forge bad "$mac" "$gateway" "$good"
		[ "$(gateway_of_good)" = "$mac" ]
	}
	wait_until believed
	ct-net up
}
