# SPDX-License-Identifier: MIT
"""TLS to the database: where it is asked for, nothing is said without it, to nobody else."""

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import checks
import slt
import tables
from database import KINDS
from forwarder import Forwarder

STRICT = {"postgresql": "?sslmode=verify-full", "mysql": "?ssl_mode=VERIFY_IDENTITY"}
TLS = {"DB_USE_SSL": True}


def authority(kind):
    """The file with the CA of the server's certificate. Beside it is that of a client."""
    return Path(os.environ[f"SLT_TEST_{'PGSQL' if kind == 'postgresql' else kind.upper()}_CA"])


def somebody_else(kind):
    """Another kind of server: its CA is another one."""
    return KINDS[1:][KINDS[1:].index(kind) - 1]


def url_of(db, user, options="", address=None):
    """The database for an account of the start scripts, perhaps by way of another address."""
    server = urlsplit(db.url)
    host, port = address or (server.hostname, server.port)
    return f"{db.dialect}://{user}:secret@{host}:{port}{server.path}{options}"


@pytest.fixture
def logs(server_db):
    """The usual table with 60 unsent rows."""
    return tables.SingleColumn(server_db).generate(60)


@pytest.fixture
def forwarder(logs):
    """forwarder(...): a Forwarder to the server."""
    made, server = [], urlsplit(logs.db.url)

    def make(**more):
        made.append(Forwarder(server.hostname, server.port, **more))
        return made[-1]

    yield make
    for one in made:
        one.close()


def arrived(result, sink, logs):
    assert result.status == slt.DONE and result.counted(sent=60), result
    assert checks.delivered(logs, sink) == 60


@pytest.mark.parametrize("way", ["no ca", "ca", "name"])
def test_an_account_that_asks_for_tls(sender, logs, sink, way):
    options = STRICT[logs.db.dialect] if way == "name" else ""
    sender = sender.with_(**TLS, SSL_CA=None if way == "no ca" else authority(logs.db.kind))
    arrived(sender.with_(DATABASE_URL=url_of(logs.db, "tls", options)).send(), sink, logs)


def test_a_certificate_of_somebody_else(sender, logs, sink, tmp_path):
    """Signed by a CA that is not the one expected."""
    sender = sender.with_(**TLS, DATABASE_URL=url_of(logs.db, "tls"))
    checks.refused(sender.with_(SSL_CA=authority(somebody_else(logs.db.kind))).send(), sink, logs)
    missing = tmp_path / "none.pem"
    checks.refused(sender.with_(SSL_CA=missing).send(), sink, logs, str(missing))


def test_a_certificate_for_another_name(sender, logs, sink, forwarder):
    """The server is met at an address that its certificate does not name."""
    there = forwarder(address="127.0.0.2").address
    sender = sender.with_(**TLS, SSL_CA=authority(logs.db.kind))
    strict = url_of(logs.db, "tls", STRICT[logs.db.dialect], there)
    checks.refused(sender.with_(DATABASE_URL=strict).send(), sink, logs)
    arrived(sender.with_(DATABASE_URL=url_of(logs.db, "tls", "", there)).send(), sink, logs)


@pytest.mark.parametrize("way", ["no ca", "ca", "name"])
def test_a_server_that_offers_no_tls(sender, logs, sink, forwarder, way):
    """Or whoever stands before it says so: he hears nothing, not even a user's name."""
    clear = forwarder(hides_tls=logs.db.dialect)
    account = {"postgresql": "scram", "mysql": "native"}[logs.db.dialect]
    options = STRICT[logs.db.dialect] if way == "name" else ""
    careful = sender.with_(
        **TLS,
        SSL_CA=None if way == "no ca" else authority(logs.db.kind),
        DATABASE_URL=url_of(logs.db, account, options, clear.address),
    )
    checks.refused(careful.send(), sink, logs)
    assert not clear.heard
    url = url_of(logs.db, account, "", clear.address)
    arrived(sender.with_(DATABASE_URL=url).send(), sink, logs)
    assert account.encode() in clear.heard, "who does not ask for TLS is heard"


def test_a_client_certificate(sender, logs, sink, tmp_path):
    def with_certificate(kind):
        file = tmp_path / f"{kind}.pem"  # the key and the certificate
        shutil.copy(authority(kind).with_name("client.pem"), file)
        file.chmod(0o600)
        return sender.with_(SSL_CERT=file, SSL_KEY=file)

    sender = sender.with_(
        **TLS, SSL_CA=authority(logs.db.kind), DATABASE_URL=url_of(logs.db, "certified")
    )
    checks.refused(sender.send(), sink, logs)
    result = with_certificate(somebody_else(logs.db.kind)).send()
    if result.status == slt.UNAVAILABLE:  # TLS 1.3: all that comes may be the connection's end
        assert "perhaps the server does not take the certificate" in result.err, result
        assert not sink.requests and not any(row.marked for row in logs.rows())
    else:
        checks.refused(result, sink, logs)
    checks.refused(sender.with_(SSL_CERT=tmp_path / "none.pem").send(), sink, logs, "none.pem")
    arrived(with_certificate(logs.db.kind).send(), sink, logs)


def test_a_unix_socket(sender, logs, sink):
    """PostgreSQL's clients have no TLS there; what is said stays on the machine, but it is not what
    was asked for. MySQL's have."""
    folder = authority(logs.db.kind).parent
    port = urlsplit(logs.db.url).port
    if logs.db.dialect == "postgresql":
        url = f"postgresql://postgres@:{port}/{folder}/s/{logs.db.name}"
        checks.refused(sender.with_(**TLS, DATABASE_URL=url).send(), sink, logs, "socket")
        required = sender.with_(DATABASE_URL=f"{url}?sslmode=require")
        checks.refused(required.send(), sink, logs, "socket")
        arrived(sender.with_(DATABASE_URL=url).send(), sink, logs)
    else:
        url = f"mysql://tls:secret@localhost/{logs.db.name}?unix_socket={folder}/mysql.sock"
        checks.refused(sender.with_(DATABASE_URL=url).send(), sink, logs)
        arrived(sender.with_(**TLS, DATABASE_URL=url).send(), sink, logs)


def test_ciphers(sender, logs, sink):
    sender = sender.with_(**TLS, DATABASE_URL=url_of(logs.db, "tls"))
    if logs.db.dialect == "postgresql":
        checks.refused(sender.with_(SSL_CIPHER="AES256-SHA").send(), sink, logs, "SSL_CIPHER")
    else:
        checks.refused(sender.with_(SSL_CIPHER="NO-SUCH-CIPHER").send(), sink, logs)
        sender = sender.with_(SSL_CIPHER="DHE-RSA-AES256-GCM-SHA384")
        arrived(sender.send(), sink, logs)


UNUSABLE = {  # nobody listens there: each is refused before
    "sqlite has no TLS": ("sqlite:///a.db", TLS, ["DB_USE_SSL", "sqlite"]),
    "a CA alone": ("postgres://127.0.0.1:1/d", {"SSL_CA": "/a.pem"}, ["SSL_CA", "DB_USE_SSL"]),
    "a key alone": ("mysql://127.0.0.1:1/d", {"SSL_KEY": "/a.pem"}, ["SSL_KEY", "DB_USE_SSL"]),
    "disable": ("postgres://127.0.0.1:1/d?sslmode=disable", TLS, ["sslmode=disable"]),
    "prefer": ("postgres://127.0.0.1:1/d?sslmode=prefer", TLS, ["sslmode=prefer"]),
    "DISABLED": ("mysql://127.0.0.1:1/d?ssl_mode=DISABLED", TLS, ["ssl_mode=DISABLED"]),
    "PREFERRED": ("mysql://127.0.0.1:1/d?ssl_mode=PREFERRED", TLS, ["ssl_mode=PREFERRED"]),
    "no such option": ("postgres://127.0.0.1:1/d?sslmod=require", {}, ['"sslmod"']),
    "libpq's for MySQL": ("mysql://127.0.0.1:1/d?sslmode=require", {}, ['"sslmode"']),
    "for sqlite": ("sqlite:///a.db?sslmode=require", {}, ['"sslmode"']),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_cannot_be_honoured(sqlite_sender, sink, name):
    sender, logs = sqlite_sender
    url, settings, words = UNUSABLE[name]
    checks.refused(sender.with_(DATABASE_URL=url, **settings).send(), sink, logs, *words)
