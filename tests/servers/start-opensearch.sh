#!/bin/bash
# SPDX-License-Identifier: MIT
# start-opensearch.sh PORT DIR: a private OpenSearch server, fetched with maven when needed.
#
# Without TLS and accounts, or, with OPENSEARCH_SECURED=1, with both: the product's own security
# plugin, user admin with password admin, CA in DIR/ca.pem. Instead of a password a client may
# show a certificate, of which the CN is its user: DIR/client.pem is that of "sender".
# OPENSEARCH_EXTRA: further lines of opensearch.yml. Log: DIR/out.log.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/search.sh"

group=org.opensearch.distribution.integ-test-zip

unpack_secured() {	# unpack_secured WORK, for make_once: the server with the plugin
	unpack_search "$group:opensearch:$version" "$1"
	mkdir "$1/plugin"
	fetch "org.opensearch.plugin:opensearch-security:$version.0:zip" "$1/plugin"
	OPENSEARCH_JAVA_HOME=$(java_home) OPENSEARCH_PATH_CONF=$1/out/config \
		bash "$1/out/bin/opensearch-plugin" install -b "file://$(echo "$1"/plugin/*.zip)" \
		>"$1/plugin.log" 2>&1 || die "the plugin does not install: $(cat "$1/plugin.log")"
}

security() {	# lines of opensearch.yml
	local layer
	for layer in http transport; do
		cat <<-CONF
			plugins.security.ssl.$layer.pemcert_filepath: server.crt
			plugins.security.ssl.$layer.pemkey_filepath: server.key
			plugins.security.ssl.$layer.pemtrustedcas_filepath: ca.pem
		CONF
	done
	cat <<-CONF
		plugins.security.ssl.http.enabled: true
		plugins.security.ssl.http.clientauth_mode: OPTIONAL
		plugins.security.ssl.transport.enforce_hostname_verification: false
		plugins.security.allow_default_init_securityindex: true
		plugins.security.restapi.roles_enabled: [all_access]
	CONF
}

# Certificates of clients are looked at only when the plugin's own configuration says so.
accept_client_certificates() {
	sed -i '/clientcert_auth_domain:/,/order:/ s/http_enabled: false/http_enabled: true/' \
		"$dir/config/opensearch-security/config.yml"
}

[ $# = 2 ] || die "usage: $0 PORT DIR"
take_folder "$1" "$2"
if is_secured "${OPENSEARCH_SECURED:-}"; then
	version=2.19.4	# the newest that the plugin is to be had for
	home=$(servers_folder)/search/opensearch-$version-security
	make_once "$home" unpack_secured
	prepare_search opensearch "$(security)
${OPENSEARCH_EXTRA:-}"
	search_certificates
	client_certificate "$dir/config" sender "$dir/client.pem"
	accept_client_certificates
	start_search opensearch OPENSEARCH --cacert "$dir/ca.pem" -u admin:admin
else
	version=2.19.6
	home=$(servers_folder)/search/opensearch-$version
	make_once "$home" unpack_search "$group:opensearch:$version"
	prepare_search opensearch "${OPENSEARCH_EXTRA:-}"
	start_search opensearch OPENSEARCH
fi
