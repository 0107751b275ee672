#!/bin/bash
# SPDX-License-Identifier: MIT
# Looks at an index of the search server $SEARCH:
#
# look.sh check INDEX COUNT  ends with 1 unless it has COUNT documents, each written once
# look.sh show INDEX COUNT   waits until it has documents, and prints so many of them
set -u

ask() {	# ask PATH: what the server answers
	curl -sS -f --retry 5 --retry-connrefused -m 30 "$SEARCH/$1"
}

count() {	# count INDEX: its documents, those too that were written just now
	ask "$1/_refresh" >/dev/null && ask "$1/_count?filter_path=count" | tr -dc 0-9
}

# written INDEX: how often a document was written there, and how often that failed; a document
# that was sent for a second time would fail, for its _id is there already
written() {
	local path=_all.primaries.indexing
	ask "$1/_stats/indexing?filter_path=$path.index_total,$path.index_failed" |
		grep -oE '"index_(total|failed)":[0-9]+' | sort -r | tr -dc '0-9\n' | xargs
}

# check INDEX COUNT: waits a while for as many, because the program was told to end before this
check() {
	local there writes
	for _ in {1..10}; do
		there=$(count "$1")
		[ "$there" != "$2" ] || break
		sleep 1
	done
	writes=$(written "$1")
	echo "$1: ${there:-no} documents, $2 expected; written and failed: $writes, $2 0 expected"
	[ "$there" = "$2" ] && [ "$writes" = "$2 0" ]
}

show() {	# show INDEX COUNT
	local there
	until there=$(count "$1") && [ "${there:-0}" -gt 0 ]; do sleep 1; done
	echo "$1 has $there documents; $2 of them:"
	ask "$1/_search?size=$2&sort=@timestamp&filter_path=hits.hits._id,hits.hits._source&pretty"
}

case $#-${1:-} in
3-check) check "$2" "$3" ;;
3-show) show "$2" "$3" ;;
*) echo "usage: look.sh check|show INDEX COUNT" >&2; exit 64 ;;
esac
