#!/bin/bash
# SPDX-License-Identifier: MIT
# Checks who may know whom: includes point downward only, plugins see the SDK and libc only, a
# facade exports one symbol, and the program knows no facade by name. "make check" runs it, with
# SLT_SOURCE (the source tree) and SLT_BUILD (the build folder) set.
set -u
LC_ALL=C
export LC_ALL
source=${SLT_SOURCE:-.}
build=${SLT_BUILD:-.}
cd "$source" || exit 1
failed=0

# check WHAT FOUND: one line of result; FOUND is what should not be there
check() {
	if [ -z "$2" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		printf '%s\n' "$2" | sed 's/^/    /'
		failed=1
	fi
}

# The layers of core/, lowest first. A file may include its own layer and those below.
layers='
err fault mem log crash buf arena utf8 json json_string instant stop output usage
settings envfile dburl hosts compare mget chunk doc sql sql_bind sql_parse sql_template dialect http retry db stats metrics progress report samples findings
bulk elastic elastic_target facade facade_load host pgsql pgsql_connect pgsql_catalog mysqldb mysqldb_error mysqldb_connect mysqldb_catalog sqlite sqlite_catalog sqlite_lock
plan source build statements connect runlock misspelled
quarantine index
try_message try_database lane post exists settle aside session lookup differences status
transfer clear conflicts verify preview quarantine_command setup listing facade_test effective check
commands
main
'

# all_includes: "file module included-module" for each #include "..." of core/
all_includes() {
	grep -H '^ *# *include *"' core/*.[ch] core/db/*.[ch] |
		sed -E 's|^((.*/)?([a-z0-9_]+)\.[ch]):.*"(.*/)?([a-z0-9_]+)\.h".*|\1 \3 \5|'
}

upward() {
	all_includes | awk -v layers="$layers" '
		BEGIN {
			n = split(layers, line, "\n")
			for (i = 1; i <= n; i++) {
				m = split(line[i], name, " ")
				for (j = 1; j <= m; j++)
					layer[name[j]] = i
			}
		}
		!($2 in layer) { print $1 ": " $2 " has no layer in tests/layering.sh" }
		!($3 in layer) { print $1 " includes the unknown " $3 ".h"; next }
		layer[$3] > layer[$2] { print $1 " includes " $3 ".h, which is above it" }'
}

# Files that are a part of another module, which is cut in pieces to keep files short.
parts='s/\<envfile\>/settings/g; s/\<host\>/facade/g; s/\<(post|exists|settle|aside)\>/lane/g
	s/\<(pgsql|mysqldb|sqlite|sql|json|elastic)_[a-z]+\>/\1/g'

circles() {
	all_includes | cut -d ' ' -f 2,3 | sed -E "$parts" | awk '$1 != $2' | sort -u |
		tsort 2>&1 | grep '^tsort:'
}

includes_of() {	# includes_of REGEX FILE...: includes of these files that match
	local what=$1
	shift
	grep -HE "^ *# *include *[<\"]($what)[>\"]" "$@"
}

# Headers of the C library that a facade has a use for.
libc='assert ctype errno float inttypes limits locale math stdalign stdarg stdbool stddef stdint
	stdio stdlib stdnoreturn string strings time unistd wchar wctype sys/types'

foreign_includes() {
	local allowed
	allowed=$(tr -s ' \t\n' '|' <<<"$libc")
	grep -HE '^ *# *include' plugins/*.c sdk/*/*.[ch] |
		grep -vE "<(slt/facade|${allowed%|})\.h>"
}

check "includes of core/ point downward" "$(upward)"
check "modules of core/ do not include each other in a circle" "$(circles)"
# <slt/facade.h> is open to all of core/: it has struct slt_text, the word for counted bytes.
check "drivers know nothing of the facade loader and of the search server" \
	"$(includes_of '(.*/)?(facade|host|http|bulk|elastic|source|lane|transfer|clear|preview)\.h' \
		core/db/*.[ch] | grep -vF '<slt/facade.h>')"
check "http knows nothing of the search server" \
	"$(includes_of '(.*/)?(bulk|elastic)\.h' core/http.[ch])"
check "plugins/ and sdk/ include the SDK and libc only" "$(foreign_includes)"

facades=0
for module in "$build"/plugins/.libs/*.so; do
	[ -e "$module" ] || continue
	facades=$((facades + 1))
	name=$(basename "$module" .so)
	# names with two underscores are the sanitizers'
	found=$(nm -D --defined-only "$module" | awk '{ print $NF }' | grep -v '^__')
	[ "$found" != "${name}_LTX_slt_facade" ] || found=
	check "$name exports one symbol" "$found"
	check "$name needs libc only" "$(readelf -d "$module" | grep '(NEEDED)' |
		grep -vE '\[(libc\.so|ld-linux|lib[a-z]*san\.so|libgcc_s\.so|libm\.so)')"
done
[ "$facades" -gt 0 ] && found= || found="none in $build/plugins/.libs"
check "the facades are built" "$found"

# Only what the program carries as data: its debug information may name anything.
names='audit_logs is_sent created_at auditlog auditlog_logentry auth_user django_content_type
	additional_data object_repr object_pk changes_text content_type_id actor_id'
for file in plugins/*.c; do
	names="$names $(basename "$file" .c)"
done
program=$build/structured-log-transfer
if [ -x "$program" ]; then
	found=$(strings -d "$program" | grep -wF "$(tr -s ' \t' '\n' <<<"$names")")
else
	found="there is no $program"
fi
check "the program holds no name of a facade, its tables or columns" "$found"

exit $failed
