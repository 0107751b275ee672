# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # port and dir are set by take_folder, mysqld by the caller
# How a server of the MySQL family is started: the same for MySQL and MariaDB but for the program
# and how its data are made. Sourced after common.sh, not run.
#
# Accounts: root from this machine without password; native and tls with password "secret", tls
# with TLS only, certified the same with a certificate such as DIR/client.pem. Database: test. TLS is on, with a certificate for localhost and 127.0.0.1 by
# DIR/ca.pem. Socket DIR/mysql.sock, log DIR/error.log. MYSQLD_EXTRA: further options.

accounts() {	# accounts NAME HOW...: SQL that makes them, HOW being what follows the name
	while [ $# != 0 ]; do
		echo "CREATE USER IF NOT EXISTS $1 $2;"
		echo "GRANT ALL ON *.* TO $1 WITH GRANT OPTION;"
		shift 2
	done
}

# start_mysqld NEW_DATA NAME HOW...: starts the program of the array mysqld on $port in $dir.
# NEW_DATA, called with an option of the server, makes $dir/data; NAME and HOW are the server's
# own accounts.
start_mysqld() {
	local new_data=$1 extra server
	cd "$dir" || return
	# of its own, for the making of the data too: a server that starts, be it for that alone,
	# removes the temporary tables of all that share one
	mkdir -p tmp
	if [ ! -d data/mysql ]; then
		certificates "$dir"
		client_certificate "$dir" certified "$dir/client.pem"
		{
			echo "CREATE DATABASE IF NOT EXISTS test;"
			accounts "root@'127.0.0.1'" "" \
				"tls@'%'" "IDENTIFIED BY 'secret' REQUIRE SSL" \
				"certified@'%'" "IDENTIFIED BY 'secret' REQUIRE X509" "${@:2}"
		} >accounts.sql
		give_away "$dir"
		"$new_data" --tmpdir="$dir/tmp" >new_data.log 2>&1 ||
			die "no new data: $(tail -20 new_data.log)"
	fi
	: >error.log	# what is waited for below may be there from an earlier time
	give_away "$dir"
	read -ra extra <<<"${MYSQLD_EXTRA:-}"
	# The data are thrown away after the tests: nothing waits for the disk. A session of its
	# own: Ctrl-C in the terminal does not reach it.
	unprivileged setsid "${mysqld[@]}" --datadir="$dir/data" --tmpdir="$dir/tmp" --pid-file="$dir/pid" \
		--socket="$dir/mysql.sock" --port="$port" --bind-address=127.0.0.1 \
		--skip-name-resolve --log-error="$dir/error.log" --init-file="$dir/accounts.sql" \
		--ssl-ca="$dir/ca.pem" --ssl-cert="$dir/server.crt" --ssl-key="$dir/server.key" \
		--skip-log-bin --innodb-flush-method=nosync --innodb-flush-log-at-trx-commit=0 \
		"${extra[@]}" </dev/null >>error.log 2>&1 &
	server=$!
	for _ in {1..600}; do
		[ -s pid ] && grep -q 'ready for connections' error.log && return 0
		kill -0 "$server" 2>/dev/null || break
		sleep 0.1
	done
	tail -20 error.log >&2
	die "${mysqld[0]} did not come up"
}
