#!/bin/bash
# SPDX-License-Identifier: MIT
# start-opensearch.sh PORT DIR: a private OpenSearch server without TLS and accounts, fetched
# with maven when needed. Log: DIR/out.log. OPENSEARCH_EXTRA: further lines of opensearch.yml.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/search.sh"

[ $# = 2 ] || die "usage: $0 PORT DIR"
take_folder "$1" "$2"
start_search opensearch 2.19.6 org.opensearch.distribution.integ-test-zip OPENSEARCH \
	"${OPENSEARCH_EXTRA:-}"
