# SPDX-License-Identifier: MIT
"""Real servers with TLS and users: who gets in, with which privileges, and what those who do not
are told."""

import base64
import fcntl
import functools
import os
import ssl
import subprocess
from pathlib import Path

import pytest

import checks
import slt
import tables
from forward_proxy import ForwardProxy
from forwarder import Forwarder
from gateway import Proxy
from search import PRODUCTS, Index, Secured, ca_of, each_product, url_of

elasticsearch = pytest.mark.parametrize("search", ["elasticsearch"], indirect=True)
opensearch = pytest.mark.parametrize("search", ["opensearch"], indirect=True)
PASSWORD = "Str0ng-CANARY-of-the-user"
UNREADABLE = "unverified: 409 the document under this _id cannot be read"


@functools.lru_cache
def awake(product):
    """A server that has written something already: the first time may take longer, on a busy
    machine, than the program of the tests is patient."""
    secured = Secured(product)
    index = Index(secured.with_password)
    index.put("1", {"n": 1})
    index.delete()
    return secured


@pytest.fixture
def secured(search):
    """For one test at a time, also of another run: users and roles have the same names."""
    with open(ca_of(search), "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield awake(search)


@pytest.fixture
def inner(secured):
    """An index of the secured server."""
    index = Index(secured.with_password)
    yield index
    index.delete()


@pytest.fixture
def table(sqlite):
    return tables.SingleColumn(sqlite).generate(60)


@pytest.fixture
def stranger(table, secured, inner, program):
    """The program set up to send the table to the secured server, without credentials."""
    return program(table.db, secured, inner, **table.settings, **secured.ca, CHUNK_SIZE=20)


@pytest.fixture
def sender(stranger, secured):
    """Likewise, with the administrator's."""
    return stranger.with_(**secured.login)


def refused(result, table, *words):
    """At once, with one message, and nothing is marked."""
    assert result.status == slt.CONFIGURATION and result.seconds < 10, result
    told = result.err.splitlines()[:-1]
    assert len(told) == 1 and all(word in told[0] for word in words), result
    assert result.summary["sent"] == 0 and not any(row.marked for row in table.rows())


def unavailable(result, table, *words):
    assert result.status == slt.UNAVAILABLE and result.seconds < 10, result
    error = [line for line in result.err.splitlines() if "error: " in line]
    assert len(error) == 1 and all(word in error[0] for word in words), result
    assert not any(row.marked for row in table.rows())


def unsend(table, below=1000):
    table.db.execute("UPDATE audit_logs SET is_sent = ? WHERE id < ?", (False, below))


def hidden(result, *secrets):
    for secret in secrets:
        assert secret not in result.out + result.err, result


# ---- users and passwords


@each_product
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_password(table, secured, sender, inner, host):
    result = sender.with_(ELASTICSEARCH_HOST=host).run("-v", "-v", "send")
    assert result.status == slt.DONE and result.counted(sent=60), result
    assert checks.delivered(table, inner) == 60
    credentials = f"{secured.user}:{secured.password}".encode()
    hidden(result, base64.b64encode(credentials).decode())


@each_product
@pytest.mark.parametrize("lanes", [1, 4])
def test_a_wrong_password(table, secured, sender, lanes):
    wrong = sender.with_(ELASTICSEARCH_PASSWORD="wrong-CANARY", LANES=lanes, CHUNK_SIZE=5)
    result = wrong.send()
    refused(result, table, "401", "ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD")
    hidden(result, "CANARY")
    hidden(wrong.run("-v", "-v", "send"), "CANARY")


@each_product
def test_no_credentials(table, stranger):
    refused(stranger.send(), table, "401", "it asks for credentials", "ELASTICSEARCH_API_KEY")


# ---- keys of Elasticsearch


@pytest.fixture
def key(secured, inner):
    """key(privilege, ...): an API key, encoded, with these on the index and no other."""

    def make(*privileges, index=None):
        granted = {"names": [index or inner.name], "privileges": privileges}
        body = {"name": "test", "role_descriptors": {"only": {"index": [granted]}}}
        return secured.ask("POST", "/_security/api_key", body)["encoded"]

    return make


def using(sender, key, **more):
    return sender.with_(ELASTICSEARCH_API_KEY=key, **more)


@elasticsearch
def test_a_key_that_may_only_create(table, stranger, inner, key):
    """It is enough to send. To compare, it is not: told once, with the remedy."""
    inner.create()
    writer = using(stranger, key("create_doc"))
    result = writer.run("-v", "-v", "send")
    assert result.status == slt.DONE and result.counted(sent=60), result
    hidden(result, writer.settings["ELASTICSEARCH_API_KEY"])
    assert checks.delivered(table, inner) == 60

    unsend(table)
    result = writer.send()
    assert result.status == slt.SET_ASIDE and result.counted(unverified=60), result
    told = [line for line in result.err.splitlines() if "cannot be compared" in line]
    assert len(told) == 1 and "privilege read" in told[0] and "ON_CONFLICT=trust" in told[0], result
    assert UNREADABLE in result.warnings(1)[0] and not any(row.marked for row in table.rows())

    result = writer.with_(ON_CONFLICT="trust").send()
    assert result.status == slt.DONE and result.counted(already_there=60), result
    assert checks.delivered(table, inner) == 60


@elasticsearch
def test_a_key_that_may_read_too(table, stranger, inner, key):
    inner.create()
    writer = using(stranger, key("create_doc", "read"))
    assert writer.send().counted(sent=60)
    unsend(table, below=31)
    result = writer.send()
    assert result.status == slt.DONE and result.counted(already_there=30), result
    assert writer.run("conflicts").status == slt.DONE
    assert checks.delivered(table, inner) == 60


@elasticsearch
def test_a_key_without_the_privilege(table, stranger, inner, key):
    """Also where Elasticsearch says so item by item: one message, not one for each row."""
    inner.create()
    reader, other = key("read"), key("create_doc", index="other")
    refused(using(stranger, reader).send(), table, "403", "create_doc")
    refused(using(stranger, other).send(), table, "403 security_exception", "create_doc")
    # an index that is not there would have to be made
    name = f"{inner.name}-none"
    writer = using(stranger, key("create_doc", index=name), ELASTICSEARCH_APP_AUDIT_LOG_INDEX=name)
    refused(writer.send(), table, "403 security_exception", "ELASTICSEARCH_APP_AUDIT_LOG_INDEX")
    reasons = writer.send("--show-reasons")
    refused(reasons, table, "403 security_exception: ", "unauthorized", name)
    checks.untouched(table, inner)


@elasticsearch
@pytest.mark.parametrize("wrong", ["AAAA", base64.b64encode(b"some:CANARY").decode()])
def test_a_key_that_is_none(table, stranger, wrong):
    result = using(stranger, wrong).send()
    refused(result, table, "401", "check ELASTICSEARCH_API_KEY")
    hidden(result, "CANARY", wrong)


# ---- roles of OpenSearch

WRITE = {
    "cluster": ["indices:data/write/bulk"],
    "index": [
        "indices:data/write/index",
        "indices:data/write/bulk*",
        "indices:admin/mapping/put",
    ],
}
READ = ["indices:data/read/mget*"]


@pytest.fixture
def role(secured, inner):
    """role(cluster actions, index actions): what the users `writer` and `sender` may do with the
    index; the latter is known by a certificate."""
    api = "/_plugins/_security/api"

    def make(cluster, index):
        granted = {"index_patterns": [inner.name], "allowed_actions": index}
        body = {"cluster_permissions": cluster, "index_permissions": [granted]}
        secured.ask("PUT", f"{api}/roles/writing", body)
        secured.ask("PUT", f"{api}/rolesmapping/writing", {"users": ["writer", "sender"]})

    secured.ask("PUT", f"{api}/internalusers/writer", {"password": PASSWORD})
    return make


@pytest.fixture
def writer(stranger):
    return stranger.with_(ELASTICSEARCH_USERNAME="writer", ELASTICSEARCH_PASSWORD=PASSWORD)


@opensearch
def test_a_role_with_only_what_is_needed(table, writer, inner, role):
    """The actions that README.md names; those to read are for comparing."""
    inner.create()
    role(WRITE["cluster"], WRITE["index"])
    result = writer.run("-v", "-v", "send")
    assert result.status == slt.DONE and result.counted(sent=60), result
    hidden(result, PASSWORD)
    unsend(table)
    result = writer.send()
    assert result.status == slt.SET_ASIDE and result.counted(unverified=60), result
    told = [line for line in result.err.splitlines() if "cannot be compared" in line]
    assert len(told) == 1 and "privilege read" in told[0], result
    role(WRITE["cluster"], WRITE["index"] + READ)
    result = writer.send()
    assert result.status == slt.DONE and result.counted(already_there=60), result
    assert checks.delivered(table, inner) == 60


@opensearch
@pytest.mark.parametrize("missing", ["role", *WRITE["index"]])
def test_a_role_that_lacks_something(table, writer, inner, role, missing):
    inner.create()
    if missing != "role":
        role(WRITE["cluster"], [action for action in WRITE["index"] if action != missing])
    else:
        role([], [])
    refused(writer.send(), table, "403 security_exception", "privileges")
    checks.untouched(table, inner)


# ---- certificates of the server


@each_product
def test_a_server_that_cannot_be_verified(table, secured, sender, search):
    """The wrong CA, none, another name: the server may change its mind, so it is tried for a
    while; the setting is named."""
    sender = sender.with_(ELASTICSEARCH_RETRY_SECONDS=1)
    other = ca_of(PRODUCTS[1 - PRODUCTS.index(search)])
    for ca in (other, None):
        result = sender.with_(ELASTICSEARCH_CA_CERT=ca).send()
        unavailable(result, table, "certificate", "check ELASTICSEARCH_CA_CERT")
    forward = Forwarder("127.0.0.1", secured.port, "127.0.0.2")
    named = sender.with_(ELASTICSEARCH_HOST="127.0.0.2", ELASTICSEARCH_PORT=forward.address[1])
    unavailable(named.send(), table, "127.0.0.2", "the name in ELASTICSEARCH_HOST")
    both = sender.with_(
        ELASTICSEARCH_HOST=f"127.0.0.2:{forward.address[1]},127.0.0.1:{secured.port}",
        ELASTICSEARCH_PORT=None,
    )
    assert both.send().counted(sent=60), "the next host is as it should be"
    forward.close()


@each_product
def test_a_file_without_a_certificate(table, sender, tmp_path):
    """Waiting does not make it better."""
    (tmp_path / "ca.pem").write_text("none\n")
    result = sender.with_(ELASTICSEARCH_CA_CERT=tmp_path / "ca.pem").send()
    refused(result, table, "ca.pem", "ELASTICSEARCH_CA_CERT")


@each_product
def test_a_server_that_is_not_verified(table, sender, inner):
    """It is told on every run, also on one that has nothing to send, and with -q."""
    sender = sender.with_(ELASTICSEARCH_CA_CERT=None, ELASTICSEARCH_VERIFY=False)
    for _ in range(2):
        result = sender.run("-q", "send")
        assert result.status == slt.DONE, result
        assert result.err.count("ELASTICSEARCH_VERIFY is False") == 1 == result.err.count("\n")
    assert checks.delivered(table, inner) == 60


@each_product
def test_the_wrong_scheme(table, secured, sender, search):
    sender = sender.with_(ELASTICSEARCH_RETRY_SECONDS=1)
    plain = sender.with_(ELASTICSEARCH_SCHEME="http").send()
    unavailable(plain, table, "is it an https server? Then set ELASTICSEARCH_SCHEME=https")
    port = url_of(search).rsplit(":", 1)[1]
    tls = sender.with_(ELASTICSEARCH_PORT=port).send()
    unavailable(tls, table, "is it an http server? Then set ELASTICSEARCH_SCHEME=http")


# ---- certificates of the client


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A folder with a CA and a server's certificate; by this CA one of a client, also in two files
    and with a key that has a passphrase; and one by another CA."""
    folder = tmp_path_factory.mktemp("certificates")
    functions = Path(__file__).resolve().parent.parent / "servers" / "common.sh"
    script = f"""
        . {functions}
        mkdir other
        certificates . && certificates other
        client_certificate . client client.pem && client_certificate other client other.pem
        openssl x509 -in client.pem -out client.crt
        openssl pkey -in client.pem -out client.key
        openssl pkey -in client.pem -aes256 -passout pass:CANARY -out locked.key
        """
    subprocess.run(["bash", "-c", script], cwd=folder, check=True)
    return folder


@pytest.fixture(params=["TLSv1_2", "TLSv1_3"])
def door(request, certificates, search):
    """Before the server without TLS: it lets in who shows a certificate of its CA."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[request.param]
    context.load_cert_chain(certificates / "server.crt", certificates / "server.key")
    context.load_verify_locations(certificates / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    door = Proxy(url_of(search), context=context)
    yield door
    door.close()


@pytest.fixture
def visitor(table, door, index, program, certificates):
    """visitor(cert, key): the program at this door, with these files as its certificate."""

    def make(cert=None, key=None):
        files = {
            "ELASTICSEARCH_CA_CERT": certificates / "ca.pem",
            "ELASTICSEARCH_CLIENT_CERT": cert and certificates / cert,
            "ELASTICSEARCH_CLIENT_KEY": key and certificates / key,
            "ELASTICSEARCH_RETRY_SECONDS": 1,
        }
        return program(table.db, door, index, **table.settings).with_(**files)

    return make


@pytest.mark.parametrize("files", [("client.pem",), ("client.crt", "client.key")])
def test_a_client_certificate(table, visitor, index, files):
    result = visitor(*files).run("-v", "-v", "send")
    assert result.status == slt.DONE and result.counted(sent=60), result
    assert checks.delivered(table, index) == 60


def test_a_client_certificate_that_is_not_taken(table, visitor, door):
    for files in ((), ("other.pem",)):
        result = visitor(*files).send()
        unavailable(result, table, "wants a client certificate, check ELASTICSEARCH_CLIENT_CERT")
    assert not door.requests


UNUSABLE = {
    "no certificate": (("ca.key",), "check ELASTICSEARCH_CLIENT_CERT"),
    "not there": (("none.pem",), "ELASTICSEARCH_CLIENT_CERT: cannot read"),
    "no key": (("client.crt",), "ELASTICSEARCH_CLIENT_KEY"),
    "another key": (("client.crt", "server.key"), "ELASTICSEARCH_CLIENT_KEY"),
    "a key with a passphrase": (("client.crt", "locked.key"), "no passphrase"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_client_certificate_that_cannot_be_used(table, visitor, door, name):
    files, words = UNUSABLE[name]
    result = visitor(*files).send()
    assert result.status == slt.CONFIGURATION and words in result.err, result
    assert "pass phrase:" not in result.err + result.out, "nobody is asked for anything"
    assert not door.requests and not any(row.marked for row in table.rows())


@opensearch
def test_a_certificate_instead_of_a_password(table, stranger, inner, role):
    """OpenSearch takes its CN for the user."""
    inner.create()
    role(WRITE["cluster"], WRITE["index"])
    shown = stranger.with_(ELASTICSEARCH_CLIENT_CERT=os.environ["SLT_TEST_OPENSEARCH_TLS_CLIENT"])
    result = shown.send()
    assert result.status == slt.DONE and result.counted(sent=60), result
    assert checks.delivered(table, inner) == 60


# ---- through a proxy


@pytest.fixture
def tunnel(secured):
    proxy = ForwardProxy(("127.0.0.1", secured.port), "me", "CANARY")
    yield proxy
    proxy.close()


@each_product
@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy"])
def test_a_tunnel_shows_the_proxy_nothing(table, secured, sender, inner, tunnel, variable):
    """One tunnel for the whole run; its builder sees neither credentials nor documents."""
    through = sender.with_(**{variable: f"http://me:CANARY@{tunnel.host}"})
    result = through.run("-v", "-v", "send")
    assert result.status == slt.DONE and result.counted(sent=60), result
    hidden(result, "CANARY")
    assert [tuple(asked[:2]) for asked in tunnel.asked] == [
        ("CONNECT", f"127.0.0.1:{secured.port}")
    ]
    assert not tunnel.asked[0].headers["Authorization"]
    assert len(tunnel.tunnelled) > 10_000
    for word in (b"Authorization", b"_bulk", b"audit_event"):
        assert word not in tunnel.tunnelled
    assert checks.delivered(table, inner) == 60


@opensearch
def test_a_proxy_that_builds_no_tunnel(table, sender, tunnel):
    """Refused, as by the server itself; or in trouble, which passes."""
    for login in ("", "me:wrong-CANARY@"):
        result = sender.with_(https_proxy=f"http://{login}{tunnel.host}").send()
        refused(result, table, "the proxy refuses to connect there: status 407")
        hidden(result, "CANARY")
    through = sender.with_(https_proxy=f"http://me:CANARY@{tunnel.host}")
    tunnel.refuses = 403
    refused(through.send(), table, "status 403", "no_proxy")
    assert len(tunnel.asked) == 3, "none of them twice"
    tunnel.refuses = 503
    unavailable(through.with_(ELASTICSEARCH_RETRY_SECONDS=1).send(), table, "503")
    assert len(tunnel.asked) > 4
