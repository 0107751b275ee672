#!/bin/bash
# SPDX-License-Identifier: MIT
# stop.sh DIR: stops the server that a start script started in DIR, by its pid.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"

[ $# = 1 ] || die "usage: $0 DIR"
dir=$(cd "$1" && pwd)
if ! is_running "$dir"; then
	echo "no server runs in $dir"
	exit 0
fi
pid=$(cat "$dir/pid")
signal=TERM
[ ! -d "$dir/data/base" ] || signal=INT	# PostgreSQL would wait for its clients after a TERM
kill -s "$signal" "$pid"
for _ in {1..150}; do
	if ! is_running "$dir"; then
		rm -f "$dir/pid"
		exit 0
	fi
	sleep 0.2
done
kill -s KILL "$pid"
rm -f "$dir/pid"
echo "pid $pid did not stop in 30 s and was killed"
