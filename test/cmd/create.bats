bats_require_minimum_version 1.5.0
load helper

# ct-create

@test "a created container has the status created until ct-start starts it" {
	c=$(ct-create --name made "$img" sh -c 'echo hello; exit 3')
	[ "$c" = "$(ct-ps -q --filter status=created)" ]
	[ "$(ct-ps --no-header -o status,exitcode,started,finished,pid made)" = $'created\t\t\t\t' ]
	run -125 ct-exec made true
	[ -z "$(ct-ps -q --filter status=exited)" ]
	run -3 ct-start -a made
	[ "$output" = hello ]
	[ "$(ct-ps --no-header -o status,exitcode made)" = $'exited 3\t3' ]
}

@test "a created container can be filled and is removed by ct-rm without -f" {
	c=$(ct-create "$img" cat /page)
	echo page >"$D/page"
	ct-cp "$D/page" "$c:/page"
	[ "$(ct-start -a "$c")" = page ]
	c=$(ct-create "$img")
	ct-rm "$c"
	[ -z "$(ct-ps -q --filter id="$c")" ]
}

@test "a created container keeps options: environment, limits, volumes, labels, --rm" {
	mkdir "$D/data"
	c=$(ct-create --rm -e A=b -m 32m -v "$D/data:/data" -l k=v -h web "$img" sh -c 'echo "$A" "$(hostname)"; ls -d /data')
	[ "$(ct-ps -q --filter label=k=v)" = "$c" ]
	[ "$(ct-inspect -f .HostConfig.Memory "$c")" = $((32 << 20)) ]
	run -0 ct-start -a "$c"
	[ "$output" = $'b web\n/data' ]
	[ -z "$(ct-ps -q --filter id="$c")" ]
}

@test "ct-create with --rootfs creates a container on a directory" {
	mkdir -p "$D/tree/bin"
	cp "$(command -v busybox)" "$D/tree/bin/busybox"
	c=$(ct-create --rootfs "$D/tree" /bin/busybox echo here)
	[ "$(ct-ps --no-header -o status "$c")" = created ]
	[ "$(ct-start -a "$c")" = here ]
}

@test "ct-create takes no option of a run, writes --cidfile, and replaces a container with --replace" {
	for option in -d -n --explain --dry-run --step --only=snapshot --without=net; do
		run -125 ct-create "$option" "$img"
		[[ $output == "ct-create: "* ]]
	done
	c=$(ct-create --cidfile "$D/cid" --name one "$img")
	[ "$(cat "$D/cid")" = "$c" ]
	run -125 ct-create --name one "$img"
	[[ $output == "ct-create: one: the name is in use by $c" ]]
	second=$(ct-create --replace --name one "$img")
	[ "$(ct-ps -q)" = "$second" ]
}

@test "ct-wait refuses a container that was never started" {
	c=$(ct-create "$img")
	run -1 ct-wait "$c"
	[ "$output" = "ct-wait: $c: was never started" ]
}
