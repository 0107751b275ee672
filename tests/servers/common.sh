# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the start scripts share. Sourced, not run.
#
# Every start script is called with a port and a folder of its own, listens on loopback only,
# returns when the server answers, and leaves the server's pid in DIR/pid for stop.sh.
set -euo pipefail

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# Where downloaded servers are unpacked. Root's home is closed to the account that runs them.
servers_folder() {
	if [ -n "${SLT_SERVERS:-}" ]; then
		echo "$SLT_SERVERS"
	elif [ "$(id -u)" = 0 ]; then
		echo /var/cache/slt-servers
	else
		echo "${XDG_CACHE_HOME:-$HOME/.cache}/structured-log-transfer"
	fi
}

# make_once HOME MAKE...: makes the folder HOME when it is not there yet. MAKE gets one argument
# more, a folder to work in, and leaves there a folder "out", which becomes HOME. Another run may
# do the same at the same time: the first to be done wins.
make_once() {
	local home=$1 work
	[ ! -d "$home" ] || return 0
	mkdir -p "${home%/*}"
	work=$(mktemp -d "${home%/*}/.new.XXXXXX")
	"${@:2}" "$work"
	chmod -R a+rX "$work/out"
	mv -T "$work/out" "$home" 2>/dev/null || [ -d "$home" ]
	rm -rf "$work"
}

fetch() {	# fetch GROUP:ARTIFACT:VERSION:TYPE FOLDER: copies that file of Maven's there
	local output
	echo "fetching $1 with maven" >&2
	output=$(mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
		-Dartifact="$1" -DoutputDirectory="$2" 2>&1 </dev/null) ||
		die "maven cannot fetch $1: $output"
}

is_taken() {	# is_taken PORT
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# free_port: prints a port nobody listens on, below those that outgoing connections get.
free_port() {
	local port
	for _ in {1..100}; do
		port=$((15000 + RANDOM % 15000))
		is_taken "$port" || { echo "$port"; return 0; }
	done
	die "no free port found"
}

# No server runs as root: when we are root, this account runs it and owns its folder.
account=nobody

unprivileged() {	# unprivileged COMMAND...
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid "$account" --regid "$(id -g "$account")" --clear-groups "$@"
	else
		"$@"
	fi
}

# take_folder PORT DIR: sets port and dir (absolute), and refuses what is in use.
take_folder() {
	port=$1
	mkdir -p "$2"
	dir=$(cd "$2" && pwd)
	! is_running "$dir" || die "a server started in $dir still runs"
	! is_taken "$port" || die "port $port is taken"
	rm -f "$dir/pid"
	chmod 755 "$dir"
}

give_away() {	# give_away DIR: to the account that runs the server
	[ "$(id -u)" != 0 ] || chown -R "$account:" "$1"
}

# is_running DIR: does the server started there still run? A pid may have been given to
# somebody else since, so the command line has to name the folder.
is_running() {
	local pid
	pid=$(cat "$1/pid" 2>/dev/null) && [ -n "$pid" ] &&
		tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$1/"
}

# certificates DIR: makes there a CA, ca.pem, and by it server.crt and server.key for localhost
# and 127.0.0.1
certificates() {
	(
		cd "$1" &&
			openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=test-ca \
				-keyout ca.key -out ca.pem &&
			openssl req -newkey rsa:2048 -nodes -subj /CN=localhost \
				-keyout server.key -out server.csr &&
			openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial \
				-days 3650 -out server.crt \
				-extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1") &&
			chmod 600 server.key && rm server.csr
	) >"$1/openssl.log" 2>&1 || die "see $1/openssl.log"
}

# client_certificate DIR NAME FILE: by the CA that certificates made in DIR, a client's
# certificate with NAME as its CN, and before it its key, in FILE
client_certificate() {
	(
		openssl req -newkey rsa:2048 -nodes -subj "/CN=$2" -keyout "$3" -out "$3.csr" &&
			openssl x509 -req -in "$3.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" \
				-CAcreateserial -days 3650 -out "$3.crt" &&
			cat "$3.crt" >>"$3" &&
			rm "$3.csr" "$3.crt"
	) >"$1/openssl.log" 2>&1 || die "see $1/openssl.log"
}
