# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # port and dir are set by take_folder, home by the caller
# How a search server is fetched and started: the same for OpenSearch and Elasticsearch but for
# the names. Sourced after common.sh, not run.

java_home() {	# a Java that these versions run on (24 and later are too new)
	local home
	for home in ${SLT_JAVA_HOME:+"$SLT_JAVA_HOME"} /usr/lib/jvm/java-{17,21}-openjdk-*; do
		[ -x "$home/bin/java" ] && { echo "$home"; return 0; }
	done
	home=$(readlink -f "$(command -v java)") || die "no java found"
	echo "${home%/bin/java}"
}

unpack_search() {	# unpack_search GROUP:ARTIFACT:VERSION WORK, for make_once
	fetch "$1:zip" "$2"
	unzip -q "$2"/*.zip -d "$2/in"
	mv -T "$2"/in/* "$2/out"
}

# is_secured SWITCH: is a server with TLS and users asked for?
is_secured() {
	case $1 in
	'' | 0) return 1 ;;
	1) return 0 ;;
	*) die "expected 1 or nothing to ask for TLS and users, not $1" ;;
	esac
}

# search_certificates: makes in $dir/config what a server with TLS needs (ca.pem, server.crt,
# server.key), and copies ca.pem to $dir for its clients
search_certificates() {
	certificates "$dir/config"
	cp "$dir/config/ca.pem" "$dir/ca.pem"
}

# prepare_search PRODUCT [LINES]: its folders in $dir and its configuration for $port, with
# these lines more; from $home, where it is unpacked
prepare_search() {
	mkdir -p "$dir"/{data,logs,tmp}
	rm -rf "$dir/config"
	cp -r "$home/config" "$dir/config"
	# what the Java machine logs by itself would go to the shared home
	sed -i -E '/Xlog:gc|Xloggc|HeapDump|ErrorFile/d' "$dir/config/jvm.options"
	cat >"$dir/config/$1.yml" <<-CONF
		cluster.name: test-$port
		node.name: n0
		path.data: $dir/data
		path.logs: $dir/logs
		network.host: 127.0.0.1
		http.port: $port
		transport.port: 0
		discovery.type: single-node
		cluster.routing.allocation.disk.threshold_enabled: false
		${2:-}
	CONF
}

# start_search PRODUCT PREFIX [CURL-ARGUMENT...]: starts what is prepared and waits until it
# answers. PREFIX is what its environment variables begin with, the arguments are what a client
# needs besides the URL; with some, it is https.
start_search() {
	local product=$1 prefix=$2 scheme=http java launcher
	shift 2
	[ $# = 0 ] || scheme=https
	give_away "$dir"
	cd "$dir" || return
	java=$(java_home)
	export "${prefix}_JAVA_HOME=$java" "${prefix}_PATH_CONF=$dir/config" \
		"${prefix}_TMPDIR=$dir/tmp" "${prefix}_JAVA_OPTS=-Xms1g -Xmx1g"
	# a session of its own: Ctrl-C in the terminal does not reach it
	unprivileged setsid bash "$home/bin/$product" -p "$dir/pid" >out.log 2>&1 </dev/null &
	launcher=$!
	for _ in {1..600}; do
		if [ -s pid ] && curl -sf -o /dev/null "$@" \
			"$scheme://127.0.0.1:$port/_cluster/health?wait_for_status=yellow&timeout=30s"; then
			return 0
		fi
		kill -0 "$launcher" 2>/dev/null || break
		sleep 0.2
	done
	tail -40 out.log >&2
	die "$product did not come up"
}
