#!/bin/bash
# SPDX-License-Identifier: MIT
# Compares the ABI of sdk/slt/facade.h with the recorded one, tests/abi/MAJOR.MINOR/facade.abi.
# "make check" runs it, with SLT_SOURCE set. "tests/abi.sh record" writes the record of a new
# minor, beside which the header is kept as it is then.
#
# The record is of x86-64; elsewhere, and without libabigail, the comparison is skipped.
set -eu
source=$(cd "${SLT_SOURCE:-$(dirname "$0")/..}" && pwd)
header=$source/sdk/slt/facade.h
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

number() { sed -n "s/^#define SLT_ABI_$1 //p" "$header"; }
kept=$source/tests/abi/$(number MAJOR).$(number MINOR)

# abi_of FOLDER-OF-HEADER FILE: the ABI of a module that uses all of the header
abi_of() {
	# from its own folder, so that no path of this machine gets into the record
	(cd "$source/tests/abi" && gcc -std=c99 -g -O0 -fPIC -shared -fvisibility=hidden -I"$1" \
		-o "$work/kept.so" kept.c)
	(cd "$work" && abidw --no-corpus-path --no-comp-dir-path --no-show-locs --out-file "$2" \
		kept.so)
}

if [ "${1:-}" = record ]; then
	abi_of "$source/sdk" "$kept/facade.abi"
	exit
fi
if [ ! -e "$kept/slt/facade.h" ]; then
	echo "not ok - the header of this minor is kept in $kept/slt"
	exit 1
fi
echo "ok - the header of this minor is kept"
if [ "$(uname -m)" != x86_64 ] || ! command -v abidiff >/dev/null; then
	echo "no abidiff (libabigail), or not x86-64"
	exit 77
fi
status=0
for folder in "$source/sdk" "$kept"; do
	abi_of "$folder" "$work/now.abi"
	if abidiff "$kept/facade.abi" "$work/now.abi"; then
		echo "ok - the ABI of ${folder#"$source/"} is the recorded one"
	else
		echo "not ok - the ABI of ${folder#"$source/"} is not the recorded one: members are" \
			"only added at the end, with a new SLT_ABI_MINOR and a record of its own"
		status=1
	fi
done
exit $status
