#!/bin/bash
# SPDX-License-Identifier: MIT
# start-postgres.sh VERSION PORT DIR: a private PostgreSQL server; VERSION is a major that
# Debian has installed in /usr/lib/postgresql (15).
#
# Accounts: postgres (no password), scram (password "secret"). Database: test. TLS is on, with
# a certificate for localhost and 127.0.0.1 by DIR/ca.pem. Socket in DIR/s, log DIR/server.log.
# POSTGRES_EXTRA: further options of the server.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"

[ $# = 3 ] || die "usage: $0 VERSION PORT DIR"
bin=/usr/lib/postgresql/$1/bin
[ -x "$bin/postgres" ] || die "no PostgreSQL $1 in $bin"
take_folder "$2" "$3"
account=postgres

new_cluster() {
	unprivileged "$bin/initdb" -D "$dir/data" -U postgres --auth=trust --encoding=UTF8 \
		--no-locale --no-sync >"$dir/initdb.log" 2>&1 || die "see $dir/initdb.log"
	certificates "$dir"
	cat >>"$dir/data/postgresql.conf" <<-CONF
		listen_addresses = '127.0.0.1'
		unix_socket_directories = '$dir/s'
		ssl = on
		ssl_cert_file = '$dir/server.crt'
		ssl_key_file = '$dir/server.key'
		fsync = off	# thrown away after the tests
	CONF
	cat >"$dir/data/pg_hba.conf" <<-CONF
		local all scram              scram-sha-256
		host  all scram 127.0.0.1/32 scram-sha-256
		local all all                trust
		host  all all   127.0.0.1/32 trust
	CONF
}

mkdir -p "$dir/s"
give_away "$dir"
cd "$dir"
is_new=
if [ ! -s data/PG_VERSION ]; then
	is_new=yes
	new_cluster
	give_away "$dir"
fi
unprivileged "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -s -w -t 60 \
	-o "-p $port ${POSTGRES_EXTRA:-}" start </dev/null || { tail -5 server.log >&2; exit 1; }
head -n 1 data/postmaster.pid >pid
if [ -n "$is_new" ]; then
	"$bin/psql" -X -q -h "$dir/s" -p "$port" -U postgres -v ON_ERROR_STOP=1 \
		-c "CREATE ROLE scram LOGIN SUPERUSER PASSWORD 'secret'" -c "CREATE DATABASE test"
fi
