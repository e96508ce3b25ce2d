# shellcheck shell=bash
# Network namespaces that stand for other hosts, and containers made by hand. Load it after helper.
#
#	ns_make NAME...			makes a namespace
#	ns NAME COMMAND...		runs the command in it
#	ns_link HERE ADDRESS/N NAME ADDRESS/N	makes a veth pair from this namespace to NAME, both ends up
#	serve NAME PORT [ADDRESS]	serves in NAME on TCP and UDP; the answer is "NAME from CLIENT-ADDRESS"
#	ask NAME ADDRESS PORT [udp]	asks from NAME ("-": from this namespace) and prints the answer
#	mute NAME ADDRESS PORT [udp]	succeeds if there is no answer
#	forge NAME MAC ADDRESS TARGET [SENDER [TO]]	sends ARP requests for TARGET on eth0's network, which claim
#					that ADDRESS is at MAC, in frames from SENDER (MAC) to TO (MAC)
#	uplink				makes a default route through up0 to `wan`, which has no route to containers
#	member ID LINK ADDRESS [BRIDGE]	makes a container's endpoint, in namespace ID, with its record
#	publish ID HOST_ADDRESS HOST_PORT PROTOCOL ADDRESS PORT	adds a port to its record, for the next ct-net up
#	foreign BRIDGE A.B.C GUEST	makes a network like docker and libvirt: a masqueraded bridge with GUEST
#					(A.B.C.2) on it, port 8090 of the host published, the host a router
#	foreign_works GUEST		succeeds if GUEST is reachable and reaches wan, which serves on 80
#	lan_down			for teardown: removes everything

declare -gA ns_pid=()
declare -ga served=()

ns_make() {
	local name
	for name; do
		unshare -n sleep 1000 3>&- &
		ns_pid[$name]=$!
		wait_until ns_apart "$!"
		ns "$name" ip link set lo up
	done
}

ns_apart() {
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

ns_drop() {
	local name
	for name in "${!ns_pid[@]}"; do
		kill "${ns_pid[$name]}"
	done
	for name in "${served[@]}"; do
		kill "$name"
	done
	wait "${ns_pid[@]}" "${served[@]}" 2>/dev/null || true
	ns_pid=() served=()
}

ns() {
	local name=$1
	shift
	if [ "$name" = - ]; then
		${ns_exec:-} "$@"
	else
		${ns_exec:-} nsenter -t "${ns_pid[$name]}" -n "$@"
	fi
}

ns_link() {
	ip link add "$1" type veth peer name eth0 netns "${ns_pid[$3]}"
	ip addr add "$2" dev "$1"
	ip link set "$1" up
	ns "$3" ip addr add "$4" dev eth0
	ns "$3" ip link set eth0 up
}

serve() {
	(ns_exec='exec' ns "$1" /usr/bin/python3 -I -S "$BATS_TEST_DIRNAME/lan.py" serve "$1" "$2" "${3:-0.0.0.0}" 3>&-) &
	served+=("$!")
	wait_until ns "$1" /usr/bin/python3 -I -S "$BATS_TEST_DIRNAME/lan.py" ask "${3:-127.0.0.1}" "$2" tcp 1
}

ask() {
	ns "$1" /usr/bin/python3 -I -S "$BATS_TEST_DIRNAME/lan.py" ask "$2" "$3" "${4:-tcp}" 5
}

mute() {
	! ns "$1" /usr/bin/python3 -I -S "$BATS_TEST_DIRNAME/lan.py" ask "$2" "$3" "${4:-tcp}" 0.3
}

forge() {
	ns "$1" /usr/bin/python3 -I -S "$BATS_TEST_DIRNAME/lan.py" arp "${@:2}"
}

uplink() {
	ns_make wan
	ns_link up0 192.0.2.1/24 wan 192.0.2.2/24
	ip route add default via 192.0.2.2
}

member() {
	local mac
	# shellcheck disable=SC2086 # four numbers
	mac=$(printf '02:42:%02x:%02x:%02x:%02x' ${3//./ })
	ns_make "$1"
	ip link add "$2" master "${4:-ct0}" up type veth peer name eth0 address "$mac" netns "${ns_pid[$1]}"
	ip link set "$2" type bridge_slave hairpin on
	ns "$1" ip addr add "$3/24" dev eth0
	ns "$1" ip link set eth0 up
	ns "$1" ip route add default via "${3%.*}.1"
	mkdir "$CT_RUN/$1"
	echo "member=default $3 $2 eth0" >>"$CT_RUN/$1/net"
}

publish() {
	echo "port=${*:2}" >>"$CT_RUN/$1/net"
}

foreign() {
	ip link add "$1" type bridge
	ip addr add "$2.1/24" dev "$1"
	ip link set "$1" up
	nft "table ip $1 {
		chain post { type nat hook postrouting priority 100; ip saddr $2.0/24 oifname != \"$1\" masquerade; }
		chain pre { type nat hook prerouting priority -100; iifname != \"$1\" tcp dport 8090 dnat to $2.2:80; }
	}"
	ns_make "$3"
	ip link add "${1}g" master "$1" up type veth peer name eth0 netns "${ns_pid[$3]}"
	ns "$3" ip addr add "$2.2/24" dev eth0
	ns "$3" ip link set eth0 up
	ns "$3" ip route add default via "$2.1"
	sysctl -q -w net.ipv4.ip_forward=1
	serve "$3" 80
}

foreign_works() {
	for nf in 0 1; do
		bridge_nf $nf
		[ "$(ask "$1" 192.0.2.2 80)" = "wan from 192.0.2.1" ] || return
		[ "$(ask "$1" 192.0.2.2 80 udp)" = "wan from 192.0.2.1" ] || return
		[ "$(ask wan 192.0.2.1 8090)" = "$1 from 192.0.2.2" ] || return
	done
}

# 1: bridged frames pass iptables, as beside docker; 0: they do not, as without the module br_netfilter.
bridge_nf() {
	[ ! -e /proc/sys/net/bridge ] || echo "$1" >/proc/sys/net/bridge/bridge-nf-call-iptables
}

lan_down() {
	local link
	rm -rf "$CT_RUN"/ps_*
	ct-net down
	ct-net ls -q | grep -vx default | ct-net rm -
	ns_drop
	for link in $(ip -o link | sed -n 's/^[0-9]*: \(up[0-9]g\?\|ct[0-9a-z]*\)[:@].*/\1/p'); do
		ip link del "$link" || true
	done
	sysctl -q -w net.ipv4.ip_forward=0
	nft flush ruleset
}
