#!/bin/bash
# SPDX-License-Identifier: MIT
# start-opensearch.sh PORT DIR: a private OpenSearch server without TLS and accounts, fetched
# with maven when needed. Log: DIR/out.log. OPENSEARCH_EXTRA: further lines of opensearch.yml.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"

[ $# = 2 ] || die "usage: $0 PORT DIR"
take_folder "$1" "$2"
version=2.19.6

java_home() {	# a Java that this version runs on (24 and later are too new)
	local home
	for home in ${SLT_JAVA_HOME:+"$SLT_JAVA_HOME"} /usr/lib/jvm/java-{17,21}-openjdk-*; do
		[ -x "$home/bin/java" ] && { echo "$home"; return 0; }
	done
	home=$(readlink -f "$(command -v java)") || die "no java found"
	echo "${home%/bin/java}"
}

home=$(unpacked "search/opensearch-$version" \
	"org.opensearch.distribution.integ-test-zip:opensearch:$version")
mkdir -p "$dir"/{data,logs,tmp}
rm -rf "$dir/config"
cp -r "$home/config" "$dir/config"
# what the Java machine logs by itself would go to the shared home
sed -i -E '/Xlog:gc|Xloggc|HeapDump|ErrorFile/d' "$dir/config/jvm.options"
cat >"$dir/config/opensearch.yml" <<CONF
cluster.name: test-$port
node.name: n0
path.data: $dir/data
path.logs: $dir/logs
network.host: 127.0.0.1
http.port: $port
transport.port: $((port + 1))-$((port + 200))
discovery.type: single-node
cluster.routing.allocation.disk.threshold_enabled: false
${OPENSEARCH_EXTRA:-}
CONF
give_away "$dir"

cd "$dir"
export OPENSEARCH_JAVA_HOME OPENSEARCH_PATH_CONF=$dir/config OPENSEARCH_TMPDIR=$dir/tmp
export OPENSEARCH_JAVA_OPTS="-Xms1g -Xmx1g"
OPENSEARCH_JAVA_HOME=$(java_home)
# a session of its own: Ctrl-C in the terminal does not reach it
unprivileged setsid bash "$home/bin/opensearch" -p "$dir/pid" >out.log 2>&1 </dev/null &
launcher=$!
for _ in {1..600}; do
	if [ -s pid ] && curl -sf -o /dev/null \
		"http://127.0.0.1:$port/_cluster/health?wait_for_status=yellow&timeout=30s"; then
		exit 0
	fi
	kill -0 "$launcher" 2>/dev/null || break
	sleep 0.2
done
tail -40 out.log >&2
die "OpenSearch did not come up"
