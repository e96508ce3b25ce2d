load helper
load runs

# The command of a container, its user and its directory.

@test "variables are set, passed on and read from files, and the last setting counts" {
	printf '# a note\n\n  A=file\nB=file\nHOSTVAR\n' >"$D/env"
	image_with env=A=image env=I=image env=PATH=/bin
	[ "$(HOSTVAR=ours NOT=x ct-run --env-file "$D/env" -e B=option -e 'C=a b=c' -e EMPTY= -e NOSUCH "$with" \
		sh -c 'env | grep -vE "^(PWD|SHLVL|OLDPWD|HOSTNAME|container)=" | sort')" = \
		$'A=file\nB=option\nC=a b=c\nEMPTY=\nHOME=/root\nHOSTVAR=ours\nI=image\nPATH=/bin' ]
	[ "$(ct-run --env-file <(echo P=pipe) "$img" sh -c 'echo $P')" = pipe ]
}

@test "a file of variables is read whole and in docker's form, or refused with its line" {
	D=$BATS_TEST_TMPDIR
	printf '\xef\xbb\xbfA=1\r\nB=2\r\n' >"$D/windows"
	[ "$(ct-run --rm --env-file "$D/windows" "$img" sh -c 'echo "$A$B."')" = 12. ]
	printf 'A=1\nexport X=1\n' >"$D/shell"
	run -125 ct-run --env-file "$D/shell" "$img" true
	[ "$output" = "ct-run: --env-file: $D/shell: line 2: export X=1: the name of a variable has no blanks (no \"export\", no \"X = 1\")" ]
	# 16 KiB are read at a time.
	{ echo A=1 && head -c 20000 /dev/zero | tr '\0' '#'; } >"$D/long"
	ct-run --rm --env-file "$D/long" "$img" true
	run -125 strace -f -qq -o "$D/trace" -P "$D/long" -e inject=read:error=EIO:when=2 ct-run --env-file "$D/long" "$img" true
	[ "$output" = "ct-run: --env-file: $D/long: Input/output error" ]
}

@test "-w sets the working directory and makes it if it is missing" {
	[ "$(ct-run -w /var/tmp "$img" pwd)" = /var/tmp ]
	[ "$(ct-run -w /a/new/one "$img" sh -c 'pwd; stat -c %u:%g:%a .')" = $'/a/new/one\n0:0:755' ]
	[ "$(ct-run -w /usr "$img" bin/id -u)" = 0 ]
}

@test "-u takes a user and a group by name or number, with the user's groups and home directory" {
	as() {
		ct-run -u "$1" "$img" sh -c 'echo $(id -u):$(id -g) $(id -G) $HOME'
	}
	[ "$(as nobody)" = '65534:65534 65534 100 /' ]
	[ "$(as www-data)" = '33:33 33 /var' ]
	[ "$(as 33)" = '33:33 33 /var' ]
	[ "$(as 4711)" = '4711:0 0 /' ]
	[ "$(as 4711:4712)" = '4711:4712 4712 /' ]
	[ "$(as nobody:disk)" = '65534:6 6 /' ]
	[ "$(as :users)" = '0:100 100 /root' ]
	[ "$(as root)" = '0:0 0 /root' ]
}

@test "a user that is not root has no capabilities" {
	[ "$(ct-run -u www-data "$img" sed -n 's/^Cap[PE].*\t//p' /proc/self/status | sort -u)" = 0000000000000000 ]
}

@test "an id beyond the container's own is refused" {
	for how in '-u 65536' '-t -u 65536' '-u 0:65536'; do
		# shellcheck disable=SC2086 # words
		run -125 ct-run $how "$img" true
		[[ $output =~ ^ct-run:\ (user|group)\ 65536:\ not\ in\ the\ container\'s\ ID\ map ]]
	done
}

# podman#9377, and docker: [""] removes the entry point of the base image.
@test "an entry point of one empty string counts as none" {
	image_with entrypoint= cmd=echo cmd=said
	[ "$(ct-run "$with")" = said ]
	[ "$(ct-run "$with" echo mine)" = mine ]
}

# moby#1348, podman#8886, and systemd.exec(5) for "container".
@test "HOSTNAME and container are set unless the image or the user sets them" {
	# Asked of a program: a shell sets HOSTNAME by itself.
	variables() {
		"$@" env | grep -E '^(HOSTNAME|container)=' | sort | xargs
	}
	c=$(ct-run -d "$img" sleep 1000)
	[ "$(variables ct-exec "$c")" = "HOSTNAME=$c container=ct" ]
	ct-rm -f "$c"
	[ "$(variables ct-run -h box "$img")" = 'HOSTNAME=box container=ct' ]
	c=$(ct-run -d --network host "$img" sleep 1000)
	[ "$(variables ct-exec "$c")" = "HOSTNAME=$(ct-exec "$c" hostname) container=ct" ]
	ct-rm -f "$c"
	[ "$(variables ct-run -h box -e HOSTNAME=mine -e container= "$img")" = 'HOSTNAME=mine container=' ]
	image_with env=HOSTNAME=image
	[ "$(variables ct-run "$with")" = 'HOSTNAME=image container=ct' ]
	# A bare run is no container.
	[ -z "$(variables env -u HOSTNAME -u container ct-run --only uts -h box --rootfs /)" ]
}

@test "the image's command, entry point, user, directory and variables hold unless overridden" {
	image_with entrypoint=/bin/echo entrypoint=entry cmd=cmd user=www-data workdir=/var env=X=1
	[ "$(ct-run "$with")" = 'entry cmd' ]
	[ "$(ct-run "$with" mine)" = 'entry mine' ]
	[ "$(ct-run --entrypoint id "$with" -u)" = 33 ]
	[ "$(ct-run --entrypoint id -u root "$with" -u)" = 0 ]
	[ "$(ct-run --entrypoint '' "$with" sh -c 'pwd; echo $X; id -u')" = $'/var\n1\n33' ]
	[ "$(ct-run --entrypoint pwd "$with")" = /var ]
	[ "$(ct-run --entrypoint pwd -w /usr "$with")" = /usr ]
}

@test "without any command /bin/sh is run" {
	[ "$(echo 'echo $0 $$' | ct-run "$img")" = '/bin/sh 1' ]
}

@test "options end at the image, so the command keeps its own" {
	[ "$(ct-run "$img" echo -n --rm -x | od -c | head -1)" = '0000000   -   -   r   m       -   x' ]
	[ "$(ct-run -n -- "$img" echo -- x)" = '-- x' ]
}

@test "an image is found by id, by name, and by name with tag" {
	for ref in "$img" busybox busybox:latest; do
		run -0 ct-run "$ref" true
	done
}

# podman-run(1), "FILES": /run/.containerenv.
@test "a container has /run/.containerenv, empty, and the host's mounts at /run stay as they are" {
	ct-run --rm --network none "$img" sh -c '[ -f /run/.containerenv ] && [ ! -s /run/.containerenv ]'
	ct-run --rm --network none --read-only --tmpfs /run "$img" test -f /run/.containerenv
	mkdir "$D/run"
	ct-run --rm --network none -v "$D/run:/run" "$img" true
	[ -z "$(ls -A "$D/run")" ]
	ct-run --rm --network none -v "$D/run:/run:ro" "$img" true
	# An image whose /run leads nowhere.
	cp -a "$busybox" "$D/odd"
	rm -rf "$D/odd/run"
	ln -s /nowhere/at/all "$D/odd/run"
	odd=$(ct-init "$D/odd")
	ct-run --rm --network none "$odd" true
	ct-rm "$odd"
}
