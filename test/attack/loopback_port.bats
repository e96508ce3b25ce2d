# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# A port is published on 127.0.0.1 for the host alone, but a neighbour on the host's network sends packets
# for 127.0.0.1 to the host's hardware address (CVE-2020-8558's kind); a container does the same.
load attack
load ../cmd/lan

setup() {
	busybox_setup
	uplink
	ct-run -d --name web -p 127.0.0.1:8123:80 "$img" sh -c 'echo page >index.html; exec httpd -f -p 80' >"$D/id"
	ct-run -d --name bad --cap-add NET_ADMIN --cap-add NET_RAW "$img" sleep 1000 >"$D/bad"
}

teardown() {
	ns_drop
	ip link del up0 2>/dev/null || :
	remove_containers
}

fetch() { timeout 3 "$CT_TEST_DIR/busybox/bin/busybox" wget -q -O - "http://$1/"; }

@test "a port on 127.0.0.1 answers the host, and nobody who sends to 127.0.0.1 from outside" {
	wait_until fetch 127.0.0.1:8123
	ns wan ip route add local 127.0.0.1/32 dev lo table 99
	ns wan ip addr del 127.0.0.1/8 dev lo
	ns wan ip route del local 127.0.0.0/8 dev lo table local 2>/dev/null || :
	ns wan sysctl -q -w net.ipv4.conf.all.route_localnet=1 net.ipv4.conf.eth0.route_localnet=1
	ns wan ip route add 127.0.0.0/8 via 192.0.2.1 dev eth0 onlink
	run ! ns wan timeout 2 "$CT_TEST_DIR/busybox/bin/busybox" wget -q -O - http://127.0.0.1:8123/
	run ! ns wan timeout 2 "$CT_TEST_DIR/busybox/bin/busybox" wget -q -O - http://192.0.2.1:8123/
	run ! ct-exec bad timeout 2 wget -q -O - "http://${CT_SUBNET%.0.0/16}.0.1:8123/"
}

@test "without protection (published on all addresses): the neighbour is answered" {
	ct-run -d --name open -p 8124:80 "$img" sh -c 'echo page >index.html; exec httpd -f -p 80' >/dev/null
	outside() { ns wan timeout 3 "$CT_TEST_DIR/busybox/bin/busybox" wget -q -O - http://192.0.2.1:8124/ | grep -q page; }
	wait_until outside
}
