# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # port and dir are set by take_folder
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

# start_search PRODUCT VERSION GROUP PREFIX [LINES]: starts it on $port in $dir. PREFIX is what
# its environment variables begin with, LINES are more of its configuration.
start_search() {
	local product=$1 prefix=$4 home java launcher
	home=$(servers_folder)/search/$product-$2
	make_once "$home" unpack_search "$3:$product:$2"
	mkdir -p "$dir"/{data,logs,tmp}
	rm -rf "$dir/config"
	cp -r "$home/config" "$dir/config"
	# what the Java machine logs by itself would go to the shared home
	sed -i -E '/Xlog:gc|Xloggc|HeapDump|ErrorFile/d' "$dir/config/jvm.options"
	cat >"$dir/config/$product.yml" <<-CONF
		cluster.name: test-$port
		node.name: n0
		path.data: $dir/data
		path.logs: $dir/logs
		network.host: 127.0.0.1
		http.port: $port
		transport.port: 0
		discovery.type: single-node
		cluster.routing.allocation.disk.threshold_enabled: false
		${5:-}
	CONF
	give_away "$dir"

	cd "$dir"
	java=$(java_home)
	export "${prefix}_JAVA_HOME=$java" "${prefix}_PATH_CONF=$dir/config" \
		"${prefix}_TMPDIR=$dir/tmp" "${prefix}_JAVA_OPTS=-Xms1g -Xmx1g"
	# a session of its own: Ctrl-C in the terminal does not reach it
	unprivileged setsid bash "$home/bin/$product" -p "$dir/pid" >out.log 2>&1 </dev/null &
	launcher=$!
	for _ in {1..600}; do
		if [ -s pid ] && curl -sf -o /dev/null \
			"http://127.0.0.1:$port/_cluster/health?wait_for_status=yellow&timeout=30s"; then
			return 0
		fi
		kill -0 "$launcher" 2>/dev/null || break
		sleep 0.2
	done
	tail -40 out.log >&2
	die "$product did not come up"
}
