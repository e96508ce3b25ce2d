# shellcheck shell=bash
# Completes `ct NAME ...`, `ct-NAME ...` and `bocker NAME ...` in bash 4.4 or newer. Source this file, or
# let the bash-completion package do so.
#
# The candidates come from their sources: options from the utilities' tables; containers, images, volumes
# and networks from the listings; the functions of ct from their #HELP lines. A script is read, not run,
# because a script without --help would do its work. Text that was read is compared and offered, never
# evaluated, and only if it is a plain word.

# The purpose of each command of ct. Asking all commands takes too long at a TAB, so `make` fills in this
# table in the copy that it installs.
declare -gA _ct_purposes
# What each offered option does, for shells that show it.
declare -gA _ct_helps
# @PURPOSES@

# The capabilities that the kernel's headers name, filled in, too.
_ct_capabilities=()
# @CAPABILITIES@

# Sets $words to the words of the command up to the cursor, as the shell sees them; the last one is
# unfinished. (COMP_WORDS has them in pieces, broken at ":", "=" and so on.)
_ct_words() {
	local line=${COMP_LINE:0:COMP_POINT} rest word piece
	words=()
	for ((piece = 0; piece <= COMP_CWORD; piece++)); do
		word=${COMP_WORDS[piece]-}
		rest=${line#"${line%%[![:space:]]*}"}
		((piece < COMP_CWORD)) || word=$rest
		if [[ ${#words[@]} -eq 0 || $rest != "$line" ]]; then
			words+=("$word")
		else
			words[-1]+=$word
		fi
		line=${rest#"$word"}
	done
}

# Sets $cur to the last word without an opening quote. Sets $head to the beginning of the word that stays on
# the line: bash replaces only the part after the last word break.
_ct_cur() {
	local breaks='' c
	cur=${words[-1]} head=
	case $cur in
	[\'\"]*)
		cur=${cur#?}
		return ;;
	esac
	for c in : = @; do
		[[ ${COMP_WORDBREAKS-} != *"$c"* ]] || breaks+=$c
	done
	if [[ -n $breaks && $cur == *["$breaks"]* ]]; then
		head=${cur%"${cur##*["$breaks"]}"}
	fi
}

# compopt fails outside of a completion, which does not matter.
_ct_how() {
	compopt "$@" 2>/dev/null
}

# _ct_offer WORD...: offers the words that begin with $value, each with $before and $after.
_ct_offer() {
	local word offered=()
	for word; do
		[[ $word != "$value"* || $word == *[![:alnum:]_.:/@=-]* ]] || offered+=("$word")
	done
	_ct_add
}

# Adds the words of $offered to the candidates.
_ct_add() {
	[[ -z $before ]] || offered=("${offered[@]/#/"$before"}")
	[[ -z $after ]] || offered=("${offered[@]/%/"$after"}")
	[[ -z $head ]] || offered=("${offered[@]#"$head"}")
	COMPREPLY+=("${offered[@]}")
}

# _ct_find NAME: sets $found to the program that `ct NAME` would run.
_ct_find() {
	found=$dir/ct-$1
	[[ -n $dir && -f $found && -x $found ]] || found=$(type -P "ct-$1")
}

# _ct_list NAME ARG...: sets $listed to the output of a listing; to nothing if the listing fails or would ask
# for a password. After sudo, the listing runs with sudo, and therefore only a program that sudo finds.
_ct_list() {
	local found
	listed=
	if [[ -z $sudo ]]; then
		_ct_find "$1"
		[[ -z $found ]] || listed=$(exec "$found" "${@:2}" --no-header </dev/null 2>/dev/null)
	elif [[ ${words[0]} != */* ]]; then
		listed=$(exec sudo -n -- "ct-$1" "${@:2}" --no-header </dev/null 2>/dev/null)
	fi
}

# _ct_lines TEXT: sets $lines to its lines that are not empty. (mapfile would read one byte a system call.)
# shellcheck disable=SC2206 # the text is split on purpose
_ct_lines() {
	local - IFS=$'\n'
	set -f
	lines=($1)
}

# Offers the words of $listed. There may be thousands of words, so they are added all at once if possible.
# shellcheck disable=SC2206,SC2086 # the text is split into words on purpose
_ct_split() {
	local - IFS=$'\t\n,' offered
	set -f
	if [[ $listed =~ (^|[$IFS])- ]]; then	# a word with "-" in front would be an option
		offered=($listed)
		listed=${offered[*]/#-*/}
	fi
	if [[ $listed =~ [^[:alnum:]_.:/@=$IFS-] ]]; then
		_ct_offer $listed
	elif [[ -n $value$before$after$head ]]; then
		offered=($listed)
		# Words that begin with $value get a mark, and words without the mark become empty, which splits away.
		offered=("${offered[@]/#"$value"/"+$value"}")
		offered=("${offered[@]/#[!+]*/}")
		listed=${offered[*]}
		offered=($listed)
		offered=("${offered[@]#+}")
		_ct_add
	else
		COMPREPLY+=($listed)
	fi
}

# _ct_list_ps ARG...: lists containers. If the word cannot be an id, only names, of matching containers.
_ct_list_ps() {
	[[ ps_ == "$value"* || $value == ps_* ]] || set -- -f "name=^$value" "${@/%id,name/name}"
	_ct_list ps "$@"
}

_ct_containers() {
	local listed
	_ct_list_ps -o id,name
	_ct_split
}

_ct_running() {
	local listed
	_ct_list_ps -r -o id,name
	_ct_split
}

# Offers the containers without a process.
_ct_ended() {
	local - listed rows IFS=$'\n'
	set -f
	_ct_list_ps -o pid,id,name
	# shellcheck disable=SC2206 # a row a line
	rows=($listed)
	listed=${rows[*]/#[0-9]*/}
	_ct_split
}

_ct_images() {
	local listed
	_ct_list images -o id,name
	_ct_split
}

# Offers the labs, from the directories in which ct-lab looks.
_ct_labs() {
	local labs list dirs path
	IFS=: read -r -a list <<<"${CT_LABS-}"
	if ((${#list[@]} == 0)); then
		list=("$dir/../share/labs" "$dir/../share/ct/labs")
	fi
	for labs in "${list[@]}"; do
		mapfile -t dirs < <(compgen -d -- "$labs/")
		for path in "${dirs[@]}"; do
			[[ ! -f $path/text ]] || _ct_offer "${path##*/}"
		done
	done
}

# Offers volumes; before a colon of [SRC:]DST only by name.
_ct_volumes() {
	local listed columns=id,name
	[[ -z $after ]] || columns=name
	_ct_list volumes -o "$columns"
	_ct_split
}

_ct_networks() {
	local listed
	_ct_list net ls -o name
	_ct_split
}

# Offers the commands of ct-net or ct-oci ($1: net, oci), from its --help.
_ct_commands_of() {
	local found lines line name=''
	_ct_find "$1"
	lines=$(exec "$found" --help </dev/null 2>/dev/null)
	_ct_lines "$lines"
	for line in "${lines[@]}"; do
		if [[ $line == "  ct-$1 "[a-z]* ]]; then
			line=${line#"  ct-$1 "} name=${line%% *}
			_ct_offer "$name"
		elif [[ $name == [a-z]* && $line == '      '[A-Z]* ]]; then
			_ct_purposes[$1 $name]=${line#'      '}
		fi
	done
	_ct_describe "$1"
}

_ct_files() {
	_ct_how -o default
}

_ct_dirs() {
	_ct_how -o dirnames
}

_ct_signals() {
	local signal
	for signal in $(compgen -A signal SIG); do
		[[ $signal != SIGJUNK* ]] || continue
		_ct_offer "${signal#SIG}" "$signal"
	done
}

# _ct_programs DIR...: prints the names of all ct-NAME in the directories, each once. It changes shell options,
# so call it in a subshell.
_ct_programs() {
	local -A names=()
	set +fu
	shopt -u failglob nocasematch
	for path; do
		for file in "${path:-.}"/ct-*; do
			name=${file##*/ct-}
			[[ $name == *[![:alnum:]_.-]* || ! -f $file || ! -x $file ]] || names[$name]=
		done
	done
	printf '%s\n' "${!names[@]}"
}

# _ct_describe PROGRAM: if bash is listing the candidates, adds the purpose of each command. The lines are so
# long that bash shows one column. The common beginning of the candidates does not change.
_ct_describe() {
	local name text width=0 all=${COLUMNS:-80} i
	[[ ${COMP_TYPE-} == @(33|63|64) && ${#COMPREPLY[@]} -gt 1 ]] || return 0
	for name in "${COMPREPLY[@]}"; do
		((${#name} <= width)) || width=${#name}
	done
	for i in "${!COMPREPLY[@]}"; do
		text=${_ct_purposes[$1 ${COMPREPLY[i]}]-}
		[[ -z $text ]] || printf -v 'COMPREPLY[i]' "%-${width}s  %-$((all / 2))s" "${COMPREPLY[i]}" "${text:0:all - width - 3}"
	done
}

# _ct_functions FILE PREFIX: sets $functions to the usage lines of the functions with a #HELP line.
_ct_functions() {
	local lines line
	functions=()
	mapfile -t lines <"$1"
	for line in "${lines[@]}"; do
		[[ $line == "$2"*'() { #HELP '* ]] || continue
		case $2 in
		ct_)	line=${line#*#HELP } line=${line%%$'\t'*} ;;
		*)	line=${line#"$2"} line=${line%%'('*} ;;
		esac
		functions+=("$line")
	done
} 2>/dev/null

# Offers all commands of `ct` or `bocker`.
_ct_names() {
	local functions paths
	_ct_functions "$self" "${program}_"
	_ct_offer "${functions[@]%% *}"
	if [[ $program == ct ]]; then
		IFS=: read -r -a paths <<<"$PATH"
		# shellcheck disable=SC2046 # names without spaces
		_ct_offer $(_ct_programs "$dir" "${paths[@]}")
	fi
	_ct_describe "$program"
}

# Sets $table to one row for each option, as `ct-NAME --help=table` prints it.
_ct_table() {
	local functions usage found='' start='' lines line
	table=()
	if [[ $program == ct ]]; then
		_ct_functions "$self" ct_
		for usage in "${functions[@]}"; do
			[[ $usage != "$command" && $usage != "$command "* ]] || {
				_ct_table_of_usage "$usage"
				return
			}
		done
	fi
	_ct_find "$command"
	[[ -n $found ]] || return
	IFS= LC_ALL=C read -r -n 2 start <"$found"
	if [[ $start == '#!' ]]; then
		_ct_table_of_script
	else
		lines=$(exec "$found" ${sub:+"$sub"} --help=table </dev/null)
		_ct_lines "$lines"
		for line in "${lines[@]}"; do
			[[ $line != [-\ ]?$'\t--'*$'\t'*$'\t'* ]] || table+=("$line")
		done
	fi
} 2>/dev/null

# Fills $table from a usage line such as "stop [-t SECONDS] CONTAINER...".
_ct_table_of_usage() {
	local words word i
	read -r -a words <<<"$1"
	for ((i = 0; i < ${#words[@]}; i++)); do
		word=${words[i]}
		case $word in
		\[--*\])	table+=("  "$'\t'"${word:1:-1}"$'\t\t') ;;
		\[-?\])	table+=("${word:1:-1}"$'\t\t\t') ;;
		\[-?)	table+=("${word:1}"$'\t\t'"${words[i + 1]%\]}"$'\t') ;;
		\[--*)	table+=("  "$'\t'"${word:1}"$'\t'"${words[i + 1]%\]}"$'\t') ;;
		esac
	done
	table+=("  "$'\t--help\t\t')
}

# Fills $table from the lines "  -t, --tag NAME   purpose" of a script's help.
_ct_table_of_script() {
	local lines line letter arg
	mapfile -t lines <"$found"
	for line in "${lines[@]}"; do
		line=${line#"${line%%[!$'\t']*}"}	# the tabs of a here-document
		[[ $line == '  '*--[a-z]*[a-zA-Z]'  '*[a-z]* ]] || continue
		line=${line#"${line%%[! ]*}"}
		letter='  ' arg=
		case $line in
		-[a-zA-Z0-9],\ --*)	letter=${line:0:2} line=${line:4} ;;
		--*) ;;
		*)	continue ;;
		esac
		line=${line%%  *}
		[[ $line != *' '* ]] || arg=${line#* }
		table+=("$letter"$'\t'"${line%% *}"$'\t'"$arg"$'\t')
	done
	[[ ${table[*]-} == *--help* ]] || table+=("  "$'\t--help\t\t')
}

# _ct_option -x|--name: sets $option to the long name (or -x), and $wanted to the name of its argument.
_ct_option() {
	local row letter name
	option=$1 wanted=
	for row in "${table[@]}"; do
		letter=${row%%$'\t'*} row=${row#*$'\t'}
		name=${row%%$'\t'*} row=${row#*$'\t'}
		[[ $1 == "$letter" || $1 == "$name" ]] || continue
		option=${name:-$1} wanted=${row%%$'\t'*}
		return
	done
}

# Parses the words before the last one. Sets $operands to the number of operands, $operand to the last one,
# and $options if options may still follow. If the last word is an option's argument, sets $option and $wanted.
_ct_parse() {
	local word i
	operands=0 operand='' options=yes wanted='' option=''
	for word; do
		if [[ -n $wanted ]]; then
			wanted=
		elif [[ -z $options || $word != -?* ]]; then
			operands=$((operands + 1)) operand=$word
			case $command in
			run | create | exec | top)	options= ;;
			esac
		elif [[ $word == -- ]]; then
			options=
		elif [[ $word == --* ]]; then
			[[ $word == *=* ]] || _ct_option "$word"
			[[ $wanted != \[=* ]] || wanted=	# it follows a = or is left out
		else
			for ((i = 1; i < ${#word}; i++)); do
				_ct_option "-${word:i:1}"
				[[ -n $wanted ]] || continue
				((i == ${#word} - 1)) || wanted=
				break
			done
		fi
	done
}

_ct_argument() {
	case $option:$wanted in
	*:COLUMN,...)	local IFS; _ct_columns ;;
	*:CAPABILITY)	_ct_offer ALL "${_ct_capabilities[@]}" ;;
	--workdir:*)	;;	# a directory of the container, not of the host
	--filter:*)
		_ct_how -o nospace
		case $value in
		status=*)	_ct_offer status={created,running,paused,exited,killed,dead} ;;
		*)	_ct_offer status= name= image= label= id= ;;
		esac ;;
	--network:* | --pid:* | --ipc:*)
		if [[ $value == container:* ]]; then
			before+=container: value=${value#container:}
			_ct_running
		else
			case $option in
			--pid)	_ct_offer private host container: ;;
			--ipc)	_ct_offer private shareable none host container: ;;
			*)	_ct_offer none host container: ;;
			esac
			[[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *container: ]] || _ct_how -o nospace
			[ "$option" != --network ] || _ct_networks
		fi ;;
	--only:* | --without:*)
		before+=${value%"${value##*,}"} value=${value##*,}
		_ct_how -o nospace
		_ct_offer snapshot cgroup user net uts ipc pid cgns time mnt root proc caps seccomp exec ;;
	--userns:*)	_ct_offer auto host unmapped ;;
	--mount:*)
		[[ $value == *,* ]] || {
			_ct_how -o nospace
			_ct_offer type=bind, type=volume, type=tmpfs,
		} ;;
	--tag:*)	_ct_images ;;
	--parent:*)	_ct_images; _ct_volumes ;;
	--to:IMAGE)	_ct_images ;;
	--from:VOLUME)	_ct_volumes ;;
	*:DIR)	_ct_dirs ;;
	*:FILE | *:DEVICE*)	_ct_files ;;
	*:SIGNAL)	_ct_signals ;;
	*:"[SRC:]"*)
		case $value in
		*:*)	return ;;
		*/* | .* | '~'*)	;;
		*)	after=: _ct_volumes ;;
		esac
		[[ ${#COMPREPLY[@]} -eq 0 ]] || _ct_how -o nospace
		_ct_files ;;
	*:NAME\[=VALUE\])
		# shellcheck disable=SC2046 # names of variables contain no blanks
		_ct_offer $(compgen -e) ;;
	*:*[A-Z]*)	;;
	*:\[=*\])	wanted=${wanted#\[=}
		_ct_offer "${wanted%\]}" ;;
	*)	# shellcheck disable=SC2086 # the argument's name lists its values
		IFS='|' && _ct_offer $wanted ;;
	esac
}

_ct_offer_options() {
	local row name
	for row in "${table[@]}"; do
		name=${row#*$'\t'}
		[[ $name == $'\t'* ]] || _ct_helps[${name%%$'\t'*}]=${row##*$'\t'}
		_ct_offer "${name%%$'\t'*}"
		[[ $row == ' '* ]] || _ct_offer "${row%%$'\t'*}"
	done
}

# Offers paths inside a container for ID:PATH. A directory that a link leads out of the root is not listed.
_ct_inside() {
	local listed root path=${value#*:} within paths i
	_ct_list ps -o root "${value%%:*}"
	root=$listed within=${path%"${path##*/}"}
	[[ $root == /* && $path == /* && "$(readlink -f -- "$root$within")/" == "$root"/* ]] || return 0
	mapfile -t paths < <(compgen -f -- "$root$path")
	for i in "${!paths[@]}"; do
		[[ -L ${paths[i]} || ! -d ${paths[i]} ]] || paths[i]+=/
	done
	_ct_offer "${paths[@]/#"$root"/"${value%%:*}:"}"
	_ct_how -o nospace
}

# Offers columns for a list of them: the utility names all if it does not know one.
_ct_columns() {
	local found columns=''
	_ct_find "$command"
	[[ -z $found ]] || columns=$(exec "$found" ${sub:+"$sub"} -o '?' </dev/null 2>&1)
	before+=${value%"${value##*,}"} value=${value##*,}
	_ct_how -o nospace
	[[ $columns == *'(there are '* ]] || return 0
	columns=${columns#*'(there are '} columns=${columns%%')'*}
	# shellcheck disable=SC2046,SC2086 # names of columns contain no blanks
	IFS=, && _ct_offer $columns
}

# Offers CONTAINER: for one of the operands, and paths of the host.
_ct_cp() {
	case $value in
	/* | .* | '~'*)	_ct_files ;;
	*:*)	_ct_inside ;;
	*)	[[ $operand == [!/.]*:* ]] || after=: _ct_containers
		[[ ${#COMPREPLY[@]} -eq 0 ]] || _ct_how -o nospace
		[[ $operands -eq 1 && $operand != [!/.]*:* ]] || _ct_files ;;
	esac
}

_ct_operand() {
	case $command${sub:+ $sub}:$operands in
	exec:0 | attach:0 | pid:0 | top:0 | stop:* | kill:* | stats:* | pause:* | unpause:* | port:0)	_ct_running ;;
	start:*)	_ct_ended ;;
	logs:* | unit:0 | commit:0 | wait:* | ps:* | restart:* | rename:0 | update:*)	_ct_containers ;;
	run:0 | create:0 | commit:1 | images:* | save:* | tag:0 | push:0 | history:0)	_ct_images ;;
	tag*:* | push:1 | rename:* | port:* | attach:*)	;;
	volumes\ create:* | volumes\ import:0)	;;
	volumes\ import:1)	_ct_files ;;
	volumes:0)	_ct_volumes; _ct_offer create snapshot import export ;;
	volumes*:*)	_ct_volumes ;;
	inspect:* | path:0 | export:0 | id:0 | diff:[01] | send:0)	_ct_containers; _ct_images; _ct_volumes ;;
	reset:*)	_ct_ended ;;
	try:0)	_ct_images; _ct_dirs ;;
	shell:0)	_ct_running; _ct_images ;;
	rm:*)	_ct_containers; _ct_images; _ct_volumes ;;
	cp:[01])	_ct_cp ;;
	init:0 | build:0)	_ct_dirs ;;
	store:0)	_ct_offer up down status grow quota ;;
	store:1)	[[ $operand != quota ]] || _ct_offer on off ;;
	net:0 | oci:0)	_ct_commands_of "$command" ;;
	net\ up:* | net\ down:* | net\ rm:*)	_ct_networks ;;
	net\ connect:0 | net\ disconnect:0 | net\ publish:0 | net\ unpublish:0)	_ct_running ;;
	lab:*)	_ct_labs ;;
	help:0)	_ct_names ;;
	exec:* | pid:* | top:* | commit:* | run:* | create:* | path:* | export:* | id:* | shell:*)	;;
	diff:* | send:* | receive:* | try:* | cp:* | echo:* | init:* | build:* | store:* | net*:* | oci*:* | help:* | prune:* | df:* | pull:* | sweep:* | unit:*)	;;
	*)	_ct_files ;;
	esac
}

# Sets $self to the file of the command, and $dir to the directory of the utilities.
_ct_here() {
	self=${1/#'~/'/${HOME-}/}
	[[ $1 == */* && -z $sudo ]] || self=$(type -P -- "${1##*/}")
	[[ -n $self && -f $self ]] || return
	[[ ! -L $self ]] || self=$(readlink -f -- "$self")
	dir=${self%/*}
}

_ct() {
	local IFS=$' \t\n' words cur head value before='' after='' sudo='' program self dir
	local command sub='' first=1 table=() operands operand options option wanted
	COMPREPLY=()
	# The completion of sudo removes its own words before it calls this function.
	case " ${FUNCNAME[*]} " in
	*' _sudo '* | *' _comp_cmd_sudo '*)	sudo=yes ;;
	esac
	_ct_words
	_ct_cur
	value=$cur
	if [[ $cur == *[\<\>]* || ${words[-2]-} == *[\<\>] ]]; then
		_ct_files
		return
	fi
	_ct_here "${words[0]}" || return
	program=${words[0]##*/}
	case $program in
	ct-*)	command=${program#ct-} ;;
	*)	while [[ $program == bocker && ${words[first]-} == --*=* && first -lt $((${#words[@]} - 1)) ]]; do
			first=$((first + 1))
		done
		if [[ ${#words[@]} -eq $((first + 1)) ]]; then
			case $program$cur in
			ct-*)	_ct_offer --help --version ;;
			bocker-*)	_ct_how -o nospace; _ct_offer --CPU_SHARE= --MEM_LIMIT= ;;
			*)	_ct_names ;;
			esac
			return
		fi
		command=${words[first]}
		first=$((first + 1)) ;;
	esac
	[[ $command != *[![:alnum:]_.-]* ]] || return
	if [[ ${#words[@]} -gt $((first + 1)) && "$command ${words[first]}" == @(net [a-z]*|oci [a-z]*|volumes create|volumes snapshot|volumes import|volumes export) ]]; then
		sub=${words[first]}
		first=$((first + 1))
	fi
	[[ $program == bocker || " ${words[*]:first} $cur" != *' -'* ]] || _ct_table
	_ct_parse "${words[@]:first:${#words[@]} - 1 - first}"
	if [[ -z $wanted && -n $options && $cur == --*=* ]]; then
		_ct_option "${cur%%=*}"
		before=${cur%%=*}= value=${cur#*=}
	fi
	if [[ -n $wanted ]]; then
		_ct_argument
	elif [[ -n $options && $cur == -* ]]; then
		_ct_offer_options
	else
		_ct_operand
	fi
}

# Only programs beside ct are registered: a ct-NAME elsewhere may be another program.
_ct_register() {
	local IFS=$' \t\n' sudo='' self dir name
	complete -F _ct ct bocker
	_ct_here ct || return 0
	for name in $(_ct_programs "$dir"); do
		complete -p -- "ct-$name" >/dev/null 2>&1 || complete -F _ct -- "ct-$name"
	done
}

# bash FILE --candidates [--sudo] WORD...: prints the candidates for the last word, for other shells: "WORD
# <tab> DESCRIPTION" lines. After a tab alone: "nospace", "default" (files) or "dirnames".
_ct_candidates() {
	local asked_by='' how=() word
	[[ ${1-} != --sudo ]] || {
		asked_by=_sudo
		shift
	}
	compopt() { how+=("$2"); }
	_sudo() { "$@"; }
	COMP_WORDBREAKS=$' \t\n' COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMPREPLY=()
	$asked_by _ct
	printf '\t%s\n' "${how[@]}"
	if ((${#COMPREPLY[@]} > 500)); then	# ids and names, which have no descriptions
		printf '%s\t\n' "${COMPREPLY[@]}"
		return
	fi
	for word in "${COMPREPLY[@]}"; do
		printf '%s\t%s\n' "$word" "${_ct_helps[$word]-${_ct_purposes["${1##*/} $word"]-}}"
	done
}

if [[ $0 == "${BASH_SOURCE[0]}" && ${1-} == --candidates ]]; then
	_ct_candidates "${@:2}"
else
	_ct_register
fi
