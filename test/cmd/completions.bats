load helper
load complete

setup() {
	busybox_setup
	mkdir "$D/work"
	cd "$D/work" || return
	complete_up
}

teardown() {
	remove_containers
	ct-volumes -q | ct-rm -f -
	ct-images -q | grep -vx "$img" | ct-rm -f -
}

# typed STEP...: to an interactive bash that has the completion, or what $sourced names.
typed() {
	printf '%s\n' ". '${sourced-$completion}'" "PS1='%% '" 'bind "set enable-bracketed-paste off"' 'bind "set page-completions off"' \
		'bind "set bell-style none"' >"$D/rc"
	HISTFILE='' run_tty size:40x200 'wait:# ' "type:. '$D/rc'\\r" 'wait:% ' "$@" 'type:exit 0\r' -- bash --norc --noprofile -i
}

# A line each but for the one with a newline.
hostile_words() {
	# shellcheck disable=SC1003,SC2016 # nothing is to be expanded
	printf '%s\n' '$(touch made)' '`touch made`' 'web;touch made' "we'b" 'we"b' 'web\' $'web\033[31m' 'web&' 'web*' '~root' $'web\nnew line' '$HOME' '{a,b}' '!!'
}

@test "after ct, utilities, functions and ct- programs in PATH are offered" {
	mkdir "$D/bin"
	printf '#!/bin/sh\n' >"$D/bin/ct-zebra"
	cp "$D/bin/ct-zebra" "$D/bin/ct-zoo"
	cp "$D/bin/ct-zebra" "$D/bin/ct-z\$(touch made)"
	chmod 755 "$D/bin/ct-zebra" "$D/bin/"*made*
	PATH=$PATH:$D/bin
	[ "$(offered 'ct z')" = zebra ]
	[ "$(offered 'ct st')" = 'start stats stop store' ]
	[ "$(offered 'ct help st')" = 'start stats stop store' ]
	[ "$(offered 'ct ' | tr ' ' '\n')" = "$(ct help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' | sort)" ]
	[ "$(offered 'ct -')" = '--help --version' ]
	[ "$(offered "$B/ct st")" = 'start stats stop store' ]
	[ -z "$(offered "$D/nosuch/ct st")" ]
	[ ! -e made ]
}

@test "the options of a utility's table are offered" {
	for name in run exec ps rm store; do
		expected=$(ct-$name --help=table | awk -F '\t' '{ print $2 } $1 ~ /-/ { print $1 }' | LC_ALL=C sort | paste -sd ' ')
		[ "$(offered "ct $name -")" = "$expected" ]
		[ "$(offered "ct-$name -")" = "$expected" ]
	done
	[ "$(offered 'ct run --cpu')" = '--cpu-shares --cpus --cpuset-cpus' ]
	[ "$(offered 'ct run --name x --rm --ini')" = --init ]
	[ -z "$(offered 'ct rm -- -')" ]
	[ -z "$(offered 'ct run busybox -')" ]
}

@test "the options in the help of functions and scripts are offered" {
	[ "$(offered 'ct stop -')" = '--help -t' ]
	[ "$(offered 'ct df -')" = '--help --json' ]
	[ "$(offered 'ct build -')" = '--build-arg --file --help --iidfile --label --no-cache --platform --print --prune --pull --quiet --secret --tag --target --version -f -q -t' ]
	[ "$(offered 'ct-build --t')" = '--tag --target' ]
	[ "$(offered 'ct inspect -')" = '--format --help --version -f' ]
}

@test "a script is not run to find its options" {
	mkdir "$D/bin"
	printf '#!/bin/sh\ntouch made\necho "  -x, --xray  look inside"\n' >"$D/bin/ct-deploy"
	chmod 755 "$D/bin/ct-deploy"
	PATH=$PATH:$D/bin
	[[ $(offered 'ct deploy -') != *made* ]]
	[ "$(offered 'ct deploy ')" = '-o default' ]
	[ "$(offered 'ct deploy --')" = '--help' ]
	[ ! -e made ]
}

@test "containers are offered by id and by name where a command takes them" {
	r=$(ct-run -d --name web-1 "$img" sleep 1000)
	e=$(ct-run --only snapshot --name web-2 "$img")
	n=$(ct-run --only snapshot "$img")
	for name in exec stop kill top stats pid; do
		[ "$(offered "ct $name ")" = "$r web-1" ]
		[ "$(offered "ct $name web")" = web-1 ]
	done
	[ "$(offered 'ct start ')" = "$e $n web-2" ]
	for name in logs commit wait ps; do
		[ "$(offered "ct $name ")" = "$r $e $n web-1 web-2" ]
	done
	[ "$(offered 'ct-kill -s TERM ps_')" = "$r" ]
	[ "$(offered 'ct stop -t 3 web-1 we')" = web-1 ]
	[ "$(offered 'ct logs web-2 web-1')" = 'web-1' ]
	[ "$(offered 'ct exec web-1 ')" = '' ]
	[ "$(offered 'bocker exec ')" = "$r web-1" ]
}

@test "images are offered where a command takes them, all objects where it takes all" {
	other=$(ct-init -n reg.example:5000/team/app:v1 "$busybox")
	c=$(ct-run --only snapshot --name bus "$img")
	ct-run --rm -v buffer:/d "$img" true
	v=$(ct-volumes -q)
	all="busybox:latest $img $other reg.example:5000/team/app:v1"
	[ "$(offered 'ct run ')" = "$all" ]
	[ "$(offered 'ct commit bus ')" = "$all" ]
	[ "$(offered 'bocker --CPU_SHARE=9 run ')" = "$all" ]
	[ "$(offered 'ct run -d -m 1g --name x bu')" = busybox:latest ]
	[ "$(offered 'ct run -dm 1g bu')" = busybox:latest ]
	[ -z "$(offered 'ct run -dm ')" ]
	[ "$(offered 'ct rm bu')" = 'buffer bus busybox:latest' ]
	[ "$(offered 'ct rm ')" = "buffer bus busybox:latest $img $other $c reg.example:5000/team/app:v1 $v" ]
	[ "$(offered 'ct rm ' | wc -w)" -eq 8 ]
	for name in inspect export path id diff send 'diff bus'; do
		[ "$(offered "ct $name bu")" = 'buffer bus busybox:latest' ]
	done
	[ "$(offered 'ct volumes snapshot bu')" = buffer ]
	[ "$(offered 'ct send --parent bu')" = 'buffer busybox:latest' ]
	[ "$(offered 'ct volumes s')" = snapshot ]
	[ "$(offered 'ct volumes create --f')" = --from ]
	[ "$(offered 'ct shell b')" = busybox:latest ]
}

@test "of a name with a colon the part after the colon is offered, because bash replaces only that" {
	ct-init -n reg.example:5000/team/app:v1 "$busybox"
	[ "$(offered 'ct run busybox:la' ct run busybox : la)" = latest ]
	[ "$(offered 'ct run busybox:' ct run busybox :)" = latest ]
	[ "$(offered 'ct run reg.example:50' ct run reg.example : 50)" = 5000/team/app:v1 ]
	[ "$(offered 'ct run reg.example:5000/team/app:' ct run reg.example : 5000/team/app :)" = v1 ]
	[ "$(offered 'ct run "busybox:la' ct run '"busybox:la')" = busybox:latest ]
	[ -z "$(offered 'ct run busybox :la' ct run busybox : la)" ]
	sed -i '/^how=/s/^/COMP_WORDBREAKS=${COMP_WORDBREAKS\/\/:}; /' "$ask"	# as some people have it
	[ "$(offered 'ct run busybox:la' ct run busybox:la)" = busybox:latest ]
}

@test "an option's argument is completed according to its kind" {
	ct-run --rm -v data:/d "$img" true
	ct-net create back
	[ "$(offered 'ct run --network ')" = 'back container: default host none' ]
	[ "$(offered 'ct run --network c')" = '-o nospace container:' ]
	r=$(ct-run -d --name web "$img" sleep 1000)
	[ "$(offered 'ct run --network container:w' ct run --network container : w)" = web ]
	[ "$(offered 'ct run --network=container:' ct run --network = container :)" = "$r web" ]
	ct-net rm back
	[ "$(offered 'ct run --network=h' ct run --network = h)" = host ]
	run -125 ct-run --only nothing "$img"
	[ "$(offered 'ct run --only=' ct run --only =)" = "-o nospace $(xargs -n 1 <<<"${output#*there are }" | LC_ALL=C sort | xargs)" ]
	[ "$(offered 'ct run --without uts,p')" = '-o nospace uts,pid uts,proc' ]
	[ "$(offered 'ct run --userns u')" = unmapped ]
	[ "$(offered 'ct kill -s TE')" = TERM ]
	[ "$(offered 'ct kill --signal=SIGTE' ct kill --signal = SIGTE)" = SIGTERM ]
	[ "$(offered 'ct run -v ')" = '-o default -o nospace data:' ]
	[ "$(offered 'ct run --volume=da' ct run --volume = da)" = '-o default -o nospace data:' ]
	[ "$(offered 'ct run -v ./da')" = '-o default' ]
	[ -z "$(offered 'ct run -v data:/' ct run -v data : /)" ]
	[ "$(offered 'ct run --rootfs ')" = '-o dirnames' ]
	[ -z "$(offered 'ct run -w ')" ]	# of the container
	[ "$(offered 'ct run --env-file ')" = '-o default' ]
	[ "$(offered 'ct ps --filter status=r' ct ps --filter status = r)" = '-o nospace running' ]
	[ "$(VARIABLE_1=x offered 'ct exec -e VARIABLE_')" = VARIABLE_1 ]
	[ -z "$(offered 'ct stop -t ')" ]
	[ "$(offered 'ct build -f ')" = '-o default' ]
	[ "$(offered 'ct logs x >')" = '-o default' ]
}

@test "labs are offered by name" {
	mkdir -p "$D/labs/uts" "$D/labs/pid" "$D/labs/draft"
	: >"$D/labs/uts/text"
	: >"$D/labs/pid/text"
	export CT_LABS=$D/labs
	[ "$(offered 'ct lab ')" = 'pid uts' ]
	[ "$(offered 'ct lab --check u')" = uts ]
	[ -z "$(CT_LABS=$D/nothing offered 'ct lab x')" ]
}

@test "for cp a container with a colon is offered once, and paths of the host" {
	ct-run --only snapshot --name web "$img"
	[ "$(offered 'ct cp we')" = '-o default -o nospace web:' ]
	[ "$(offered 'ct cp ./we')" = '-o default' ]
	[ "$(offered 'ct cp web:/et' ct cp web : /et)" = '-o nospace /etc/' ]
	[ -z "$(offered 'ct cp nosuch:/et' ct cp nosuch : /et)" ]
	[ "$(offered 'ct cp web:/etc ' ct cp web : /etc '')" = '-o default' ]
	[ "$(offered 'ct cp -a file we')" = '-o nospace web:' ]
	[ "$(offered 'ct init ')" = '-o dirnames' ]
	[ "$(offered 'ct build ')" = '-o dirnames' ]
}

@test "capabilities and the columns of listings are offered" {
	[ "$(offered 'ct run --cap-add NET_')" = 'NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW' ]
	[ "$(offered 'ct run --cap-drop A')" = 'ALL AUDIT_CONTROL AUDIT_READ AUDIT_WRITE' ]
	[ "$(offered 'ct ps -o id,sta')" = '-o nospace id,started id,status' ]
	[ "$(offered 'ct net ls -o sub')" = '-o nospace subnet' ]
	[ "$(offered 'ct images --output na')" = '-o nospace name' ]
}

@test "bocker's commands and options are offered" {
	[ "$(offered 'bocker ')" = 'commit exec help images init logs ps pull rm run' ]
	[ "$(offered 'bocker -')" = '--CPU_SHARE= --MEM_LIMIT= -o nospace' ]
	[ "$(offered 'bocker --CPU_SHARE=9 im' bocker --CPU_SHARE = 9 im)" = images ]
}

@test "only plain words of a listing are offered" {
	mkdir "$D/bin"
	cp "$B/ct" "$D/bin"
	{ hostile_words; printf '%s\n' -rf --privileged; } | sed 's/^/ps_42002\t/' >"$D/rows"
	hostile_words | sed 's/$/\trunning/' >>"$D/rows"
	printf 'ps_42003\tplain\n' >>"$D/rows"
	for name in ps images volumes; do
		printf '#!/bin/sh\ncat %s\n' "$D/rows" >"$D/bin/ct-$name"
	done
	chmod 755 "$D/bin"/*
	for line in 'ct rm ' 'ct exec ' 'ct start ' 'ct run ' 'ct run -v ' 'ct cp ' 'ct rm we' 'ct rm $' 'ct rm `'; do
		words=$(PATH=$D/bin:$PATH offered "$line")
		[[ $words != *[!a-zA-Z0-9_.:\ -]* ]]
		[[ $words != *HOME* && $words != *-rf* && $words != *--privileged* ]]
	done
	[[ " $(PATH=$D/bin:$PATH offered 'ct rm ') " == *' plain '* ]]
	[ ! -e made ]
}

@test "the commands of ct-net, their options and networks are offered" {
	ct-net create web
	[ "$(offered 'ct net c')" = 'connect create' ] || [ "$(offered 'ct net c')" = create ]
	[ "$(offered 'ct-net create --i')" = '--internal --isolated' ]
	[ "$(offered 'ct net create --int')" = --internal ]
	[ "$(offered 'ct net rm ')" = 'default web' ]
	[ "$(offered 'ct-net up w')" = web ]
	[ "$(offered 'ct net --h')" = --help ]
	ct-net rm web
}

@test "without a store nothing is offered, printed or made" {
	export CT_ROOT=$D/none CT_RUN=$D/none.run
	facts >"$D/before"
	for line in 'ct rm ' 'ct run ' 'ct exec ' 'ct start ' 'ct inspect ' 'ct volumes snapshot '; do
		[ -z "$(offered "$line")" ]
	done
	[ -z "$(PATH=$D/none:/usr/bin:/bin offered 'ct rm ')" ]
	[ ! -e "$D/none" ]
	[ ! -e "$D/none.run" ]
	facts | same_facts "$D/before" -
	mkdir "$CT_ROOT"
	[ -z "$(offered 'ct run ')" ]
	[ -z "$(ls "$CT_ROOT")" ]
	: >"$D/file"
	[ -z "$(CT_ROOT=$D/file offered 'ct rm ')" ]
}

@test "after sudo the listings come from sudo -n" {
	c=$(ct-run --only snapshot --name web "$img")
	mkdir "$D/bin"
	cat >"$D/bin/sudo" <<-'EOF'
		#!/bin/sh
		echo "$*" >>"$SUDO_LOG"
		[ ! -e "$SUDO_LOG.no" ] || { echo 'sudo: a password is required' >&2; exit 1; }
		[ "$1 $2" = '-n --' ] || exit 1
		shift 2
		exec "$@"
	EOF
	chmod 755 "$D/bin/sudo"
	export SUDO_LOG=$D/log
	PATH=$D/bin:$PATH
	[ "$(offered 'ct logs we')" = web ]
	[ ! -e "$D/log" ]
	[ "$(asked_by=_sudo offered ' ct logs ' ct logs '')" = "$c web" ]
	[ "$(cut -d ' ' -f 1-3 "$D/log")" = '-n -- ct-ps' ]
	: >"$D/log.no"
	[ -z "$(asked_by=_sudo offered ' ct logs we')" ]
	[ "$(asked_by=_sudo offered ' ct lo')" = logs ]
	rm "$D/log" "$D/log.no"
	[ -z "$(asked_by=_sudo offered " $B/ct logs we")" ]	# what a path says is not run with rights before Enter
	[ ! -e "$D/log" ]
}

@test "typed: TAB completes commands, options and names, also with a colon" {
	ct-run --only snapshot --name web-1 "$img"
	run -0 typed 'type:ct ima\t--no-h\t -o name busybox:la\t\r' 'wait:\nbusybox:latest\r\n' 'wait:% ' \
		'type:ct ps "--no-h\t -o id "--filter=status=run\t; echo = $?\r' 'wait:\n= 0\r\n' 'wait:% ' \
		'type:ct-images --no-header -o name "busy\t\r' 'wait:\nbusybox:latest\r\n' 'wait:% ' \
		'type:ct run --network=no\t --rm bus\t echo do""ne\r' 'wait:\ndone\r\n' 'wait:% ' \
		'type:ct ps --no-header -o name we\t\r' 'wait:\nweb-1\r\n' 'wait:% ' \
		'type:ct st\t\t' 'wait:start  Start stopped containers again' 'wait:store  Bring the store up' 'type:\x15' \
		'type:ct rm we\t; echo = $?\r' 'wait:\n= 0\r\n' 'wait:% '
	[ -z "$(ct-ps -q)" ]
}

@test "typed: a directory with spaces or an expansion in its name is one word" {
	mkdir 'two words' '$(touch made)'
	cp -r "$busybox/bin" 'two words/bin'
	: >'$(touch made)/file'
	: >'f `touch made`'
	run -0 typed 'type:ct init tw\t && echo = $?\r' 'wait:\n= 0\r\n' 'wait:% ' \
		'type:ct init \\$\t && echo = $?\r' 'wait:\n= 0\r\n' 'wait:% ' \
		'type:ct build -f f\t .\r' 'wait:no FROM instruction' 'wait:% '
	[ "$(ct-images --no-header -o source | head -2)" = "$PWD/\$(touch made)"$'\n'"$PWD/two words" ]
	[ ! -e made ]
}

@test "typed: completion prints nothing else and leaves the shell unchanged" {
	: >"$D/file"
	CT_ROOT=$D/file run -1 ct-ps	# it complains
	CT_ROOT=$D/file run -0 typed 'type:set -u; shopt -s failglob; IFS=:; sleep 0 & p=$!\r' 'wait:% ' \
		'type:ct rm x\t\ty\t\t\x15' 'type:ct run \t\tx\x15' 'type:ct start --\t\tx\x15' \
		'type:ct st\t\t' 'wait:start  Start stopped containers again' 'wait:store  Bring the store up' 'type:\x15' \
		'type:echo "= $((p == $!))<$IFS>"\r' 'wait:\n= 1<:>' 'wait:% '
	[[ $output != *ct-ps:* && $output != *ct-images:* && $output != *unbound* && $output != *'no match'* ]]
}

@test "typed: the purpose of each command is listed beside it but not inserted" {
	run -0 typed 'type:ct p\t\t' 'wait:\npath   Print the root directory of a container or an image,' \
		'wait:\nps     List containers ' 'type:\x15' 'type:bocker \t\t' \
		'wait:\ncommit  Commit a container to an image ' 'type:\x15' 'type:ct net dis\t\x15ct-net d\t\t' \
		'wait:\ndisconnect  Detach a running container from a network' 'wait:\ndown        Take networks down' 'type:\x15ct oci sta\t\t' 'wait:\nstate  Print the state of a container as JSON' 'type:\x15' \
		"type:bind 'set show-all-if-ambiguous on'\\r" 'wait:% ' \
		'type:ct st\t' 'wait:\nstop   Stop containers' 'type:\x15' 'type:ct vol\t --no-header -o id; echo = $?\r' 'wait:\n= 0\r\n' 'wait:% '
}

# As `make install` does.
install_completion() {
	local name
	export BASH_COMPLETION_USER_DIR=$D/data sourced=/usr/share/bash-completion/bash_completion
	mkdir -p "$D/data/completions"
	cp "$completion" "$D/data/completions/ct"
	for name in bocker ct-run ct-rm; do
		ln -s ct "$D/data/completions/$name"
	done
}

@test "typed: bash-completion loads the completion for ct, a utility and bocker" {
	c=$(ct-run --only snapshot --name web-1 "$img")
	install_completion
	run -0 typed 'type:complete -p ct; echo = $?\r' 'wait:\n= 1\r\n' 'wait:% ' \
		'type:ct ps --no-header -o name we\t\r' 'wait:\nweb-1\r\n' 'wait:% '
	run -0 typed 'type:ct-run --network=no\t --rm busybox:la\t echo do""ne\r' 'wait:\ndone\r\n' 'wait:% '
	run -0 typed 'type:bocker lo\twe\t; echo = $?\r' 'wait:\n= 0\r\n' 'wait:% '
	run -0 typed 'type:ct-rm we\t; echo = $?\r' 'wait:\n= 0\r\n' 'wait:% '
	[ -z "$(ct-ps -q)" ]
}

@test "typed: completion works after sudo and its options" {
	c=$(ct-run --only snapshot --name web-1 "$img")
	install_completion
	mkdir "$D/bin"
	# shellcheck disable=SC2016
	printf '%s\n' '#!/bin/sh' 'echo "$*" >>"$SUDO_LOG"' 'while :; do case $1 in -u) shift 2 ;; -*) shift ;; *) exec "$@" ;; esac; done' >"$D/bin/sudo"
	chmod 755 "$D/bin/sudo"
	export SUDO_LOG=$D/log
	PATH=$D/bin:$PATH
	run -0 typed 'type:sudo ct ps --no-header -o name we\t\r' 'wait:\nweb-1\r\n' 'wait:% '
	[ "$(cut -d ' ' -f 1-3 "$D/log" | head -n 1)" = '-n -- ct-ps' ]
	run -0 typed 'type:sudo -u root ct-run busybox:la\t echo do""ne\r' 'wait:\ndone\r\n' 'wait:% '
	run -0 typed 'type:sudo ct rm we\t; echo = $?\r' 'wait:\n= 0\r\n' 'wait:% '
	[ "$(ct-ps -q | wc -l)" = 1 ]
}

# A thousand containers, as far as listings look; every second one runs.
thousand() {
	local first config i dirs=() run=() boot start
	first=$(ct-run --name first "$img" true && ct-ps -q first)
	config=$(<"$CT_ROOT/$first/config")
	boot=$(</proc/sys/kernel/random/boot_id)
	start=$(cut -d ' ' -f 22 "/proc/$1/stat")
	for ((i = 1; i < 1000; i++)); do
		dirs+=("$CT_ROOT/ps_$((50000 + i))")
		((i % 2)) || run+=("$CT_RUN/ps_$((50000 + i))")
	done
	mkdir "${dirs[@]}" "${run[@]}"
	for ((i = 1; i < 1000; i++)); do
		printf '%s\n' "${config/name=first/name=web-$i}" >"$CT_ROOT/ps_$((50000 + i))/config"
		cat <"$CT_ROOT/$first/exit" >"$CT_ROOT/ps_$((50000 + i))/exit"
		((i % 2)) || printf '%s\n' "pid=$1" "start=$start" "boot=$boot" started= >"$CT_RUN/ps_$((50000 + i))/state"
	done
}

# How many candidates there are in a new shell, how many processes were started for them (with two that sort them),
# and how many system calls all made.
cost() {
	local pieces
	read -r -a pieces <<<"$1"
	strace -f -qq -o "$D/trace" bash --norc --noprofile -u "$ask" "$completion" "$1" "${pieces[@]}" '' >"$D/words"
	echo "$(wc -l <"$D/words") $(grep -cE '^[0-9]+ +(clone|clone3|fork|vfork)\(' "$D/trace") $(grep -c '(' "$D/trace")"
}

@test "the options of a command are offered with few system calls" {
	read -r words processes calls < <(cost 'ct run --m')
	echo "$words candidates, $processes processes, $calls system calls"
	[ "$processes" -le 6 ]
	[ "$calls" -le 2000 ]
}

@test "a thousand containers are offered with as few processes and system calls as one" {
	c=$(ct-run -d --name one "$img" sleep 1000)
	declare -A one
	for line in ct 'ct rm' 'ct start' 'ct stop' 'ct exec' 'ct logs' 'ct inspect' 'ct commit' 'ct cp' 'ct wait' 'ct kill' 'ct run' \
		'ct shell' 'ct net rm' 'ct net connect'; do
		read -r _ processes calls < <(cost "$line ")
		one[$line]="$processes $calls"
	done
	thousand "$(ct-ps --no-header -o pid one)"
	for line in "${!one[@]}"; do
		read -r words processes calls < <(cost "$line ")
		echo "$line: $words candidates, $processes processes, $calls system calls; of one ${one[$line]}"
		case $line in
		'ct rm' | 'ct inspect')		expected=2004 ;;
		'ct logs' | 'ct commit' | 'ct wait')	expected=2002 ;;
		'ct cp')			expected=2004 ;;	# and files
		'ct start')			expected=1002 ;;
		'ct shell')			expected=1002 ;;
		'ct stop' | 'ct exec' | 'ct kill' | 'ct net connect')	expected=1000 ;;
		'ct run')			expected=2 ;;
		*)				expected=$words ;;
		esac
		[ "$words" -eq "$expected" ]
		[ "$processes" -eq "${one[$line]% *}" ]
		[ "$processes" -le 8 ]
		[ $((calls - ${one[$line]#* })) -le 12000 ]
	done
	rm -r "$CT_ROOT"/ps_5???? "$CT_RUN"/ps_5????
}
