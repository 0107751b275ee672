#!/bin/bash
# SPDX-License-Identifier: MIT
# Prints the path of promtool, which checks metrics and alert rules: the one on PATH, or that of
# Debian's package prometheus, which is only unpacked, for installing it would start a server.
. "$(dirname "$0")/common.sh"

unpack() {	# unpack WORK
	(cd "$1" && apt-get download -q prometheus >/dev/null && dpkg-deb -x prometheus_*.deb all &&
		mkdir out && cp all/usr/bin/promtool out/) || die "promtool cannot be had: apt-get download failed"
}

if command -v promtool; then
	exit
fi
home=$(servers_folder)/promtool
make_once "$home" unpack
echo "$home/promtool"
