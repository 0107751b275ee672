#!/bin/sh
# SPDX-License-Identifier: MIT-0
# Gives this copy of the template its name, once: ./rename.sh door_log
#
# my_table becomes door_log, MY_TABLE becomes DOOR_LOG and my-table becomes door-log, in the
# files of the template and in their names.
set -eu
LC_ALL=C	# a-z is ASCII
export LC_ALL
cd "$(dirname "$0")"

fail() {
	echo "rename.sh: $1" >&2
	exit 1
}

[ $# = 1 ] || fail "usage: ./rename.sh NEW_NAME, such as ./rename.sh door_log"
case $1 in
'' | [!a-z]* | *[!a-z0-9_]*)
	fail "\"$1\": a small letter, then small letters, digits and _ are expected" ;;
my_table)
	fail "my_table is the name it has" ;;
esac
[ -e my_table.c ] || fail "there is no my_table.c: this copy has got its name already"

upper=$(printf %s "$1" | tr '[:lower:]' '[:upper:]')
dashed=$(printf %s "$1" | tr _ -)
for suffix in c sql; do
	[ ! -e "$1.$suffix" ] || fail "there is a file $1.$suffix already"
done

for file in .gitignore Makefile.am README.md configure.ac my_table.c my_table.sql \
	tests/database.sh tests/rows.sh debian/changelog debian/control debian/copyright \
	debian/rules; do
	sed "s/my_table/$1/g; s/MY_TABLE/$upper/g; s/my-table/$dashed/g" "$file" \
		>renamed.tmp
	cat renamed.tmp >"$file"	# not mv: the mode stays
done
rm renamed.tmp
mv my_table.c "$1.c"
mv my_table.sql "$1.sql"
echo "This is $1 now; rename.sh is not needed any more."
