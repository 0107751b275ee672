#!/bin/sh
# SPDX-License-Identifier: MIT-0
# Does the facade keep its contract, and make a document of each row in rows.json?
set -eu

if [ -z "$SLT" ]; then
	echo "rows.sh is SKIPPED: configure has found no structured-log-transfer" >&9
	exit 77
fi
exec "$SLT" facade-test "$MODULE" --rows "${srcdir:?}/rows.json"
