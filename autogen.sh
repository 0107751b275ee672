#!/bin/sh
# Makes ./configure from configure.ac and Makefile.am.
set -eu
cd "$(dirname "$0")"

missing=
for tool in autoconf automake libtoolize pkg-config; do
	command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
done
if [ -n "$missing" ]; then
	echo "autogen.sh: missing:$missing" >&2
	echo "Debian, Ubuntu: apt-get install autoconf automake libtool pkg-config" >&2
	echo "Fedora: dnf install autoconf automake libtool pkgconf-pkg-config" >&2
	exit 1
fi
exec autoreconf --install --force "$@"
