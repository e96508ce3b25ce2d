#compdef ct bocker -P ct-*
# Completes `ct NAME ...`, `ct-NAME ...` and `bocker NAME ...` in zsh. The candidates come from ct's completion
# for bash, and with it from the utilities' option tables and listings.

_ct() {
	local program=${commands[${words[1]:t}]:-${commands[ct]}} file line how=()
	local -a candidates descriptions extra
	[[ -n $program ]] || return 1
	program=${program:A}
	for file in ${program:h}/ct.bash ${program:h:h}/share/bash-completion/completions/ct; do
		[[ ! -f $file ]] || break
	done
	[[ -f $file ]] || return 1
	(( ! ${funcstack[(I)_sudo]} )) || extra=(--sudo)
	for line in "${(@f)$(bash --norc --noprofile $file --candidates $extra "${(@Q)words[1,CURRENT - 1]}" "${(Q)PREFIX}" 2>/dev/null)}"; do
		case $line in
		$'\t'*)	how+=(${line#$'\t'}) ;;
		?*)	candidates+=(${line%%$'\t'*})
			descriptions+=("${line%%$'\t'*}${${line#*$'\t'}:+  -- ${line#*$'\t'}}") ;;
		esac
	done
	extra=()
	(( ! ${how[(I)nospace]} )) || extra=(-S '')
	[[ ${#candidates} -eq 0 ]] || compadd -l -d descriptions "${extra[@]}" -a candidates
	(( ! ${how[(I)default]} )) || _files
	(( ! ${how[(I)dirnames]} )) || _files -/
}

_ct "$@"
