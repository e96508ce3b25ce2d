# Containers as units of systemd, before the first reboot.
# shellcheck disable=SC2154 # run sets output
load boot.bash

setup_file() {
	mkdir -p "$kept" /var/log/journal /etc/systemd/system.conf.d
	journalctl --flush
	# Shorter than the stop timeout of a container below.
	printf '[Manager]\nDefaultTimeoutStopSec=5\n' >/etc/systemd/system.conf.d/short.conf
	cp -a build/installed/. /
	systemctl daemon-reload
}

@test "the installed units are valid, and systemd finds them" {
	run -0 systemd-analyze verify --man=no ct-store.service ct@web.service
	[ -z "$output" ]
}

@test "ct-store.service brings the store up" {
	systemctl enable --now ct-store
	[ "$(findmnt -no FSTYPE /var/lib/ct)" = btrfs ]
	[ "$(property Result ct-store)" = success ]
}

@test "a web server with a published port runs as ct@web.service" {
	ct init -n web - <added/web.tar
	ct create --init --name web -p 8080:80 web busybox httpd -f -h /www/web
	systemctl enable --now ct@web
	wait_until serves 8080 'page of web'
	[ "$(property MainPID ct@web)" = "$(sed -n 's/^supervisor=//p' "/run/ct/$(field id web)/state")" ]
}

@test "a web server with a published port runs as the unit that ct unit prints" {
	ct create --init --name site -p 8081:80 web busybox httpd -f -h /www/site
	ct unit site >/etc/systemd/system/ct-site.service
	run -0 systemd-analyze verify --man=no ct-site.service
	[ -z "$output" ]
	systemctl daemon-reload
	systemctl enable --now ct-site
	wait_until serves 8081 'page of site'
}

@test "PostgreSQL with a volume runs as ct@db.service" {
	ct init -n postgresql - <added/postgresql.tar
	ct create --name db -u postgres -w /tmp -p 5432:5432 -v rows:/var/lib/postgresql --stop-signal INT --stop-timeout 60 postgresql \
		sh -c "[ -s /var/lib/postgresql/db/PG_VERSION ] || $bin/initdb -N -D /var/lib/postgresql/db; exec $bin/postgres -D /var/lib/postgresql/db -c jit=off -c listen_addresses=*"
	systemctl enable --now ct@db
	wait_until query 'select 1'
	query 'create table boots as select 1 as boot'
	(: </dev/tcp/127.0.0.1/5432)
	addresses >"$kept/addresses"
	[ "$(grep -cE '	10\.[0-9.]+	.*:(8080|8081|5432)->' "$kept/addresses")" = 3 ]
}

@test "systemctl stop sends the stop signal, and the unit ends without a failure" {
	ct create --name polite --stop-signal USR1 web sh -c 'trap "echo asked to end; exit 0" USR1; echo ready; while :; do sleep 0.1; done'
	systemctl start ct@polite
	wait_until sh -c 'journalctl -u ct@polite | grep -q ready'
	systemctl stop ct@polite
	[ "$(field status polite)" = 'exited 0' ]
	[ "$(property ActiveState ct@polite) $(property Result ct@polite)" = 'inactive success' ]
	journalctl --sync
	journalctl -u ct@polite | grep 'asked to end'
}

@test "systemctl stop waits as long as --stop-timeout says, longer than systemd's own timeout" {
	ct create --name deaf --stop-timeout 9 web sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
	ct unit deaf >/etc/systemd/system/ct-deaf.service
	systemctl daemon-reload
	for unit in ct@deaf ct-deaf; do
		systemctl start $unit
		wait_until sh -c "journalctl -u $unit | grep -q ready"
		begun=$EPOCHREALTIME
		systemctl stop $unit
		((${EPOCHREALTIME/./} - ${begun/./} >= 9000000))
		[ "$(field status deaf)" = 'killed 9' ]
		[ "$(property Result $unit)" != timeout ]
	done
}

@test "systemd restarts a container whose supervisor was killed, with Restart= in a drop-in" {
	for unit in ct@web ct-site ct@db; do
		mkdir -p /etc/systemd/system/$unit.service.d
		printf '[Service]\nRestart=on-failure\nRestartSec=1\n' >/etc/systemd/system/$unit.service.d/restart.conf
	done
	systemctl daemon-reload
	for unit in ct@web ct-site ct@db; do
		kill -9 "$(property MainPID $unit)"
		wait_until sh -c "[ \$(systemctl show --value -p NRestarts $unit) = 1 ]"
	done
	all_back
	[ "$(query 'select boot from boots')" = 1 ]
}

@test "systemd restarts a container whose program was killed, as for memory" {
	for unit in ct@web ct-site; do
		name=${unit#ct?}
		ct kill -s KILL "$name"
		wait_until sh -c "[ \$(systemctl show --value -p NRestarts $unit) = 2 ]"
	done
	all_back
}

@test "systemctl stop ends a unit that has Restart=, for good" {
	systemctl stop ct@web
	[ "$(property ActiveState ct@web)" = inactive ]
	[[ $(field status web) =~ ^(exited\ 143|killed\ 15)$ ]]
	systemctl start ct@web
	all_back
}

# What the next boot expects.
@test "a container without a unit runs, with a volume, and is stopped" {
	ct run -d --name by-hand -v other:/data web sh -c 'echo one >>/data/lines; exec sleep 100000'
	ct stop -t 0 by-hand
	cat /proc/sys/kernel/random/boot_id >"$kept/boot_id"
	echo 'the tests have ended' | systemd-cat
}
