# shellcheck disable=SC2016,SC2154,SC2317 # helper.bash sets and calls these
# What a command reports is on disk by then, and what appears in the store is on disk before it appears: the order of
# the system calls, which power cuts (powercut.bats) notice only sometimes.
load ../cmd/helper
load ../cmd/registry

setup_file() { sandbox_up; registry_up plain; }
teardown_file() { registry_down; sandbox_down; }

setup() {
	busybox_setup
	type strace || skip 'strace is not installed'
}

teardown() {
	remove_containers
	ct-images -q | grep -vx "$img" | ct-rm -f -
	ct-volumes -q | ct-rm -f -
}

# COMMAND...: executes it and sets $calls, one word a call:
#	data	everything is written to disk
#	root, names, layers, counters, file	this directory or file is (file: that of the store)
#	config	this record is written; format: the store is one
#	layer, image, volume, container, name	it appears; synced: a step of a build is marked so
#	told	an id is printed
traced() {
	local first
	strace -f -y -qq -e trace=syncfs,fsync,openat,renameat2,renameat,symlinkat,write -e signal=none -o "$D/trace" "$@" >"$D/out" 2>"$D/err" 3>&- || {
		cat "$D/err"
		return 1
	}
	read -r first _ <"$D/trace"	# mkfs syncs the file, too
	calls=$(sed -nE \
		-e 's#.* syncfs\(.* = 0$#data#p' \
		-e "s#.* fsync\([0-9]+<$CT_ROOT>\) += 0\$#root#p" \
		-e "s#^$first +fsync\([0-9]+<$CT_ROOT.btrfs[^>]*>\) += 0\$#file#p" \
		-e 's#.* renameat2?\(.*[/"]config"\) = 0$#config#p' \
		-e 's#.* openat\(.*/synced", .*O_CREAT.* = [0-9].*#synced#p' \
		-e 's#.* renameat\(.*"format"\) = 0$#format#p' \
		-e 's#.* fsync\([0-9]+<[^>]*/(names/img|layers|counters)>\) += 0$#\1#p' \
		-e 's#.* renameat2?\(.*"tmp/[^"]*", .*"layers/.* = 0$#layer#p' \
		-e 's#.* renameat2?\(.*"tmp/[^"]*", .*"img_.* = 0$#image#p' \
		-e 's#.* renameat2?\(.*"tmp/[^"]*", .*"vol_.* = 0$#volume#p' \
		-e 's#.* renameat2?\(.*"tmp/[^"]*", .*"ps_.* = 0$#container#p' \
		-e 's#.* (symlinkat|renameat2?)\(.*names/img.* = 0$#name#p' \
		-e 's#.* write\(1<.*"(img|vol|ps)_.*#told#p' "$D/trace" | sed 's,names/img,names,')
	calls=${calls//$'\n'/ }
}

# REGEX: matches $calls, in which words are separated by spaces.
in_order() {
	[[ " $calls " =~ $1 ]] || { echo "not $1: $calls"; return 1; }
}

image_in_order() {
	in_order ' config data (.* )?image .*(root|names) (.* )?told '
	in_order ' image (.* )?root '
	in_order ' name (.* )?names '
	! in_order ' told .*(root|names) ' >/dev/null
}

@test "an image is on disk before it appears, and so are it and its name before the id is printed" {
	traced ct-init -n made "$busybox"
	image_in_order
	ct-run --name x --network none "$img" true
	traced ct-commit x other
	image_in_order
	traced ct-commit x made
	in_order ' data (.* )?image (.* )?root (.* )?told '
	ct-save -o "$D/archive" made
	ct-send made >"$D/stream"
	ct-rm -f made other
	traced sh -c 'exec ct-init -n made - <"$1"' sh "$D/archive"
	image_in_order
	ct-rm -f made
	traced sh -c 'exec ct-receive -n made <"$1"' sh "$D/stream"
	image_in_order
	printf 'FROM busybox\nRUN touch /made\n' >"$D/Dockerfile"
	traced ct-build -q -t built -t second "$D"
	image_in_order
	in_order ' root (name )+names told '
	in_order ' config data synced '
}

@test "layers are on disk before they appear" {
	registry_at plain
	ct-push busybox "$registry/layers"
	ct-rm -f busybox	# only the name: the image has containers or is that of the tests
	rm -f "$CT_TEST_DIR/busybox.id"
	traced ct-pull "$registry/layers"
	in_order ' data layer (.* )?layers '
	image_in_order
}

@test "a name that is given is on disk when the command ends" {
	traced ct-tag busybox made
	in_order ' name (.* )?names '
}

@test "a received container and a volume with data are on disk before they appear" {
	ct-run --name x --network none "$img" true
	ct-send x >"$D/stream"
	ct-rm -f x
	traced sh -c 'exec ct-receive <"$1"' sh "$D/stream"
	in_order ' config data container (.* )?told '
	ct-volumes create source
	traced ct-volumes create --from source vol
	in_order ' config data volume (.* )?told '
}

@test "a new store, its file and its block of ids are on disk before they are used" {
	export CT_ROOT=$D/new CT_RUN=$D/new.run
	traced ct-volumes create vol
	in_order ' file (.* )?data format root (.* )?counters (.* )?volume (.* )?told '
	ct-rm -f vol
	ct-store down
}
