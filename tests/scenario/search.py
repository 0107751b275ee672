# SPDX-License-Identifier: MIT
"""The real index: made for a test, filled by the program, read as raw text, deleted afterwards."""

import base64
import functools
import http.client
import itertools
import json
import os
import ssl
from urllib.parse import unquote, urlsplit

import pytest

import rawjson

PRODUCTS = ("opensearch", "elasticsearch")
# For tests that are to run with both; the others run with the first.
each_product = pytest.mark.parametrize("search", PRODUCTS, indirect=True)
_numbers = itertools.count(1)


def url_of(product):
    return os.environ[f"SLT_TEST_{product.upper()}"].rstrip("/")


def ca_of(product):
    """The file with the CA of that product's server with TLS."""
    return os.environ[f"SLT_TEST_{product.upper()}_TLS_CA"]


@functools.lru_cache
def trusting():
    """An SSLContext that trusts the servers with TLS, of all products."""
    context = ssl.create_default_context()
    for product in PRODUCTS:
        context.load_verify_locations(ca_of(product))
    return context


def connect(parts, timeout):
    if parts.scheme == "https":
        return http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=timeout, context=trusting()
        )
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)


def http_request(url, method="GET", body=None, content_type="application/json", timeout=30):
    """Returns (status, body bytes). A body that is not bytes is sent as JSON. The URL may hold a
    user and a password."""
    parts = urlsplit(url)
    connection = connect(parts, timeout)
    headers = {"Content-Type": content_type} if body else {}
    if parts.username:
        credentials = f"{unquote(parts.username)}:{unquote(parts.password)}"
        headers["Authorization"] = f"Basic {base64.b64encode(credentials.encode()).decode()}"
    try:
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target or "/", body, headers)
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


class Secured:
    """A server with TLS and users, as its administrator sees it."""

    def __init__(self, product):
        self.product = product
        self.with_password = os.environ[f"SLT_TEST_{product.upper()}_TLS"].rstrip("/")
        parts = urlsplit(self.with_password)
        self.port, self.url = parts.port, f"https://{parts.hostname}:{parts.port}"
        self.user, self.password = unquote(parts.username), unquote(parts.password)
        self.ca = {"ELASTICSEARCH_CA_CERT": ca_of(product)}
        self.login = {
            "ELASTICSEARCH_USERNAME": self.user,
            "ELASTICSEARCH_PASSWORD": self.password,
        }

    def ask(self, method, path, body=None):
        status, text = http_request(self.with_password + path, method, body)
        assert status in (200, 201), f"{method} {path}: {status} {text[:500]}"
        return json.loads(text)


class Index:
    """An index of the server at `url`, which does not exist until something writes to it or
    create() is called."""

    def __init__(self, url):
        self.url = url
        self.name = f"slt-{os.getpid()}-{next(_numbers)}"

    def _ask(self, method, path, body=None, accept=(200, 201)):
        status, text = http_request(f"{self.url}/{self.name}{path}", method, body)
        assert status in accept, f"{method} {path}: {status} {text[:500]}"
        return status, text

    def create(self, **properties):
        """With the mapping given for some fields; the others are mapped as they come."""
        self._ask(
            "PUT",
            "",
            {
                "settings": {"number_of_shards": 1, "number_of_replicas": 0},
                "mappings": {"properties": properties},
            },
        )
        return self

    def put(self, key, document):
        self._ask("PUT", f"/_doc/{key}?refresh=true", document)

    def documents(self):
        """Everything that it holds: _id -> node of the stored text."""
        if self._ask("POST", "/_refresh", accept=(200, 404))[0] == 404:
            return {}
        _, text = self._ask("GET", "/_search?size=10000")
        hits = rawjson.member(rawjson.parse(text), "hits")
        total = int(rawjson.member(rawjson.member(hits, "total"), "value"))
        found = {
            json.loads(rawjson.member(hit, "_id")): rawjson.member(hit, "_source")
            for hit in rawjson.items(rawjson.member(hits, "hits"))
        }
        assert len(found) == total, "more documents than one page of the search shows"
        return found

    def count(self):
        """The server's own count of what a search finds."""
        self._ask("POST", "/_refresh")
        return json.loads(self._ask("GET", "/_count")[1])["count"]

    def delete(self):
        self._ask("DELETE", "", accept=(200, 404))


def server_version(url):
    status, text = http_request(url)
    assert status == 200, f"{url}: {status} {text[:300]}"
    version = json.loads(text)["version"]
    return f"{version.get('distribution', 'elasticsearch')} {version['number']}"
