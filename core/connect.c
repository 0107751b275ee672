// SPDX-License-Identifier: MIT
// From the settings to the database's URL and the search server.

#include "connect.h"

#include <string.h>
#include <strings.h>

#include "log.h"

static void warn_of_django_options(const struct dburl *url)
{
	for (size_t i = 0; i < url->n_options; i++) {
		if (dburl_is_djangos(url->options[i].name))
			log_warning(
				"DATABASE_URL: the option %s is Django's and does nothing here",
				url->options[i].name);
	}
}

struct tls_file {
	enum setting_id id;
	const char *option;
};

/* Settings that are set win over the options of the URL. */
static int add_tls_files(const struct settings *settings, const struct tls_file *files,
			 size_t n, struct dburl *url, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		const char *file = settings_text(settings, files[i].id);

		if (*file && dburl_set_option(url, files[i].option, file, err) < 0)
			return -1;
	}
	return 0;
}

/* With a CA the server's certificate is verified; the URL's sslmode may ask for more. */
static int add_postgresql_tls(const struct settings *settings, struct dburl *url,
			      struct err *err)
{
	static const struct tls_file files[] = {
		{ SET_SSL_CA, "sslrootcert" },
		{ SET_SSL_CERT, "sslcert" },
		{ SET_SSL_KEY, "sslkey" },
	};
	const char *mode;

	if (*settings_text(settings, SET_SSL_CIPHER))
		return err_set(
			err, EXIT_CONFIG,
			"SSL_CIPHER: PostgreSQL's client cannot choose ciphers; leave it "
			"out and set ssl_ciphers on the server");
	if (add_tls_files(settings, files, sizeof(files) / sizeof(files[0]), url, err) <
	    0)
		return -1;
	mode = dburl_option(url, "sslmode");
	if (mode && !dburl_is_strict(mode))
		return err_set(
			err, EXIT_CONFIG,
			"DB_USE_SSL is True, but DATABASE_URL says sslmode=%s: require, "
			"verify-ca or verify-full is expected",
			mode);
	if (mode)
		return 0;
	return dburl_set_option(url, "sslmode",
				*settings_text(settings, SET_SSL_CA) ? "verify-ca"
								     : "require",
				err);
}

/* With a CA the server's certificate is verified; the URL's ssl_mode may ask for more. */
static int add_mysql_tls(const struct settings *settings, struct dburl *url,
			 struct err *err)
{
	static const struct tls_file files[] = {
		{ SET_SSL_CA, "ssl_ca" },
		{ SET_SSL_CERT, "ssl_cert" },
		{ SET_SSL_KEY, "ssl_key" },
		{ SET_SSL_CIPHER, "ssl_cipher" },
	};
	const char *mode = dburl_option(url, "ssl_mode");

	if (add_tls_files(settings, files, sizeof(files) / sizeof(files[0]), url, err) <
	    0)
		return -1;
	if (mode && strcasecmp(mode, "DISABLED") == 0)
		return err_set(err, EXIT_CONFIG,
			       "DB_USE_SSL is True, but DATABASE_URL says ssl_mode=%s: "
			       "REQUIRED, VERIFY_CA or VERIFY_IDENTITY is expected",
			       mode);
	if (mode)
		return 0;
	return dburl_set_option(url, "ssl_mode",
				dburl_option(url, "ssl_ca") ? "VERIFY_CA" : "REQUIRED",
				err);
}

static int add_tls(const struct settings *settings, struct dburl *url, struct err *err)
{
	bool files = *settings_text(settings, SET_SSL_CA) ||
		     *settings_text(settings, SET_SSL_CERT) ||
		     *settings_text(settings, SET_SSL_KEY) ||
		     *settings_text(settings, SET_SSL_CIPHER);

	if (!settings_boolean(settings, SET_DB_USE_SSL)) {
		if (files)
			return err_set(
				err, EXIT_CONFIG,
				"SSL_CA, SSL_CERT, SSL_KEY or SSL_CIPHER is set, but "
				"DB_USE_SSL is not True");
		return 0;
	}
	if (strcmp(url->driver, "postgresql") == 0)
		return add_postgresql_tls(settings, url, err);
	if (strcmp(url->driver, "mysql") == 0)
		return add_mysql_tls(settings, url, err);
	return err_set(err, EXIT_CONFIG, "DB_USE_SSL: a connection to %s has no TLS",
		       url->driver);
}

int connect_database_url(const struct settings *settings, struct dburl *ret,
			 struct err *err)
{
	const char *password = settings_text(settings, SET_DATABASE_PASSWORD);

	if (dburl_parse(settings_text(settings, SET_DATABASE_URL), ret, err) < 0)
		return -1;
	if (*password)
		dburl_set_password(ret, password);
	/* libpq takes one from the options, too, and the later one of two */
	if (*password && dburl_option(ret, "password") &&
	    dburl_set_option(ret, "password", password, err) < 0)
		return -1;
	warn_of_django_options(ret);
	if (add_tls(settings, ret, err) == 0)
		return 0;
	dburl_fini(ret);
	return -1;
}

int connect_target(const struct settings *settings, bool reasons,
		   struct elastic_target *ret, struct err *err)
{
	const struct elastic_config config = {
		.hosts = settings_text(settings, SET_ELASTICSEARCH_HOST),
		.port = settings_number(settings, SET_ELASTICSEARCH_PORT),
		.scheme = settings_text(settings, SET_ELASTICSEARCH_SCHEME),
		.scheme_given = settings_is_set(settings, SET_ELASTICSEARCH_SCHEME),
		.index = settings_text(settings, SET_ELASTICSEARCH_APP_AUDIT_LOG_INDEX),
		.pipeline = settings_text(settings, SET_ELASTICSEARCH_PIPELINE),
		.require_alias = settings_boolean(settings, SET_ELASTICSEARCH_REQUIRE_ALIAS),
		.allow_plaintext = settings_boolean(settings, SET_ELASTICSEARCH_ALLOW_PLAINTEXT),
		.reasons = reasons,
		.api_key = settings_text(settings, SET_ELASTICSEARCH_API_KEY),
		.http = {
			.user = settings_text(settings, SET_ELASTICSEARCH_USERNAME),
			.password = settings_text(settings, SET_ELASTICSEARCH_PASSWORD),
			.ca_cert = settings_text(settings, SET_ELASTICSEARCH_CA_CERT),
			.client_cert = settings_text(settings, SET_ELASTICSEARCH_CLIENT_CERT),
			.client_key = settings_text(settings, SET_ELASTICSEARCH_CLIENT_KEY),
			.verify = settings_boolean(settings, SET_ELASTICSEARCH_VERIFY),
			.timeout = settings_number(settings, SET_ELASTICSEARCH_TIMEOUT),
			.compress = settings_boolean(settings, SET_ELASTICSEARCH_COMPRESS),
		},
	};

	if (elastic_target_init(ret, &config, err) < 0)
		return -1;
	if (ret->plaintext_credentials)
		log_warning(
			"the password or API key for Elasticsearch travels over plain http: "
			"use ELASTICSEARCH_SCHEME=https");
	if (!config.http.verify)
		log_warning(
			"ELASTICSEARCH_VERIFY is False: the server's certificate is not "
			"verified");
	return 0;
}
