#!/bin/bash
# SPDX-License-Identifier: MIT
# Checks that the texts match the program: settings in README and manual, commands, options and
# messages in the manuals, files in the tour of the source, the public header by itself. "make
# check" runs it, with SLT_SOURCE (the source tree) and SLT_BUILD (the build folder) set.
# shellcheck disable=SC2016 # backticks are Markdown's
set -u
LC_ALL=C
export LC_ALL
umask 022
source=$(cd "${SLT_SOURCE:-.}" && pwd) || exit 1
build=$(cd "${SLT_BUILD:-.}" && pwd) || exit 1
cd "$source" || exit 1
program=$build/structured-log-transfer
manual=doc/structured-log-transfer.1
settings_manual=$build/doc/structured-log-transfer.5
messages_manual=doc/slt-messages.7
tour=doc/ARCHITECTURE.md
failed=0

# check WHAT FOUND: one line of result; FOUND is what is wrong
check() {
	if [ -z "$2" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		printf '%s\n' "$2" | sed 's/^/    /'
		failed=1
	fi
}

# The program's own words, with nothing in its environment but where our facades are.
if ! help=$(env -i SLT_FACADE_PATH="$build/plugins/.libs" "$program" --help); then
	echo "not ok - $program --help does not run"
	exit 1
fi
usage=$(sed '/^Settings, from/,$d' <<<"$help")

commands() {
	sed -n '/^Commands:/,/^Options/s/^  \([a-z][a-z-]*\).*/\1/p' <<<"$usage" | sort -u
}

help_of() {	# help_of COMMAND
	env -i "$program" "$1" --help
}

# options: those of a help text on standard input, one a line as in it
options() {
	sed -n 's/^  \(-.*\)/\1/p' | sed 's/   *.*//' | grep -oE -- '(^| )--?[a-zA-Z][a-z-]*' | tr -d ' '
}

facades() {	# the types of the facades in the tree: MY_TABLE for plugins/my_table.c
	local file
	for file in plugins/*.c; do
		basename "$file" .c | tr '[:lower:]' '[:upper:]'
	done
}

# settings: "NAME<tab>default" for each setting of the program and of the facades in the tree;
# facades that happen to be installed on this machine do not count
settings() {
	awk -v facades="$(facades | tr '\n' ' ')" '
		/^Settings, from/ { take = 1; next }
		/^Settings of AUDIT_LOGGER_TYPE=/ {
			sub(/.*=/, ""); sub(/:$/, "")
			take = index(" " facades, " " $0 " ")
			next
		}
		take && /^  [A-Z]/ {
			value = ""
			if (match($0, / \([^()]*\)$/))
				value = substr($0, RSTART + 2, RLENGTH - 3)
			print $1 "\t" value
		}' <<<"$help"
}

facades_without_section() {
	local type
	for type in $(facades); do
		grep -qx "Settings of AUDIT_LOGGER_TYPE=$type:" <<<"$help" ||
			echo "$type: --help has no settings of it; is it built, and not writable by others?"
	done
}

not_in_readme() {
	local name value cell
	while IFS=$'\t' read -r name value; do
		cell=${value:+"\`$value\`"}
		grep -qF "| \`$name\` | $cell |" README.md ||
			echo "README.md has no line: | \`$name\` | $cell | ..."
	done < <(settings)
}

not_in_manual() {
	local name value
	while IFS=$'\t' read -r name value; do
		grep -qxF ".It Ev $name${value:+ Pq $value}" "$settings_manual" ||
			echo "structured-log-transfer(5) has no line: .It Ev $name${value:+ Pq $value}"
	done < <(settings)
}

# unknown_settings: those that README or manual list and the program does not have
unknown_settings() {
	{
		sed -nE 's/^\| `([A-Z][A-Z0-9_]*)` \| .* \| .* \|$/README.md \1/p' README.md
		sed -nE "s|^\\.It Ev ([A-Z][A-Z0-9_]*).*|structured-log-transfer(5) \\1|p" "$settings_manual"
	} | while read -r file name; do
		settings | cut -f 1 | grep -qx "$name" || echo "$file: no such setting: $name"
	done
}

about() {	# about SETTING: what structured-log-transfer(5) says of it, in one line
	awk -v name="$1" '
		/^\.(It|El)/ { take = 0 }
		/^\.It Ev / { take = $3 == name }
		take { printf "%s ", $0 }' "$settings_manual"
}

# What the program asks for when a value makes no sense, and which settings it keeps secret, as the
# manual has it.
differently_expected() {
	local name value expected
	local -a wrong=()
	while IFS=$'\t' read -r name value; do
		wrong+=("$name=?")
	done < <(settings)
	while read -r name expected; do
		[[ $(about "$name") == *" Expected: $expected. "* ]] ||
			echo "$name: the program expects $expected"
	done < <(env -i "${wrong[@]}" "$program" config 2>&1 | sed -nE \
		's/^structured-log-transfer: error: ([A-Z_]+): "\?" is not possible, (.*) is expected$/\1 \2/p')
	for name in $(secrets); do
		[[ $(about "$name") == *" A secret. "* ]] || echo "$name: the program keeps it secret"
	done
}

secrets() {	# the names of the settings that the program keeps secret
	env -i "$program" config --json 2>/dev/null | tr -d '\n ' |
		grep -oE '"[A-Z_]+":\{[^{}]*"set":' | cut -d '"' -f 2
}

secrets_not_in() {	# secrets_not_in FILE
	local name
	[ -n "$(secrets)" ] || echo "config --json tells of no secrets"
	for name in $(secrets); do
		grep -qF "\`$name\`" "$1" || echo "$1 does not name $name"
	done
}

version_not_in_news() {
	local version
	version=$(env -i "$program" --version)
	version=${version##* }
	sed -n 3p NEWS | grep -qE "^${version//./\\.}( |$)" ||
		echo "the program is $version, NEWS begins with: $(sed -n 3p NEWS)"
}

missing_in_manual() {
	local word
	for word in $(commands); do
		grep -qx "\.Ss $word" "$manual" || echo "no section of the command $word"
		for option in $(help_of "$word" | options); do
			sed -n "/^\.Ss $word\$/,/^\.S[sh]/p" "$manual" |
				grep -qE -- "^\.It Fl (.* Fl )?${option#-}( |$)" ||
				[[ $option == -h || $option == --help ]] ||
				echo "no item $option of $word"
		done
	done
	for option in $(options <<<"$usage"); do
		grep -qE -- "^\.It Fl (.* Fl )?${option#-}( |$)" "$manual" || echo "no item $option"
	done
	sed -n '/^Exit status:/,/^$/s/^  \([0-9]*\) .*/\1/p' <<<"$usage" | while read -r word; do
		grep -qx "\.It $word" "$manual" || echo "no exit status $word"
		[ "$word" = 0 ] || grep -q "^\.Ss $word: " "$messages_manual" ||
			echo "no messages of the exit status $word"
	done
}

# What main.c reads for a command: "COMMAND OPTION" for each, "- OPTION" for those before it.
read_options() {
	awk '
		match($0, /^static const struct option [a-z_]+/) {
			list = substr($0, 28, RLENGTH - 27)
			next
		}
		/^};/ { list = "" }
		list && match($0, /^\t\{ "[a-z-]+"/) {
			long[list] = long[list] " --" substr($0, RSTART + 4, RLENGTH - 5)
		}
		function put(command, letters, names,    n, i, word) {
			gsub(/[:+]/, "", letters)
			for (i = 1; i <= length(letters); i++)
				print command, "-" substr(letters, i, 1)
			n = split(names, word, " ")
			for (i = 1; i <= n; i++)
				print command, word[i]
		}
		/take_options\(argc, argv, "/ {
			split($0, part, "\"")
			put("-", part[2], long["global_options"])
		}
		match($0, /^\t\{ "[a-z-]+", ":[a-z:]*", [a-z_]+,/) {
			split($0, part, "\"")
			list = part[5]
			sub(/^, /, "", list)
			sub(/,.*/, "", list)
			put(part[2], part[4], long[list])
			list = ""
		}' core/main.c
}

told_options() {
	local word option
	options <<<"$usage" | sed 's/^/- /'
	for word in $(commands); do
		for option in $(help_of "$word" | options); do
			echo "$word $option"
		done
	done
}

other_options() {
	diff <(read_options | sort) <(told_options | sort) |
		sed -n 's/^</--help does not tell:/p; s/^>/main.c does not read:/p'
}

# Does the help of each command have all its parts, and its synopsis the options that it lists?
incomplete_help() {
	local word text option
	for word in $(commands); do
		text=$(help_of "$word")
		[[ $text =~ ^"usage: structured-log-transfer [OPTION...]"[[:space:]]*"$word " ]] ||
			echo "$word --help has no synopsis"
		for option in Options 'Exit status' Example; do
			grep -qx "$option:" <<<"$text" || echo "$word --help has no part $option"
		done
		for option in $(options <<<"$text"); do
			[[ $option == -h || $option == --help ]] ||
				sed '/^$/,$d' <<<"$text" | grep -qE -- "[[ |]$option\b" ||
				echo "the synopsis of $word --help lacks $option"
		done
		awk -v what="$word --help" 'length > 90 { print what " has a long line: " $0 }' <<<"$text"
	done
}

# mandoc looks for them among the pages that are installed.
wrong_references() {
	local name section
	sed -nE 's/^\.Xr (structured-[a-z-]+|slt-[a-z-]+) ([0-9]).*/\1 \2/p' doc/*.[17] "$settings_manual" | sort -u |
		while read -r name section; do
			[ -e "doc/$name.$section" ] || [ -e "$build/doc/$name.$section" ] ||
				echo "there is no $name($section)"
		done
}

# What the contract of facades lacks: braces of the parser, functions and members of the header.
missing_in_contract() {
	local contract=doc/slt-facade.7 word
	for word in $(sed -nE 's/^\t\{ "([a-z_]+)", P_.*/\1/p' core/sql_parse.c); do
		grep -qE "^\.It Li \{$word( |}| Ar)|Li \{$word " "$contract" || echo "no brace {$word}"
	done
	for word in $(sed -nE 's/^(static inline|#define).*\b(slt_[a-z_]+)\(.*/\2/p' sdk/slt/facade.h); do
		grep -qw "$word" "$contract" || echo "no function $word"
	done
	for word in $(sed -n '/^struct slt_facade {/,/^};/s/^\t.*(\*\([a-z_]*\))(.*/\1/p' sdk/slt/facade.h); do
		grep -qE "^\.It Fn \"[a-z *]*\*?$word\"" "$contract" || echo "no hook $word"
	done
}

# ---- the tour

# named FILE: what stands in its backticks and begins like a path of the tree; x.[ch] is two files
named() {
	grep -oE '`(core|plugins|sdk|tests|doc)/[^` ]*`' "$1" | tr -d '`' | sort -u |
		sed -E '/\.\[ch\]$/ { s/\.\[ch\]$//; s/.*/&.c\n&.h/ }'
}

not_in_tour() {
	local file
	find core plugins sdk -name '*.[ch]' -o -name '*.in' | sort | while read -r file; do
		named "$tour" | grep -qxF "$file" || echo "$tour does not name $file"
	done
}

not_there() {	# not_there FILE
	local name file function
	named "$1" | while read -r name; do
		file=${name%%:*}
		function=${name#"$file"}
		function=${function#:}
		if ! compgen -G "$file" >/dev/null; then
			echo "$1 names $file, which is not there"
		elif [ -n "$function" ] && ! grep -qw -- "$function" "$file"; then
			echo "$1 names $function, which is not in $file"
		fi
	done
}

# ---- the public header, and the example in README

compile() {	# compile COMPILER OPTION...: what it says of what stands on standard input
	local compiler=$1
	shift
	command -v "$compiler" >/dev/null || return 0
	"$compiler" -Isdk -Wall -Wextra -Wpedantic -Wconversion -Werror -fsyntax-only "$@" - 2>&1
}

header_alone() {
	local compiler
	for compiler in gcc clang; do
		compile $compiler -xc -std=c99 <<<'#include <slt/facade.h>'
		compile $compiler -xc -std=c11 <<<'#include <slt/facade.h>'
	done
	for compiler in g++ clang++; do
		compile $compiler -xc++ -std=c++11 <<<'#include <slt/facade.h>'
	done
}

example() {
	local text
	text=$(sed -n '/^```c$/,/^```$/p' README.md | sed '/^```/d')
	[ -n "$text" ] || echo "README.md has no example between \`\`\`c and \`\`\`"
	compile gcc -xc -std=c99 <<<"$text"
	compile g++ -xc++ -std=c++20 -Wno-missing-field-initializers <<<"$text"
	compile clang++ -xc++ -std=c++20 -Wno-missing-field-initializers <<<"$text"
}

check "--help shows the settings of all facades of the tree" "$(facades_without_section)"
check "README.md has every setting with its default" "$(not_in_readme)"
check "the manual has every setting with its default" "$(not_in_manual)"
check "the manual says of settings what the program expects, and which are secrets" \
	"$(differently_expected)"
check "README.md and the manual have no setting that is none" "$(unknown_settings)"
check "the manual has every command, option and exit status" "$(missing_in_manual)"
check "--help has all options that are read, and no others" "$(other_options)"
check "the help of each command is complete" "$(incomplete_help)"
check "slt-messages(7) has every message, and none that is none" \
	"$(awk -f tests/messages.awk "$messages_manual" core/*.[ch] core/db/*.c plugins/*.c 2>&1)"
check "slt-facade(7) has every brace, function and hook" "$(missing_in_contract)"
check "the manuals refer to each other by names that are there" "$(wrong_references)"
if command -v mandoc >/dev/null; then
	check "mandoc finds nothing to say of the manuals" "$(mandoc -Tlint doc/*.[17] \
		"$settings_manual" 2>&1 | grep -vE 'referenced manual not found|mandoc\.db')"
fi
check "the tour names every file of core/, plugins/ and sdk/" "$(not_in_tour)"
check "every file and function that the tour names is there" "$(not_there "$tour")"
check "so are those that CONTRIBUTING.md, SECURITY.md and RELEASE.md name" \
	"$(for file in CONTRIBUTING.md SECURITY.md doc/RELEASE.md; do not_there $file; done)"
check "SECURITY.md names every secret" "$(secrets_not_in SECURITY.md)"
check "NEWS begins with the version that is built" "$(version_not_in_news)"
if /usr/bin/python3 -c 'import yaml' 2>/dev/null; then
	check "the recipes for continuous integration are YAML" \
		"$(/usr/bin/python3 -c 'import sys, yaml
for name in sys.argv[1:]: yaml.safe_load(open(name))' .github/workflows/*.yml .gitlab-ci.yml 2>&1)"
fi
check "facade.h compiles alone as C99, C11 and C++11" "$(header_alone)"
check "the example in README.md compiles" "$(example)"

exit $failed
