#!/bin/bash
# SPDX-License-Identifier: MIT
# start-mariadb.sh PORT DIR: a private MariaDB server, the one that Debian has installed (10.11).
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/mysqld.sh"

[ $# = 2 ] || die "usage: $0 PORT DIR"
mysqld=(/usr/sbin/mariadbd --no-defaults)
[ -x "${mysqld[0]}" ] || die "no MariaDB in ${mysqld[0]}"
take_folder "$1" "$2"

new_data() {
	unprivileged mariadb-install-db --no-defaults --datadir="$dir/data" --skip-test-db \
		--auth-root-authentication-method=normal --skip-name-resolve "$@"
}

start_mysqld new_data "native@'%'" "IDENTIFIED BY 'secret'"
