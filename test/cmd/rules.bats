load helper
load lan

# The rules for packets, tested with containers made by hand: ps_1 (10.142.0.2) and
# ps_2 (10.142.0.3) on the default network, and a host out there, wan (192.0.2.2).
setup_file() {
	sandbox_up || return
	ct-net down
}

setup() {
	ct-net down	# the file's; the only networks are those of the tests
	unset CT_BRIDGE CT_SUBNET
	export CT_RUN=$BATS_TEST_TMPDIR/run
	uplink
	ct-net up
	member ps_1 ct0v2 10.142.0.2
	member ps_2 ct0v3 10.142.0.3
	ct-net up
	ip link set lo up
}

teardown() {
	rm -rf "$BATS_TEST_TMPDIR"/run2/ps_*
	second ct-net down
	lan_down
}

forwarding() {
	cat "/proc/sys/net/ipv4/conf/$1/forwarding"
}

@test "a container reaches the outside as the host, and its neighbours as itself" {
	serve wan 80
	serve ps_2 80
	serve - 80
	for nf in 0 1; do
		bridge_nf $nf
		[ "$(ask ps_1 192.0.2.2 80)" = "wan from 192.0.2.1" ]
		[ "$(ask ps_1 192.0.2.2 80 udp)" = "wan from 192.0.2.1" ]
		[ "$(ask ps_1 10.142.0.3 80)" = "ps_2 from 10.142.0.2" ]
		[ "$(ask ps_1 10.142.0.1 80)" = "- from 10.142.0.2" ]
		[ "$(ask - 10.142.0.3 80)" = "ps_2 from 10.142.0.1" ]
	done
	ns ps_1 ping -q -c 1 -W 2 192.0.2.2
}

@test "nothing outside reaches an unpublished port, by any route" {
	serve ps_1 80
	ns wan ip route add 10.142.0.0/16 via 192.0.2.1
	mute wan 10.142.0.2 80
	mute wan 10.142.0.2 80 udp
	run ! ns wan ping -q -c 1 -W 1 10.142.0.2
}

@test "seed rows 24 and 47: a published port is reached from outside, from the host, through its loopback and from containers" {
	serve ps_1 80
	publish ps_1 0.0.0.0 8080 tcp 10.142.0.2 80
	publish ps_1 0.0.0.0 8080 udp 10.142.0.2 80
	ct-net up
	for nf in 0 1; do
		bridge_nf $nf
		for protocol in tcp udp; do
			[ "$(ask wan 192.0.2.1 8080 $protocol)" = "ps_1 from 192.0.2.2" ]
			[[ "$(ask - 192.0.2.1 8080 $protocol)" == "ps_1 from "* ]]
			[ "$(ask - 127.0.0.1 8080 $protocol)" = "ps_1 from 10.142.0.1" ]
			[ "$(ask ps_2 192.0.2.1 8080 $protocol)" = "ps_1 from 10.142.0.1" ]
			[ "$(ask ps_2 10.142.0.1 8080 $protocol)" = "ps_1 from 10.142.0.1" ]
			# and from itself
			[ "$(ask ps_1 192.0.2.1 8080 $protocol)" = "ps_1 from 10.142.0.1" ]
		done
	done
	# The same port on another host is not published.
	serve wan 8080
	[ "$(ask ps_2 192.0.2.2 8080)" = "wan from 192.0.2.1" ]
	[ "$(ask - 192.0.2.2 8080)" = "wan from 192.0.2.1" ]
}

@test "a port published on one address is reachable at that address only" {
	ip addr add 192.0.2.3/24 dev up0
	serve ps_1 80
	publish ps_1 192.0.2.3 8080 tcp 10.142.0.2 80
	ct-net up
	[ "$(ask wan 192.0.2.3 8080)" = "ps_1 from 192.0.2.2" ]
	[[ "$(ask - 192.0.2.3 8080)" == "ps_1 from "* ]]
	mute wan 192.0.2.1 8080
	mute - 127.0.0.1 8080
}

@test "a port published on loopback is reachable from the host only, even if others send to 127.0.0.1" {
	serve ps_1 80
	publish ps_1 127.0.0.1 8080 tcp 10.142.0.2 80
	ct-net up
	[ "$(ask - 127.0.0.1 8080)" = "ps_1 from 10.142.0.1" ]
	mute wan 192.0.2.1 8080
	mute ps_2 10.142.0.1 8080
	for from in wan ps_2; do
		ns $from sysctl -q -w net.ipv4.conf.all.route_localnet=1
		ns $from ip addr del 127.0.0.1/8 dev lo
		ns $from ip route flush table local 127.0.0.0/8 || true
		ns $from ip route add 127.0.0.1 via "$([ $from = wan ] && echo 192.0.2.1 || echo 10.142.0.1)" dev eth0
		mute $from 127.0.0.1 8080
	done
}

@test "containers do not reach services on the host's loopback" {
	serve - 80 127.0.0.1
	[ "$(ask - 127.0.0.1 80)" = "- from 127.0.0.1" ]
	mute ps_1 10.142.0.1 80
	for nf in 0 1; do
		bridge_nf $nf
		ns ps_1 sysctl -q -w net.ipv4.conf.all.route_localnet=1
		ns ps_1 ip addr del 127.0.0.1/8 dev lo || true
		ns ps_1 ip route flush table local 127.0.0.0/8 || true
		ns ps_1 ip route replace 127.0.0.1 via 10.142.0.1 dev eth0
		mute ps_1 127.0.0.1 80
		mute ps_1 127.0.0.1 80 udp
	done
}

@test "an uplink that ct opened forwards to containers only" {
	ns_make lan
	ns_link up1 198.51.100.1/24 lan 198.51.100.2/24
	ns lan ip route add default via 198.51.100.1
	ns wan ip route add 198.51.100.0/24 via 192.0.2.1
	serve lan 80
	serve ps_1 80
	publish ps_1 0.0.0.0 8080 tcp 10.142.0.2 80
	ct-net up
	[ "$(cat /proc/sys/net/ipv4/conf/up1/forwarding)" = 1 ]
	mute wan 198.51.100.2 80
	[ "$(ask ps_1 198.51.100.2 80)" = "lan from 198.51.100.1" ]
	[ "$(ask lan 198.51.100.1 8080)" = "ps_1 from 198.51.100.2" ]
}

@test "a link that comes up later, as a VPN does, gets no new connections through an uplink that ct opened" {
	ip tuntap add up1 mode tun
	ip addr add 198.51.100.1/24 dev up1
	ip link set up1 up
	nft 'table inet watch { chain c { type filter hook postrouting priority 0; oifname "up1" counter; }; }'
	ns wan ip route add 198.51.100.0/24 via 192.0.2.1
	run ! ns wan ping -q -c 1 -W 0.3 198.51.100.7
	nft list table inet watch | grep 'counter packets 0 '
	# A router passes them on.
	ct-net down
	sysctl -q -w net.ipv4.ip_forward=1
	run ! ns wan ping -q -c 1 -W 0.3 198.51.100.7
	nft list table inet watch | grep 'counter packets 1 '
}

# Networks of others, of which up5 is the bridge

@test "a masqueraded bridge of another program, made before, works while ct's network comes and goes" {
	ct-net down
	serve wan 80
	foreign up5 198.51.100 guest
	foreign_works guest
	for _ in 1 2; do
		ct-net up
		foreign_works guest
		ct-net down
		foreign_works guest
	done
}

@test "a masqueraded bridge of another program, made after, works at once and while ct's network comes and goes" {
	serve wan 80
	foreign up5 198.51.100 guest
	foreign_works guest
	[ "$(ask ps_1 192.0.2.2 80)" = "wan from 192.0.2.1" ]
	for _ in 1 2; do
		ct-net down
		foreign_works guest
		ct-net up
		foreign_works guest
	done
}

@test "a masqueraded bridge that forwards alone, on a host that is no router, gets its answers beside ct" {
	ct-net down
	serve wan 80
	foreign up5 198.51.100 guest
	for when in before after; do
		[ $when = before ] || ct-net up
		sysctl -q -w net.ipv4.ip_forward=0
		sysctl -q -w net.ipv4.conf.up5.forwarding=1
		[ $when = after ] || ct-net up
		[ "$(forwarding up0)" = 1 ]
		foreign_works guest
		ct-net down
	done
}

@test "frames between the ports of a bridge of another program pass beside ct, also one that is there before" {
	ct-net down
	ip link add up5 type bridge
	ip addr add 198.51.100.1/24 dev up5
	ip link set up5 up
	for n in 2 3; do
		ns_make guest$n
		ip link add up${n}g master up5 up type veth peer name eth0 netns "${ns_pid[guest$n]}"
		ns guest$n ip addr add 198.51.100.$n/24 dev eth0
		ns guest$n ip link set eth0 up
	done
	serve guest3 80
	ct-net up
	[ "$(forwarding up5)" = 1 ]
	for nf in 0 1; do
		bridge_nf $nf
		[ "$(ask guest2 198.51.100.3 80)" = "guest3 from 198.51.100.2" ]
	done
}

@test "beside a policy that drops what is forwarded, a bridge of another program works whichever comes first" {
	serve wan 80
	foreign up5 198.51.100 guest
	nft 'table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop;
		iifname "up5" accept; oifname "up5" accept; }; }'
	foreign_works guest
	mute ps_1 192.0.2.2 80
	for _ in 1 2; do
		ct-net down
		foreign_works guest
		run --separate-stderr ct-net up
		foreign_works guest
	done
	# The command in ct's message lets its own packets pass, too (net.bats).
	member ps_3 ct0v4 10.142.0.4
	ct-net up
	eval "${stderr#*allow them with: }"
	[ "$(ask ps_3 192.0.2.2 80)" = "wan from 192.0.2.1" ]
	foreign_works guest
}

# second COMMAND...: for a second set, on ctb and 10.150.0.0/16.
second() {
	CT_RUN=$BATS_TEST_TMPDIR/run2 CT_BRIDGE=ctb CT_SUBNET=10.150.0.0/16 "$@"
}

@test "two sets of networks share an uplink: either may go first, and the last one closes it" {
	serve wan 80
	serve ps_1 80
	publish ps_1 0.0.0.0 8080 tcp 10.142.0.2 80
	ct-net up
	second ct-net up
	CT_RUN=$BATS_TEST_TMPDIR/run2 member ps_5 ctbv2 10.150.0.2 ctb
	CT_RUN=$BATS_TEST_TMPDIR/run2 publish ps_5 0.0.0.0 8085 tcp 10.150.0.2 80
	second ct-net up
	serve ps_5 80
	both() {
		[ "$(ask ps_1 192.0.2.2 80)" = "wan from 192.0.2.1" ] &&
		[ "$(ask ps_5 192.0.2.2 80)" = "wan from 192.0.2.1" ] &&
		[ "$(ask wan 192.0.2.1 8080)" = "ps_1 from 192.0.2.2" ] &&
		[ "$(ask wan 192.0.2.1 8085)" = "ps_5 from 192.0.2.2" ]
	}
	both
	# The first set goes down: the uplink stays open for the second one, with the same restrictions.
	mv "$CT_RUN/ps_1" "$CT_RUN/ps_2" "$BATS_TEST_TMPDIR"
	rm -f "$CT_RUN"/net/default/10.*
	ct-net down
	[ "$(ask ps_5 192.0.2.2 80)" = "wan from 192.0.2.1" ]
	[ "$(ask wan 192.0.2.1 8085)" = "ps_5 from 192.0.2.2" ]
	ns_make lan
	ns_link up1 198.51.100.1/24 lan 198.51.100.2/24
	ns lan ip route add default via 198.51.100.1
	ns wan ip route add 198.51.100.0/24 via 192.0.2.1
	serve lan 80
	second ct-net up
	mute wan 198.51.100.2 80
	# The first set comes back, and the second one goes down.
	ct-net up
	rm -r "$BATS_TEST_TMPDIR/run2/ps_5"
	second ct-net down
	[ "$(forwarding up0)$(forwarding up1)" = 11 ]
	mute wan 198.51.100.2 80
	ct-net down
	[ "$(forwarding up0)$(forwarding up1)" = 00 ]
	[ -z "$(nft list ruleset)" ]
}

@test "an uplink stays open for a set that claims it, and is closed beside one that is about to go, too" {
	other() {
		nft "table inet ct_ctb { set opened { type ifname; elements = { \"up0\" }; };
			set claimed { type ifname; $1 }; }"
	}
	other 'elements = { "up0" };'
	ct-net down
	[ "$(forwarding up0)" = 1 ]
	# A set that comes up now claims it, so that the last set closes it.
	nft delete table inet ct_ctb
	other ''
	ct-net up
	[[ "$(nft list set inet ct_ct0 claimed)" == *up0* ]]
	# A set drops its own claim first: of two that go down together, the last one sees no claim.
	ct-net down --explain 2>"$BATS_TEST_TMPDIR/said"
	[ "$(grep -o -e 'flush set inet ct_ct0 claimed' -e 'up0[.]forwarding=0' "$BATS_TEST_TMPDIR/said" | xargs)" = \
		"flush set inet ct_ct0 claimed up0.forwarding=0" ]
	[ "$(forwarding up0)" = 0 ]
	nft delete table inet ct_ctb
}

@test "containers on different networks do not reach each other" {
	ct-net create web
	ct-net up web
	member ps_3 ct0n1v2 10.143.0.2 ct0n1
	ct-net up
	serve ps_1 80
	serve ps_3 80
	serve wan 80
	[ "$(ask ps_3 192.0.2.2 80)" = "wan from 192.0.2.1" ]
	for nf in 0 1; do
		bridge_nf $nf
		mute ps_1 10.143.0.2 80
		mute ps_3 10.142.0.2 80
	done
}

@test "an internal network is not reachable from outside, not even by a published port" {
	ct-net create --internal inside
	ct-net up inside
	member ps_3 ct0n1v2 10.143.0.2 ct0n1
	member ps_4 ct0n1v3 10.143.0.3 ct0n1
	publish ps_3 0.0.0.0 8080 tcp 10.143.0.2 80
	ct-net up
	serve wan 80
	serve ps_1 80
	serve ps_3 80
	for nf in 0 1; do
		bridge_nf $nf
		[ "$(ask ps_4 10.143.0.2 80)" = "ps_3 from 10.143.0.3" ]
		mute ps_3 192.0.2.2 80
		mute ps_3 10.142.0.2 80
		mute wan 192.0.2.1 8080
	done
}

@test "isolated containers do not reach each other, not even by way of the host" {
	ct-net create --isolated alone
	ct-net up alone
	for n in 2 3; do
		member ps_4$n ct0n1v$n 10.143.0.$n ct0n1
		ip link set ct0n1v$n type bridge_slave isolated on
	done
	ct-net up
	serve wan 80
	serve ps_43 80
	[ "$(ask ps_42 192.0.2.2 80)" = "wan from 192.0.2.1" ]
	for nf in 0 1; do
		bridge_nf $nf
		mute ps_42 10.143.0.3 80
	done
	ns ps_42 ip route add 10.143.0.3 via 10.143.0.1
	ns ps_43 ip route add 10.143.0.2 via 10.143.0.1
	mute ps_42 10.143.0.3 80
}

# knows NAME ADDRESS: the hardware address that it has for that.
knows() {
	ns "$1" ip neigh show "$2" | sed -n 's/.*lladdr \([^ ]*\).*/\1/p'
}

@test "a container that forges another's address changes nothing for the host and its neighbours" {
	serve ps_2 80
	serve wan 80
	mine=02:42:0a:8e:00:02
	gateway=02:42:0a:8e:00:01
	ask ps_1 10.142.0.3 80
	ask ps_2 192.0.2.2 80
	ask - 10.142.0.3 80
	for from in $mine $gateway 02:42:0a:8e:00:03; do
		forge ps_1 "$from" 10.142.0.1 10.142.0.3
		forge ps_1 "$from" 10.142.0.3 10.142.0.1
	done
	[ "$(knows ps_2 10.142.0.1)" = $gateway ]
	[ "$(knows - 10.142.0.3)" = 02:42:0a:8e:00:03 ]
	forge ps_1 02:42:0a:8e:00:99 10.142.0.2 10.142.0.3 $mine
	[ "$(knows ps_2 10.142.0.2)" = $mine ]
	forge ps_1 $mine 10.142.0.2 10.142.0.3 02:42:0a:8e:00:03
	[ "$(bridge fdb show dev ct0v2 | grep -c 02:42:0a:8e:00:03)" = 0 ]
	# A container with its own address is heard.
	ip neigh flush dev ct0
	ns ps_2 ip neigh flush dev eth0
	forge ps_1 $mine 10.142.0.2 10.142.0.3
	[ "$(knows ps_2 10.142.0.2)" = $mine ]
	nft 'table inet watch { chain c { type filter hook prerouting priority raw;
		iifname "ct0" ip saddr != 10.142.0.2 counter; }; }'
	ns ps_1 ip neigh replace 10.142.0.1 lladdr $gateway nud permanent dev eth0
	for address in 10.142.0.3 10.142.9.9; do
		ns ps_1 ip addr add $address/32 dev eth0
		run ! ns ps_1 ping -q -c 1 -W 0.3 -I $address 192.0.2.2
		ns ps_1 ip addr del $address/32 dev eth0
	done
	nft list table inet watch | grep 'counter packets 0 '
	ns ps_1 ip link set eth0 address 02:42:0a:8e:00:03
	mute ps_1 192.0.2.2 80
	[ "$(ask - 10.142.0.3 80)" = "ps_2 from 10.142.0.1" ]
	ns ps_1 ip link set eth0 address $mine
	ns ps_1 ip route replace default via 10.142.0.1
	[ "$(ask ps_1 192.0.2.2 80)" = "wan from 192.0.2.1" ]
}

@test "a container that forges its address to the bridge's link-local groups is not heard" {
	ask - 10.142.0.3 1 || true
	nft 'table arp watch { chain c { type filter hook input priority 0; iifname "ct0v2" counter; }; }'
	for group in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do
		forge ps_1 02:42:0a:8e:00:03 10.142.0.3 10.142.0.1 02:42:0a:8e:00:03 01:80:c2:00:00:0$group
	done
	nft list table arp watch | grep 'counter packets 0 '
	[ "$(bridge fdb show dev ct0v2 | grep -c 02:42:0a:8e:00:03)" = 0 ]
}

@test "a container can send only IPv4 and ARP" {
	address=$(ip -6 -o addr show ct0 | sed -n 's/.* \(fe80[^/]*\).*/\1/p')
	run ! ns ps_1 ping -6 -q -c 1 -W 0.5 "$address%eth0"
	nft delete table bridge ct_ct0
	wait_until ns ps_1 ping -6 -q -c 1 -W 1 "$address%eth0"
}

@test "a thousand ports need as many rules as one" {
	count=$(nft list ruleset | grep -c ' dnat ')
	for port in $(seq 2000 2999); do
		publish ps_1 0.0.0.0 "$port" tcp 10.142.0.2 80
	done
	ct-net up
	serve ps_1 80
	[ "$(nft -t list ruleset | grep -c ' dnat ')" -eq "$count" ]
	[ "$(ask wan 192.0.2.1 2999)" = "ps_1 from 192.0.2.2" ]
}
