load helper
load lan

# Each test has a CT_RUN, and so networks, of its own.
setup_file() {
	sandbox_up || return
	ct-net down
}

setup() {
	ct-net down	# the file's; the only networks are those of the tests
	unset CT_BRIDGE CT_SUBNET
	export CT_RUN=$BATS_TEST_TMPDIR/run
}

teardown() {
	CT_BRIDGE=cta CT_RUN=$CT_RUN.a ct-net down
	lan_down
}

forwarding() {
	cat "/proc/sys/net/ipv4/conf/$1/forwarding"
}

@test "up makes a bridge with the first address, a second up changes nothing, down removes everything" {
	run --separate-stderr ct-net up
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(ip -o -4 addr show ct0 | awk '{ print $4 }')" = 10.142.0.1/16 ]
	[ "$(cat /sys/class/net/ct0/address 2>/dev/null || ip -o link show ct0 | sed 's/.*ether \([^ ]*\).*/\1/')" = 02:42:0a:8e:00:01 ]
	index=$(ip -o link show ct0 | cut -d: -f1)
	rules=$(nft -s list ruleset)
	[ "$(ct-net ls -o name,bridge,subnet,up --no-header)" = $'default\tct0\t10.142.0.0/16\tyes' ]
	run ct-net up
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$(ip -o link show ct0 | cut -d: -f1)" = "$index" ]
	[ "$(nft -s list ruleset)" = "$rules" ]
	ct-net down
	[ -z "$(nft list ruleset)" ]
	run ! ip link show ct0
	[ ! -e "$CT_RUN/net" ]
	[ "$(ct-net ls -o up --no-header)" = no ]
	ct-net down
}

@test "up restores flushed rules, with all elements of containers" {
	ct-net up
	mkdir "$CT_RUN/ps_1"
	echo "member=default 10.142.0.2 ct0v2 eth0" >"$CT_RUN/ps_1/net"
	echo "port=0.0.0.0 8080 tcp 10.142.0.2 80" >>"$CT_RUN/ps_1/net"
	echo "port=127.0.0.1 53 udp 10.142.0.2 53" >>"$CT_RUN/ps_1/net"
	nft flush ruleset
	ct-net up
	nft -n list map inet ct_ct0 ports_any | grep -F '6 . 8080 : 10.142.0.2 . 80'
	nft -n list map inet ct_ct0 ports_ip | grep -F '127.0.0.1 . 17 . 53 : 10.142.0.2 . 53'
	nft list set bridge ct_ct0 members | grep -F '"ct0v2" . 02:42:0a:8e:00:02 . 10.142.0.2'
	nft delete table bridge ct_ct0
	ct-net up
	nft list set bridge ct_ct0 ports | grep -F '"ct0v2"'
}

@test "an uplink forwards no more than needed while the network is up, and after down what it did before" {
	uplink
	ip link add up1 type bridge
	ip link set up1 up
	[ "$(forwarding up0)" = 0 ]
	ct-net up
	[ "$(forwarding ct0)" = 1 ]
	[ "$(forwarding up0)" = 1 ]
	[ "$(forwarding up1)" = 0 ]
	[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 0 ]
	ct-net down
	[ "$(forwarding up0)" = 0 ]
	# A host that forwards anyway is left alone.
	sysctl -q -w net.ipv4.ip_forward=1
	ct-net up
	[[ "$(nft list set inet ct_ct0 opened)" != *up0* ]]
	ct-net down
	[ "$(forwarding up0)" = 1 ]
	[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
}

@test "down does not switch off forwarding that another program switched on" {
	uplink
	ct-net up
	nft list set inet ct_ct0 opened | grep up0
	sysctl -q -w net.ipv4.ip_forward=1
	ct-net up
	[[ "$(nft list set inet ct_ct0 opened)" != *up0* ]]
	ct-net down
	[ "$(forwarding up0)" = 1 ]
}

@test "a subnet that overlaps a route of the host is refused by name, and nothing is left" {
	ip link add up0 type bridge
	ip addr add 10.142.7.1/24 dev up0
	ip link set up0 up
	run ct-net up
	[ "$status" -eq 1 ]
	[ "$output" = "ct-net: network default: 10.142.0.0/16: overlaps the host's route 10.142.7.0/24 of interface up0 (CT_SUBNET=... chooses another)" ]
	run ! ip link show ct0
	[ -z "$(nft list ruleset)" ]
	[ "$(find "$CT_RUN/net" -mindepth 1)" = "" ]
	export CT_SUBNET=10.9.0.0/16
	ct-net up
	run ct-net create --subnet 10.142.7.128/25 inner
	[ "$output" = "ct-net: 10.142.7.128/25: overlaps the host's route 10.142.7.0/24 of interface up0 (give the network another)" ]
	run ct-net create --subnet 10.9.3.0/24 inner
	[ "$output" = "ct-net: 10.9.3.0/24: overlaps 10.9.0.0/16 of network default" ]
}

@test "a network that is up keeps its subnet and bridge until it is down" {
	ct-net up
	run env CT_SUBNET=10.9.0.0/16 ct-net up
	[ "$status" -eq 1 ]
	[ "$output" = "ct-net: network default is up as ct0 with 10.142.0.0/16: 'ct-net down' first" ]
	run env CT_BRIDGE=cta ct-net up
	[ "$status" -eq 1 ]
	[ "$output" = "ct-net: network default is up as ct0 with 10.142.0.0/16: 'ct-net down' first" ]
	CT_SUBNET=10.9.0.0/16 CT_BRIDGE=cta ct-net down
	run ! ip link show ct0
	CT_SUBNET=10.9.0.0/16 CT_BRIDGE=cta ct-net up
	[ "$(ip -o -4 addr show cta | awk '{ print $4 }')" = 10.9.0.1/16 ]
	ct-net down
	[ -z "$(nft list ruleset)" ]
}

@test "up leaves a foreign link with the name of the bridge alone" {
	ip link add ct0 type bridge
	run ct-net up
	[ "$status" -eq 1 ]
	[ "$output" = "ct-net: ct0: an interface of that name exists and does not belong to $CT_RUN (CT_BRIDGE=... chooses another name)" ]
	ct-net down
	ip link show ct0
	ip link del ct0
}

@test "networks are created, listed, brought up with addresses of their own, and removed" {
	run --separate-stderr ct-net create web
	[ "$status" -eq 0 ]
	[ "$output" = web ]
	ct-net create --internal inside
	ct-net create --isolated --subnet 172.20.0.0/16 alone
	[ "$(ct-net ls -o name,bridge,subnet,up,internal,isolated,members --no-header)" = "default	ct0	10.142.0.0/16	no	no	no	0
alone	ct0n3	172.20.0.0/16	no	no	yes	0
inside	ct0n2	10.143.1.0/24	no	yes	no	0
web	ct0n1	10.143.0.0/24	no	no	no	0" ]
	ct-net up web alone
	[ "$(ct-net ls -o name,up --no-header | grep yes | cut -f1 | xargs)" = "alone web" ]
	[ "$(ip -o -4 addr show ct0n1 | awk '{ print $4 }')" = 10.143.0.1/24 ]
	ct-net rm web inside
	run ! ip link show ct0n1
	ip link show ct0n3
	[[ "$(nft list set inet ct_ct0 bridges)" != *ct0n1* ]]
	[ "$(ct-net ls -q | xargs)" = "default alone" ]
	[ "$(ct-net create next)" = next ]
	[ "$(ct-net ls -o name,bridge,subnet --no-header | grep next)" = $'next\tct0n1\t10.143.0.0/24' ]
}

@test "an operand that is not a network is refused by name" {
	ct-net create web
	run ct-net create web
	[ "$status" -eq 1 ]
	[ "$output" = "ct-net: web: this network exists already" ]
	for name in none host container ../x ps_42002 ''; do
		run ct-net create "$name"
		[ "$status" -eq 1 ]
		[[ "$output" == "ct-net: $name: not a name for a network ("* ]]
	done
	run ct-net create default
	[ "$output" = "ct-net: default: this network exists already" ]
	for subnet in x 10.0.0.0 10.0.0.1/24 10.0.0.0/33 300.0.0.0/24; do
		run ct-net create --subnet "$subnet" bad
		[ "$status" -eq 1 ]
		[[ "$output" == "ct-net: $subnet: not a subnet"* ]]
	done
	for subnet in 127.0.0.0/24 224.0.0.0/24 10.0.0.0/31 0.0.0.0/0; do
		run ct-net create --subnet "$subnet" bad
		[ "$output" = "ct-net: $subnet: not a subnet for hosts with a prefix of /8 to /30" ]
	done
	for command in up down rm; do
		run ct-net $command nosuch
		[ "$status" -eq 1 ]
		[ "$output" = "ct-net: nosuch: no such network ('ct net ls' lists them)" ]
	done
	run ct-net rm default
	[ "$output" = "ct-net: default: the default network cannot be removed" ]
	run env CT_BRIDGE=tenletters ct-net up
	[ "$output" = 'ct-net: CT_BRIDGE: tenletters: not a name for a bridge (letters, digits, "_", "-", at most 9, a letter first)' ]
	run env CT_SUBNET=10.0.0.1/16 ct-net up
	[ "$output" = "ct-net: CT_SUBNET: 10.0.0.1/16: not a subnet: only the first 16 bits may be other than 0" ]
	[ "$(ct-net ls -q | xargs)" = "default web" ]
}

@test "the help lists the commands and their options" {
	run ct-net --help
	[ "$status" -eq 0 ]
	[[ "$output" == *"ct-net create"*"ct-net rm"* ]]
	run ct-net create --help
	[ "$status" -eq 0 ]
	[[ "$output" == "Usage: ct-net create [OPTION...] NETWORK"*"--subnet A.B.C.D/N"* ]]
	run ct-net nosuch
	[ "$status" -eq 2 ]
	[ "$output" = "ct-net: nosuch: no such command (see 'ct-net --help')" ]
	run ct-net
	[ "$status" -eq 2 ]
	run ct-net ls --nosuch
	[ "$status" -eq 2 ]
	[ "$output" = "ct-net: --nosuch: unknown option (see 'ct-net ls --help')" ]
}

@test "a network with a container cannot be removed" {
	ct-net up
	mkdir "$CT_RUN/ps_42002"
	ln -s ps_42002 "$CT_RUN/net/default/10.142.0.2"
	exec {lock}<"$CT_RUN/ps_42002"
	flock "$lock"	# as a supervisor does for as long as it lives
	run ct-net down
	[ "$status" -eq 1 ]
	[ "$output" = "ct-net: network default: ps_42002 is on it" ]
	[ "$(ct-net ls -o up,members --no-header)" = $'yes\t1' ]
	exec {lock}<&-
	ct-net down
	[ ! -e "$CT_RUN/ps_42002" ]
	run ! ip link show ct0
}

@test "the next up or down completes one that was killed" {
	uplink
	for at in $(seq 1 25); do
		for command in up down; do
			timeout -s KILL "$(printf '0.%03d' "$at")" ct-net $command || true
		done
		ct-net up
		[ "$(ct-net ls -o up --no-header)" = yes ]
		[ "$(ip -o -4 addr show ct0 | awk '{ print $4 }')" = 10.142.0.1/16 ]
		[ "$(forwarding ct0)$(forwarding up0)" = 11 ]
		nft list table inet ct_ct0 >/dev/null
		timeout -s KILL "$(printf '0.%03d' "$at")" ct-net down || true
		ct-net down
		[ -z "$(nft list ruleset)" ]
		run ! ip link show ct0
		[ "$(forwarding up0)" = 0 ]
		[ ! -e "$CT_RUN/net" ]
	done
}

@test "twenty ups at the same time make one bridge" {
	for i in $(seq 20); do
		(ct-net up 2>"$BATS_TEST_TMPDIR/said.$i" && echo good >"$BATS_TEST_TMPDIR/good.$i") &
	done
	wait
	[ "$(cat "$BATS_TEST_TMPDIR"/good.* | wc -l)" -eq 20 ]
	[ "$(cat "$BATS_TEST_TMPDIR"/said.*)" = "" ]
	[ "$(ip -o link | grep -c ' ct0:')" -eq 1 ]
}

@test "two sets of networks side by side do not touch each other" {
	uplink
	ct-net up
	run env CT_BRIDGE=cta CT_RUN="$CT_RUN.a" ct-net up
	[ "$status" -eq 1 ]
	[ "$output" = "ct-net: network default: 10.142.0.0/16: overlaps the host's route 10.142.0.0/16 of interface ct0 (CT_SUBNET=... chooses another)" ]
	rules=$(nft -s list table inet ct_ct0)
	CT_BRIDGE=cta CT_SUBNET=10.9.0.0/16 CT_RUN=$CT_RUN.a ct-net up
	[ "$(nft -s list table inet ct_ct0)" = "$rules" ]
	other=$(nft -s list table inet ct_cta)
	ct-net down
	run ! ip link show ct0
	ip link show cta
	[ "$(nft -s list table inet ct_cta)" = "$other" ]
	CT_BRIDGE=cta CT_RUN=$CT_RUN.a ct-net down
	[ -z "$(nft list ruleset)" ]
}

@test "beside a policy that drops forwarded packets, up says what to allow, and that works" {
	uplink
	nft 'table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }'
	run --separate-stderr ct-net up
	[ "$status" -eq 0 ]
	[ "$stderr" = "ct-net: iptables may drop forwarded packets; allow them with: iptables -I FORWARD -i ct0 -j ACCEPT; iptables -I FORWARD -o ct0 -j ACCEPT" ]
	nft delete table ip filter
	nft 'table inet mine { chain fw { type filter hook forward priority 0; policy drop; }; }'
	run --separate-stderr ct-net up
	[[ "$stderr" == "ct-net: the table mine fw may drop forwarded packets; allow them with: nft insert rule inet mine fw iifname ct0 accept; "* ]]
	member ps_1 ct0v2 10.142.0.2
	serve wan 80
	mute ps_1 192.0.2.2 80
	eval "${stderr#*allow them with: }"
	[ "$(ask ps_1 192.0.2.2 80)" = "wan from 192.0.2.1" ]
}

@test "a damaged record of a network is reported by its path" {
	ct-net up
	record=$CT_RUN/net/default/network
	cp "$record" "$D/whole"
	echo 'set=x' >"$record"
	run -1 --separate-stderr ct-net ls
	[ "$stderr" = "ct-net: $record: damaged" ]
	cp "$D/whole" "$record"
	ct-net ls
}
