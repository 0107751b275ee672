#!/bin/sh
# SPDX-License-Identifier: MIT-0
# Does it fetch, mark and clear the right rows of a database made of my_table.sql?
set -eu

skip() {
	echo "database.sh is SKIPPED: configure has found no $1" >&9
	exit 77
}
[ -n "$SLT" ] || skip structured-log-transfer
[ -n "$SQLITE3" ] || skip sqlite3

folder=$(mktemp -d "${TMPDIR:-/tmp}/my_table.XXXXXX")
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
"$SQLITE3" -bail "$folder/my_table.sqlite" <"${srcdir:?}/my_table.sql"
"$SLT" facade-test "$MODULE" --database "sqlite:///$folder/my_table.sqlite"
