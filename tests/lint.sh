#!/bin/bash
# SPDX-License-Identifier: MIT
# Asks the tools that read source what they think of it. "make lint" runs it in the build folder, with
# SLT_SOURCE (the source tree) set and the compiler's options as arguments, which clang-tidy needs. A
# tool that is not there is named and skipped. The last line is "N passed, N failed", with
# ", N skipped" when there were any.
set -u
LC_ALL=C.UTF-8
export LC_ALL
source=$(cd "${SLT_SOURCE:-.}" && pwd) || exit 1
options=("$@")
passed=0
failed=0
skipped=0

# lint TOOL COMMAND ARGUMENT...: one line of result. The command needs the tool, and says nothing when
# all is well.
lint() {
	local tool=$1 found
	shift
	if ! command -v "$tool" >/dev/null; then
		skip "$tool" "it is not installed"
	elif found=$("$@" 2>&1) && [ -z "$found" ]; then
		echo "ok - $tool"
		passed=$((passed + 1))
	else
		echo "not ok - $tool"
		sed 's/^/    /' <<<"$found"
		failed=$((failed + 1))
	fi
}

skip() {	# skip TOOL WHY
	echo "skip - $1: $2"
	skipped=$((skipped + 1))
}

# ---- the files

# find_files PATTERN...: those below the source tree whose path matches, without builds
find_files() {
	local pattern
	for pattern; do
		find "$source" \( -path "$source/build*" -o -name .git -o -name __pycache__ -o \
			-path "$source/autom4te.cache" -o -path "$source/structured-log-transfer-*" \) \
			-prune -o -type f -path "$source/$pattern" -print
	done | sort -u
}

find_scripts() {
	{
		find_files '*.sh' '.ci/run' 'packaging/completion/*'
		find_files 'tests/*' 'packaging/*' 'docker/*' 'sdk/*' | grep -v '/tests/fuzz/corpus/' |
			xargs -d '\n' grep -lE '^#!.*\b(ba|da)?sh( |$)'
	} | sort -u
}

# What is built for use, and all that is formatted. Of the public header, two macros would look worse
# than they do.
mapfile -t program < <(find_files 'core/*.c' 'plugins/*.c' 'sdk/examples/*.c' 'sdk/template/*.c')
mapfile -t all_c < <(find_files 'core/*.[ch]' 'plugins/*.c' 'sdk/*.[ch]' 'tests/*.[ch]' |
	grep -vE '/tests/(abi|fuzz/corpus)/|/sdk/slt/facade\.h$')
mapfile -t scripts < <(find_scripts)
mapfile -t texts < <(find_files 'core/*' 'plugins/*' 'sdk/*' 'doc/*' 'packaging/*' 'docker/*' 'tests/*' \
	'*.md' NEWS configure.ac Makefile.am |
	grep -vE '/tests/(data|fuzz/corpus)/|\.(csv|svg|pyc|[ao]|l[oa]|log|trs)$' | xargs -d '\n' grep -Il .)

# ---- the tools

# Only version 14: others break lines in other places.
format() {
	local version
	version=$(clang-format --version 2>/dev/null | grep -oE '[0-9]+' | head -n 1)
	if [ -n "$version" ] && [ "$version" != 14 ]; then
		skip clang-format "it is version $version, and 14 is needed"
	else
		lint clang-format clang-format --dry-run -Werror "${all_c[@]}"
	fi
}

# It counts warnings of headers of the system on the standard error output.
tidy() {
	printf '%s\n' "${program[@]}" | xargs -d '\n' -P "$(nproc)" -n 1 bash -c '
		n=$1
		file=${*: -1}
		clang-tidy --quiet "$file" -- "${@:2:n}" 2>/dev/null || echo "$file"
	' tidy ${#options[@]} "${options[@]}"
}

# It cannot know which functions of ours do not return, and it takes the -1 of an anonymous mmap, the
# handle of a module that stays, and readdir of a thread that is alone for mistakes.
check() {
	local library
	library=$(mktemp --suffix=.cfg) || return
	cat >"$library" <<-END
		<?xml version="1.0"?>
		<def format="2">
		  <define name="__attribute__(x)" value=""/>
		  <function name="err_no_memory"><noreturn>true</noreturn></function>
		  <function name="err_law"><noreturn>true</noreturn></function>
		</def>
	END
	cppcheck -q -j "$(nproc)" --std=c11 --library=posix --library="$library" \
		--enable=warning,portability,performance --error-exitcode=1 \
		--suppress=invalidFunctionArg:*/facade_test.c --suppress=invalidFunctionArg:*/try_message.c \
		--suppress=resourceLeak:*/facade_load.c --suppress=readdirCalled:*/facade_load.c \
		-I"$source/core" -I"$source/sdk" -D_GNU_SOURCE -DPACKAGE_VERSION='""' \
		-DSLT_FACADE_DIR='""' "${program[@]}"
	rm -f "$library"
}

# What shellcheck calls "info" and "style" is left to taste.
shells() {
	shellcheck -x -P "$source" -S warning "${scripts[@]}"
}

# Words that tests write wrongly on purpose, pieces of words, and macros of manual pages.
spelling() {
	codespell -L 'caf,ecret,fals,nd,nulll,pasword,te,tiem,tru' "${texts[@]}"
}

format
lint clang-tidy tidy
lint cppcheck check
lint shellcheck shells
lint codespell spelling

[ $skipped = 0 ] && skipped='' || skipped=", $skipped skipped"
echo "$passed passed, $failed failed$skipped"
[ $failed = 0 ]
