#!/bin/bash
# SPDX-License-Identifier: MIT
# build-mysqlclient.sh [PREFIX]: builds Oracle's libmysqlclient 9.5.0 when it is not in PREFIX
# yet, and prints PREFIX. No server, but the other client library that the program must work with.
#
# Its source is a part of a Rust crate: cargo fetches it, cmake builds it, in 3 to 5 minutes.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"

[ $# -le 1 ] || die "usage: $0 [PREFIX]"
prefix=$(realpath -m "${1:-$(servers_folder)/mysqlclient-9.5.0}")

crate() {	# crate FOLDER: puts the crate there, and what it depends on
	mkdir -p "$1/src" && cd "$1" && : >src/lib.rs && cat >Cargo.toml <<-TOML || return
		[package]
		name = "none"
		version = "0.0.0"
		edition = "2021"
		[dependencies]
		mysqlclient-src = "=0.2.2"	# 0.2.2+9.5.0
	TOML
	# Debian 12's cargo 0.66 would fetch the whole index of the registry otherwise.
	RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_SPARSE_REGISTRY=true \
		CARGO_REGISTRIES_CRATES_IO_PROTOCOL=sparse cargo vendor -q vendor
}

library() {	# library WORK: builds it, and installs it below WORK/root
	crate "$1/crate" && mkdir "$1/build" && cd "$1/build" &&
		cmake "$1/crate/vendor/mysqlclient-src/source" -DCMAKE_INSTALL_PREFIX="$prefix" \
			-DWITHOUT_SERVER=ON -DWITH_EDITLINE=bundled -DCMAKE_BUILD_TYPE=Release &&
		make -j"$(nproc)" mysqlclient libmysql &&
		DESTDIR=$1/root cmake --install . --component Development &&
		DESTDIR=$1/root cmake --install . --component SharedLibraries
}

build() {	# build WORK, for make_once
	(library "$1") >"$1/log" 2>&1 </dev/null || die "see the end of $1/log"
	mv -T "$1/root$prefix" "$1/out"
}

make_once "$prefix" build
echo "$prefix"
