# Completes `ct NAME ...` and `bocker NAME ...` in fish. The candidates come from ct's completion for bash, and
# with it from the utilities' option tables and listings.

function __ct_candidates
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    set -l sudo
    if test "$words[1]" = sudo
        set sudo --sudo
        set -e words[1]
        while string match -q -- '-*' "$words[1]"
            set -e words[1]
        end
    end
    set -l program (realpath -- (command -s -- $words[1] ct)[1] 2>/dev/null)
    set -l dir (dirname -- $program)
    for file in $dir/ct.bash (dirname -- $dir)/share/bash-completion/completions/ct
        test -f $file; and break
    end
    set -l files
    for line in (bash --norc --noprofile $file --candidates $sudo $words "$last" 2>/dev/null)
        switch $line
            case \tdefault
                set files __fish_complete_path
            case \tdirnames
                set files __fish_complete_directories
            case '' \t'*'
            case '*' # ? is no wildcard from fish 4 on
                printf '%s\n' $line
        end
    end
    test -z "$files"; or $files "$last"
end

for program in ct bocker
    complete -c $program -f -a '(__ct_candidates)'
end
