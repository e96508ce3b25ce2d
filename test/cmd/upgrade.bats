load helper

# The containers, images, volumes and networks of this store are made by the utilities of an earlier commit; the
# tests look after them with those of this tree.
before=e264a6a

setup_file() {
	local new status=0
	CT_TESTS=$(realpath "$BATS_TEST_DIRNAME/..")
	new=$(cd "$CT_TESTS/.." && realpath -m "${B:-build}")
	OLD=$("$CT_TESTS/before" "$before" 2>"$BATS_FILE_TMPDIR/said") || status=$?
	WITHOUT=
	if [ "$status" = 3 ]; then
		WITHOUT=$(cat "$BATS_FILE_TMPDIR/said")
		export WITHOUT
		return
	fi
	[ "$status" = 0 ] || {
		cat "$BATS_FILE_TMPDIR/said" >&2
		return 1
	}
	export OLD WITHOUT
	B=$OLD sandbox_up
	PATH=$OLD:$PATH busybox_image
	earlier_store
	PATH=$new:$PATH
}

teardown_file() {
	[ -n "$WITHOUT" ] || sandbox_down
}

setup() {
	[ -z "$WITHOUT" ] || skip "$WITHOUT"
	busybox_setup
}

# Containers are for the tests to come.
teardown() { :; }

# old COMMAND...: of the earlier commit.
old() {
	PATH=$OLD:$PATH "$@" </dev/null
}

earlier_store() {
	local page='mkdir -p /www && echo page >/www/index.html && exec httpd -f -p 80 -h /www'
	local stops='trap "echo stopped; exit 0" TERM; echo started; while :; do sleep 0.05; done'
	old ct-net create back
	old ct-run -d --name web -p 18980:80 -v data:/data -l a=b -m 64m busybox sh -c "echo kept >/data/file; $page"
	old ct-run -d --name other --network back busybox sh -c "$page"
	old ct-run -d --name stops -v data:/data -e E=old busybox sh -c "$stops"
	old ct-run -d --name removed -p 18981:80 --rm busybox sh -c "$page"
	old ct-run -d --name killed -p 18982:80 busybox sh -c "$page"
	old ct-run -d --name moved --network none busybox sleep 10000
	old ct-run --name ended -v data:/data busybox sh -c 'echo one; echo file >/made; exit 3' || [ $? = 3 ]
	old ct-commit -c 'CMD ["cat","/made"]' ended mine:v1
	wait_until old ct-exec stops true
	# `ended` ran on the way, so every earlier supervisor has written its record.
	old ct-ps --no-header -o id,name,status,pid,ip,ports >"$CT_TEST_DIR/listed"
} >"$CT_TEST_DIR/made" 2>&1

fetch() {
	wget -q -O - "http://$1/" 2>/dev/null || curl -sf "http://$1/"
}

is_dead() {
	[ "$(field status "$1")" = dead ]
}

@test "the containers of an earlier version are listed as it listed them" {
	ct-ps --no-header -o id,name,status,pid,ip,ports >"$D/listed"
	diff "$CT_TEST_DIR/listed" "$D/listed"
	[ "$(ct-images --no-header -o name | sort | paste -sd,)" = busybox:latest,mine:v1 ]
	[ "$(ct-volumes --no-header -o name)" = data ]
	[ "$(ct-net ls --no-header -o name,members | tr '\t' ' ' | sort | paste -sd,)" = 'back 1,default 4' ]
}

@test "a running container of an earlier version: exec, cp, logs, inspect, stats, top, diff" {
	[ "$(ct-exec web cat /data/file)" = kept ]
	[ "$(ct-exec stops sh -c 'echo $E')" = old ]
	ct-cp web:/www/index.html "$D/page"
	[ "$(cat "$D/page")" = page ]
	[[ $(ct-logs stops) == started* ]]
	[ "$(ct inspect -f '.Config.Labels.a,.HostConfig.Memory' web | paste -sd,)" = b,67108864 ]
	[[ $(ct stats --json web) == *'"name":"web"'*'"limit":67108864'* ]]
	[[ $(ct top web) == *httpd* ]]
	[[ $(ct-diff web) == *'A /www/index.html'* ]]
}

@test "a published port of a running container of an earlier version is reachable, also after ct-net up" {
	[ "$(fetch 127.0.0.1:18980)" = page ]
	ct-net up
	[ "$(fetch 127.0.0.1:18980)" = page ]
	[ "$(ct port web)" = '80/tcp -> 0.0.0.0:18980' ]
}

@test "containers of both versions reach each other by name" {
	ct-run -d --name new --network back busybox sleep 10000
	[ "$(ct-exec new wget -q -O - http://other/)" = page ]
	ct-exec other ping -q -c 1 new
	ct-rm -f new
	[ "$(ct-run --rm --network container:other busybox wget -q -O - http://localhost/)" = page ]
}

@test "a running container of an earlier version: connect, publish, update, pause, rename" {
	ct-net connect --network back moved
	[ "$(ct-exec moved wget -q -O - http://other/)" = page ]
	ct-net publish web 18983:80
	[ "$(fetch 127.0.0.1:18983)" = page ]
	ct-net unpublish web 18983
	run ! fetch 127.0.0.1:18983
	ct-update -m 32m web
	[ "$(ct-ps --no-header -o memorylimit web)" = 33554432 ]
	ct-pause moved
	[ "$(field status moved)" = paused ]
	ct-unpause moved
	ct rename moved renamed
	[ "$(ct-exec renamed echo there)" = there ]
}

@test "a running container of an earlier version is committed" {
	ct-commit web page:now
	[ "$(ct-run --rm page:now cat /www/index.html)" = page ]
}

@test "a running container of an earlier version stops, starts again and keeps its volume" {
	ct stop stops
	[ "$(field status stops)" = 'exited 0' ]
	[ "$(ct-logs stops | tail -n 1)" = stopped ]
	ct-start stops
	[ "$(ct-exec stops sh -c 'echo $E; cat /data/file' | paste -sd,)" = old,kept ]
	ct restart -t 1 stops
	[ "$(field status stops)" = running ]
}

@test "a container of an earlier version that was started with --rm removes itself, and frees its port" {
	ct stop -t 1 removed
	[ "$(ct-ps --no-header -o name | grep -x removed)" = '' ]
	ct-run -d --name next -p 18981:80 busybox sleep 10000
	ct-rm -f next
}

@test "a container of an earlier version whose supervisor is killed is dead, and starts again" {
	kill -9 "$(awk -F '[= ]' '$1 == "supervisor" { print $2 }' "$CT_RUN/$(ct id killed)/state")"
	wait_until is_dead killed
	ct-start killed
	wait_until fetch 127.0.0.1:18982
	ct-rm -f killed
}

@test "an ended container of an earlier version: logs, exit status, files, start" {
	[ "$(ct-logs ended)" = one ]
	[ "$(field status ended)" = 'exited 3' ]
	[ "$(ct-wait ended)" = 3 ]
	ct-cp ended:/made "$D/made"
	[ "$(cat "$D/made")" = file ]
	run ct-start -a ended
	[ "$status" = 3 ]
	[ "$output" = one ]
}

@test "an image that an earlier version committed runs, and is saved and loaded" {
	[ "$(ct-run --rm mine:v1)" = file ]
	ct-save -o "$D/mine.tar" mine:v1
	ct-init -n loaded - <"$D/mine.tar"
	[ "$(ct-run --rm loaded)" = file ]
}

@test "a volume of an earlier version is mounted and snapshotted" {
	[ "$(ct-run --rm -v data:/d busybox cat /d/file)" = kept ]
	ct-volumes snapshot data copy
	[ "$(ct-run --rm -v copy:/d busybox cat /d/file)" = kept ]
}

@test "a store of an earlier version is taken down and up" {
	ct-ps -q -r | xargs ct-rm -f
	ct-net down
	ct-store down
	ct-store up
	[ "$(ct-run --rm -v data:/d mine:v1 cat /d/file)" = kept ]
	[ "$(ct-start -a ended || :)" = one ]
}
