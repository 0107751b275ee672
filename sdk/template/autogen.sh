#!/bin/sh
# SPDX-License-Identifier: MIT-0
# Makes ./configure from configure.ac and Makefile.am.
set -eu
cd "$(dirname "$0")"

missing=
for tool in autoconf automake libtoolize pkg-config; do
	command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
done
if [ -n "$missing" ]; then
	echo "autogen.sh: missing:$missing" >&2
	exit 1
fi
exec autoreconf --install --force "$@"
