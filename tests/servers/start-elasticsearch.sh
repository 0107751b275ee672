#!/bin/bash
# SPDX-License-Identifier: MIT
# start-elasticsearch.sh PORT DIR: a private Elasticsearch server without TLS and accounts,
# fetched with maven when needed. Log: DIR/out.log. ELASTICSEARCH_EXTRA: further lines of
# elasticsearch.yml. 8.8.2 is the newest version whose archive answers GET / by itself.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/search.sh"

[ $# = 2 ] || die "usage: $0 PORT DIR"
take_folder "$1" "$2"
start_search elasticsearch 8.8.2 org.elasticsearch.distribution.integ-test-zip ES \
	"xpack.security.enabled: false
${ELASTICSEARCH_EXTRA:-}"
