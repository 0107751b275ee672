# SPDX-License-Identifier: MIT
"""Fixtures: the servers that the runner names, a fresh database and a fresh index for each test."""

import os
import socket
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "data")]

import cells  # noqa: E402
import tables  # noqa: E402
from database import Postgres, Sqlite  # noqa: E402
from gateway import Proxy, Sink  # noqa: E402
from search import Index  # noqa: E402
from slt import Program, search_settings  # noqa: E402

NEEDED = {
    "SLT_TEST_PGSQL": "URL of a PostgreSQL database",
    "SLT_TEST_OPENSEARCH": "URL of an OpenSearch server",
    "SLT_BUILD": "build folder",
    "SLT_STAGE": "folder that the program is installed in",
}
PROGRAM = Path(os.environ.get("SLT_BUILD", ".")).resolve() / "structured-log-transfer"


def pytest_sessionstart(session):
    for name, what in NEEDED.items():
        if not os.environ.get(name):
            pytest.exit(f"{name} is not set ({what}); nothing is skipped here", returncode=3)
    if not os.access(PROGRAM, os.X_OK):
        pytest.exit(f"there is no program {PROGRAM}", returncode=3)


@pytest.fixture(scope="session")
def facades():
    """The folder that the shipped facades were built in."""
    return PROGRAM.parent / "plugins" / ".libs"


@pytest.fixture(scope="session")
def opensearch():
    return os.environ["SLT_TEST_OPENSEARCH"].rstrip("/")


@pytest.fixture(scope="session")
def postgres_server():
    """URL of the server; at the end the databases that tests have made are dropped."""
    yield os.environ["SLT_TEST_PGSQL"]
    while Postgres.pool:
        Postgres.pool.pop().drop()


@pytest.fixture
def make_database(tmp_path, postgres_server):
    """make_database("sqlite" or "postgresql"): an empty database for this test."""
    made = []

    def make(kind):
        made.append(Sqlite(tmp_path) if kind == "sqlite" else Postgres.take(postgres_server))
        return made[-1]

    yield make
    for database in made:
        database.leave()


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request, make_database):
    return make_database(request.param)


@pytest.fixture
def sqlite(make_database):
    return make_database("sqlite")


@pytest.fixture
def postgres(make_database):
    return make_database("postgresql")


@pytest.fixture
def index(opensearch):
    """An index that does not exist yet."""
    index = Index(opensearch)
    yield index
    index.delete()


@pytest.fixture
def proxy(opensearch):
    """Between the program and the real server."""
    proxy = Proxy(opensearch)
    yield proxy
    proxy.close()


@pytest.fixture
def sink():
    """In the place of the server."""
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture
def bare(facades):
    """The program with a place to look for facades and no other setting."""
    return Program(PROGRAM, SLT_FACADE_PATH=facades)


@pytest.fixture
def program(bare):
    """program(database, server or gateway, index): the program set up to send from the one to
    the other."""

    def make(database, server, index, **settings):
        url = server if isinstance(server, str) else server.url
        return bare.with_(DATABASE_URL=database.url, **search_settings(url, index.name), **settings)

    return make


@pytest.fixture
def logs(db):
    """The usual table with 60 unsent rows, the keys 1 to 60, on each kind of database."""
    return tables.SingleColumn(db).generate(60)


@pytest.fixture
def sender(logs, sink, program):
    """The program set up to send `logs` to `sink` in three chunks."""
    return program(logs.db, sink, sink, **logs.settings, CHUNK_SIZE=20)


@pytest.fixture
def sqlite_sender(sqlite, sink, program):
    """(program, table): as `sender` and `logs`, for what makes no difference to the database."""
    table = tables.SingleColumn(sqlite).generate(60)
    return program(sqlite, sink, sink, **table.settings, CHUNK_SIZE=20), table


@pytest.fixture
def free_port():
    """A port of loopback that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture
def cell(request):
    """cell(name): the cell of the table at the end that this test fills in."""
    return request.config.stash[cells.KEY].start


def pytest_configure(config):
    config.stash[cells.KEY] = cells.Table()


def pytest_sessionfinish(session, exitstatus):
    whole = (
        all(Path(arg.split("::")[0]).is_dir() for arg in session.config.args)
        and not session.config.option.keyword
    )
    table = session.config.stash[cells.KEY]
    table.complete = not whole or not table.missing()
    if exitstatus == 0 and not table.complete:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter, config):
    table = config.stash[cells.KEY]
    terminalreporter.section("cells: every row's document compared, every flag checked")
    for line in table.lines():
        terminalreporter.write_line(line)
    if not table.complete:
        terminalreporter.write_line(
            f"FAILED: cells that did not run or did not pass: {', '.join(table.missing())}",
            red=True,
        )
