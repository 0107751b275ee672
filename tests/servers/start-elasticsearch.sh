#!/bin/bash
# SPDX-License-Identifier: MIT
# start-elasticsearch.sh PORT DIR: a private Elasticsearch server, fetched with maven when needed.
#
# Without TLS and accounts, or, with ELASTICSEARCH_SECURED=1, with both: user elastic with
# password changeme1, CA in DIR/ca.pem. ELASTICSEARCH_EXTRA: further lines of elasticsearch.yml.
# Log: DIR/out.log. 8.8.2 is the newest version whose archive answers GET / by itself.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/search.sh"

password=changeme1
version=8.8.2
archive=org.elasticsearch.distribution.integ-test-zip:elasticsearch:$version

# The server with a plugin of our own, without which it can keep no API keys.
unpack_secured() {	# unpack_secured WORK, for make_once
	local plugin=$1/out/plugins/email-analysis
	unpack_search "$archive" "$1"
	fetch org.eclipse.jdt:ecj:3.33.0:jar "$1/compiler"
	mkdir -p "$plugin"
	"$(java_home)/bin/java" -jar "$1"/compiler/*.jar -17 -d "$1/classes" \
		-cp "$(printf '%s:' "$1"/out/lib/*.jar)" "$here/elasticsearch/EmailAnalysis.java" >&2
	(cd "$1/classes" && python3 -m zipfile -c "$plugin/email-analysis.jar" slt)
	cat >"$plugin/plugin-descriptor.properties" <<-DESCRIPTOR
		name=email-analysis
		description=names that the security index asks for
		classname=slt.EmailAnalysis
		version=$version
		elasticsearch.version=$version
		java.version=17
	DESCRIPTOR
}

security() {	# lines of elasticsearch.yml
	cat <<-CONF
		xpack.security.enabled: true
		xpack.security.http.ssl.enabled: true
		xpack.security.http.ssl.certificate: server.crt
		xpack.security.http.ssl.key: server.key
	CONF
}

set_password() {	# of the user elastic, in the keystore that the server reads
	export ES_JAVA_HOME ES_PATH_CONF=$dir/config
	ES_JAVA_HOME=$(java_home)
	give_away "$dir"
	{
		unprivileged bash "$home/bin/elasticsearch-keystore" create &&
			unprivileged bash "$home/bin/elasticsearch-keystore" add -x bootstrap.password \
				<<<"$password"
	} >"$dir/keystore.log" 2>&1 || die "no keystore: $(cat "$dir/keystore.log")"
}

[ $# = 2 ] || die "usage: $0 PORT DIR"
take_folder "$1" "$2"
here=$(cd "$(dirname "$0")" && pwd)
if is_secured "${ELASTICSEARCH_SECURED:-}"; then
	home=$(servers_folder)/search/elasticsearch-$version-security
	make_once "$home" unpack_secured
	prepare_search elasticsearch "$(security)
${ELASTICSEARCH_EXTRA:-}"
	search_certificates
	set_password
	start_search elasticsearch ES --cacert "$dir/ca.pem" -u "elastic:$password"
else
	home=$(servers_folder)/search/elasticsearch-$version
	make_once "$home" unpack_search "$archive"
	prepare_search elasticsearch "xpack.security.enabled: false
${ELASTICSEARCH_EXTRA:-}"
	start_search elasticsearch ES
fi
