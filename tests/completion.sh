#!/bin/bash
# SPDX-License-Identifier: MIT
# Checks that bash completes the command line as --help describes it: what is offered for each
# command is what its help lists, no more and no less. "make check" runs it, with SLT_SOURCE (the
# source tree) and SLT_BUILD (the build folder) set.
set -u
LC_ALL=C
export LC_ALL
umask 022
source=$(cd "${SLT_SOURCE:-.}" && pwd) || exit 1
build=$(cd "${SLT_BUILD:-.}" && pwd) || exit 1
program=$build/structured-log-transfer
failed=0

# Completion asks the program for facades: with nothing in the environment but where ours are.
unset "${!DATABASE_@}" "${!ELASTICSEARCH_@}"
export SLT_FACADE_PATH=$build/plugins/.libs
# shellcheck source=packaging/completion/structured-log-transfer
. "$source/packaging/completion/structured-log-transfer" || exit 1

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
mkdir sub
touch "a file.env" other.env module.so

# check WHAT EXPECTED FOUND: one line of result; both are lists of words, in lines
check() {
	if [ "$2" = "$3" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		diff <(echo "$2") <(echo "$3") | sed -n 's/^</    missing:/p; s/^>/    too much:/p'
		failed=1
	fi
}

lines() {	# the words of standard input, sorted, one a line
	tr -s ' \t' '\n' | sed '/^$/d' | sort -u
}

# offered WORD...: what is offered in the place of the last word
offered() {
	COMP_WORDS=("$program" "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_structured_log_transfer "$program" "${COMP_WORDS[COMP_CWORD]}" \
		"${COMP_WORDS[COMP_CWORD - 1]}"
	[ ${#COMPREPLY[@]} = 0 ] || printf '%s\n' "${COMPREPLY[@]}" | sort -u
}

# left OPTION-LINE...: the first column of the options in a help text on standard input
left() {
	sed -n 's/^  \(-.*\)/\1/p' | sed 's/   *.*//'
}

options() {	# their names
	left | grep -oE -- '(^| )--?[a-zA-Z][a-z-]*' | lines
}

# What --help says; the lines of options with a value, as "--option VALUE".
general=$(env -i "$program" --help | sed '/^Settings, from/,$d')
commands=$(sed -n '/^Commands:/,/^Options/s/^  \([a-z][a-z-]*\).*/\1/p' <<<"$general" | lines)
[ -n "$commands" ] || {
	echo "not ok - $program --help lists no commands"
	exit 1
}

# values PREFIX... -- TEXT: behind each option that takes a value, files where the help says so, and
# never the words of a command
values() {
	local -a before=()
	local option value found
	while [ "$1" != -- ]; do
		before+=("$1")
		shift
	done
	while read -r option value; do
		found=$(offered "${before[@]}" "$option" '')
		case $option$value in
		*FILE*) check "files behind $option" "$(printf '%s\n' 'a file.env' module.so other.env sub)" "$found"
			check "files behind $option=" "$(printf '%s\n' 'a file.env')" \
				"$(offered "${before[@]}" "$option" = 'a')" ;;
		--log-format*) check "text and json behind $option" "$(printf 'json\ntext')" "$found"
			check "text and json behind $option=" text \
				"$(offered "${before[@]}" "$option" = t)" ;;
		*) check "nothing behind $option" '' "$found" ;;
		esac
	done < <(left <<<"$2" | sed -nE 's/^(-[^ ,]*) ([^-].*)$/\1 \2/p')
}

check "commands" "$commands" "$(offered '')"
check "commands behind options" "$commands" "$(offered -q --env-file=x "")"
check "commands behind an option with =" "$commands" "$(offered --env-file = other.env '')"
check "a command that is begun" "$(grep '^s' <<<"$commands")" "$(offered s)"
check "options before the command" "$(options <<<"$general")" "$(offered -)"
values -- "$general"
for command in $commands; do
	text=$("$program" "$command" --help)
	check "options of $command" "$(options <<<"$text")" "$(offered "$command" -)"
	check "options of $command, behind others" "$(options <<<"$text")" \
		"$(offered --log-format = json -v "$command" -)"
	values "$command" -- "$text"
done
check "what to do with the quarantine" "$(printf 'list\nretry')" "$(offered quarantine '')"
facades=$(for file in "$source"/plugins/*.c; do basename "$file" .c; done)
check "facades" "$facades" "$(offered facades '' | grep -xF "$facades")"
check "files of facades" "$(printf 'module.so\nsub')" "$(offered facade-test '')"

exit $failed
