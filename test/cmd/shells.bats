# Completion in real zsh and fish, which ask ct's completion for bash.
load helper

setup() {
	busybox_setup
	c=$(ct-run --only snapshot --name web-1 "$img")
}

# in_zsh STEP..., in_fish STEP...: typed to an interactive shell.
in_zsh() {
	command -v zsh >/dev/null || skip 'zsh is not installed'
	mkdir "$D/functions"
	cp "$CT_TESTS/../completions/ct.zsh" "$D/functions/_ct"
	printf '%s\n' "fpath=('$D/functions' \$fpath)" 'autoload -U compinit' "compinit -u -d '$D/dump'" "PS1='%% '" 'unsetopt zle_bracketed_paste' \
		'unset zle_bracketed_paste' >"$D/.zshrc"
	ZDOTDIR=$D HISTFILE='' run_tty size:40x200 'wait:% ' "$@" 'type:exit 0\r' -- zsh -d -i
}

in_fish() {
	command -v fish >/dev/null || skip 'fish is not installed'
	HOME=$D XDG_CONFIG_HOME=$D XDG_DATA_HOME=$D run_tty size:40x200 'wait:% ' "$@" 'type:exit 0\r' -- fish --private --no-config -i \
		-C "source '$CT_TESTS/../completions/ct.fish'; function fish_prompt; echo -n '% '; end; function fish_greeting; end"
}

@test "typed: zsh completes commands, options, names and paths inside" {
	run -0 in_zsh 'type:ct ps --no-h\t-o name we\t\r' 'wait:web-1\r\n' 'wait:% ' \
		'type:ct ru\t--rm --cap-add NET_RA\tbusybox:l\techo do""ne\r' 'wait:\ndone' 'wait:% ' \
		'type:ct cp web-1:/et\tpasswd - | tar -t\r' 'wait:passwd\r\n' 'wait:% '
}

@test "typed: zsh shows what a command does" {
	run -0 in_zsh 'type:ct sto\t\t' 'wait:Bring the store up' 'type:\x15'
}

@test "typed: fish completes commands, options, names and paths inside" {
	run -0 in_fish 'type:ct ps --no-h\t-o name we\t\r' 'wait:web-1\r\n' 'wait:% ' \
		'type:ct cp web-1:/et\tpasswd - | tar -t\r' 'wait:passwd\r\n' 'wait:% '
}

@test "fish offers candidates with what they do" {
	command -v fish >/dev/null || skip 'fish is not installed'
	offers() {
		HOME=$D fish --no-config -c "source '$CT_TESTS/../completions/ct.fish'; complete -C '$1'"
	}
	[ "$(offers 'ct run --read')" = $'--read-only\tmount the root file system read-only' ]
	[ "$(offers 'ct rm we')" = web-1 ]
	[ "$(offers 'ct cp web-1:/et')" = web-1:/etc/ ]
	[ "$(offers 'ct resta')" = $'restart\tStop containers that run, as stop does, and start all of them again' ]
	[ "$(offers 'bocker lo' | cut -f 1)" = logs ]
}

@test "a name with control characters is offered in no shell" {
	mkdir "$(ct path web-1)/od"$'\e'"d" "$(ct path web-1)/even"
	run -0 bash "$B/ct.bash" --candidates ct cp web-1:/
	[[ $output == *web-1:/even/* && $output != *$'\e'* ]]
	ln -s / "$(ct path web-1)/out"
	run -0 bash "$B/ct.bash" --candidates ct cp web-1:/out/
	[[ $output != *web-1:/out/* ]]
}
