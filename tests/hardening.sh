#!/bin/bash
# SPDX-License-Identifier: MIT
# Checks that compiler and linker have put their protections into the program and the facades.
# "make check" runs it unless configure left them out, with SLT_BUILD (the build folder) set.
set -u
LC_ALL=C
export LC_ALL
cd "${SLT_BUILD:-.}" || exit 1
program=structured-log-transfer
[ ! -e .libs/$program ] || program=.libs/$program
failed=0

# check WHAT COMMAND...: one line of result
check() {
	local what=$1
	shift
	if "$@"; then
		echo "ok - $what"
	else
		echo "not ok - $what"
		failed=1
	fi
}

has() {	# has READELF-OPTION REGEX FILE
	readelf -W "$1" "$3" | grep -qE "$2"
}

has_not() {
	! has "$@"
}

# Does the compiler, as it was configured, take this flag?
takes() {
	sed -n 's/^SLT_CFLAGS = //p' Makefile | grep -qF -- "$1"
}

# Every function that can be called through a pointer begins with endbr64.
has_cet() {
	objdump -d --no-show-raw-insn "$1" | grep -A1 "<$2>:" | grep -q endbr64
}

# Was configure told to put one in?
has_asked_path() {
	grep -q '^LDFLAGS = .*-rpath' Makefile
}

# The program calls checked functions of libc, such as __snprintf_chk.
is_fortified() {
	! grep -q '^SLT_CPPFLAGS = -D_FORTIFY_SOURCE' Makefile || has --dyn-syms ' __[a-z]+_chk@' "$1"
}

check "$program is position independent" has -h 'Type: +DYN' $program
check "$program calls checked functions of libc" is_fortified $program
for file in $program plugins/.libs/*.so; do
	check "$file: relocations are read only" has -l 'GNU_RELRO' "$file"
	check "$file: all symbols are bound at the start" has -d 'BIND_NOW|FLAGS.*NOW' "$file"
	check "$file: no stack is executable" has -l 'GNU_STACK .* RW ' "$file"
	check "$file: no segment can be written and executed" has_not -l 'LOAD .* RWE ' "$file"
	has_asked_path || check "$file: no path to look for libraries" has_not -d 'RPATH|RUNPATH' "$file"
done
! takes -fstack-protector-strong ||
	check "$program guards its stack" has --dyn-syms ' __stack_chk_fail@' $program
! takes -fcf-protection=full || ! objdump -f $program | grep -q x86-64 ||
	check "$program marks where calls may go" has_cet $program main
exit $failed
