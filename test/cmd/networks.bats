# A run on several networks, with an address and names of its own.
load helper

setup() {
	busybox_setup
	ct-net create back
}

teardown() {
	remove_containers
	ct-net rm back
}

# interfaces CONTAINER: its network interfaces, on one line.
interfaces() {
	ct-exec "$1" ls /sys/class/net | xargs
}

@test "a run is attached to each --network, and is found on each by its name and aliases" {
	ct-run -d --name only-back --network back "$img" sleep 1000
	ct-run -d --name only-default "$img" sleep 1000
	c=$(ct-run -d --name web --network bridge --network back --network-alias www --network-alias site "$img" sleep 1000)
	[ "$(interfaces web)" = 'eth0 eth1 lo' ]
	[ "$(ct-exec web ip route | grep -c ^default)" -eq 1 ]
	for other in only-back only-default; do
		for name in web www site; do
			ct-exec "$other" ping -c 1 -w 5 "$name"
		done
		ct-exec web ping -c 1 -w 5 "$other"
	done
	ct restart web
	[ "$(interfaces web)" = 'eth0 eth1 lo' ]
	ct-exec only-back ping -c 1 -w 5 www
	ct-kill web
	ct-wait web
	run -1 ct-exec only-back grep -w www /etc/hosts
}

@test "a network that does not exist, or excludes the other one, is refused" {
	for other in none host container:x; do
		run -125 ct-run --network "$other" --network back "$img" true
		[ "$output" = "ct-run: --network back: not together with --network $other" ]
		run -125 ct-run --network back --network "$other" "$img" true
		[ "$output" = "ct-run: --network $other: not together with --network back" ]
	done
	run -125 ct-run --network back --network back "$img" true
	[ "$output" = 'ct-run: --network back: given twice' ]
	before=$(ct-ps -q)
	run -125 ct-run --network back --network nosuch "$img" true
	[[ $output == 'ct-run: --network: '*nosuch* ]]
	[ "$(ct-ps -q)" = "$before" ]
	run -125 ct-run --dry-run --network back --network default "$img" true
	[ "$output" = 'ct-run: --dry-run: not with several networks' ]
}

@test "--ip chooses the address, also of the next start" {
	base=${CT_SUBNET%.0.0/16}
	c=$(ct-run -d --name web --ip "$base.7.9" "$img" sleep 1000)
	[ "$(field ip web)" = "$base.7.9" ]
	run -125 ct-run --ip "$base.7.9" "$img" true
	[ "$output" = "ct-run: --ip: $base.7.9: is the address of $c" ]
	for wrong in "$base.0.1" "$base.255.255" "$base.0.0" 192.0.2.1; do
		run -125 ct-run --ip "$wrong" "$img" true
		[[ $output == "ct-run: --ip: $wrong: not an address for a container of network default"* ]]
	done
	run -125 ct-run --ip 1.2.3 "$img" true
	[ "$output" = 'ct-run: --ip 1.2.3: not an IPv4 address' ]
	run -125 ct-run --ip "$base.7.8" --network none "$img" true
	[ "$output" = 'ct-run: --ip: needs a network, not --network none' ]
	ct restart web
	[ "$(field ip web)" = "$base.7.9" ]
}

@test "--dns-search replaces the host's search domains" {
	[ "$(ct-run --rm --dns-search a.example --dns-search b.example "$img" grep ^search /etc/resolv.conf)" = 'search a.example b.example' ]
	run -1 ct-run --rm --dns-search . "$img" grep -e ^search -e ^domain /etc/resolv.conf
	run -125 ct-run --dns-search 'a b' "$img" true
	[ "$output" = 'ct-run: --dns-search a b: not a domain' ]
}

@test "a renamed container keeps its aliases" {
	ct-run -d --name other "$img" sleep 1000
	ct-run -d --name web --network-alias www "$img" sleep 1000
	ct-rename web front
	ct-exec other ping -c 1 -w 5 www
	ct-exec other ping -c 1 -w 5 front
}
