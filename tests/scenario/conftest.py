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
import example_tables  # noqa: E402
import modules  # noqa: E402
import tables  # noqa: E402
from database import KINDS, Mysql, Pool, Postgres, Sqlite  # noqa: E402
from gateway import Proxy, Sink  # noqa: E402
from search import PRODUCTS, Index, url_of  # noqa: E402
from slt import Program, search_settings  # noqa: E402

NEEDED = {
    "SLT_TEST_PGSQL": "URL of a PostgreSQL database",
    "SLT_TEST_PGSQL_CA": "file with the CA of that server's certificate",
    "SLT_TEST_MYSQL": "URL of a MySQL database",
    "SLT_TEST_MYSQL_CA": "file with the CA of that server's certificate",
    "SLT_TEST_MARIADB": "URL of a MariaDB database",
    "SLT_TEST_MARIADB_CA": "file with the CA of that server's certificate",
    "SLT_TEST_OPENSEARCH": "URL of an OpenSearch server",
    "SLT_TEST_ELASTICSEARCH": "URL of an Elasticsearch server",
    "SLT_TEST_OPENSEARCH_TLS": "URL of an OpenSearch server with TLS, user and password in it",
    "SLT_TEST_OPENSEARCH_TLS_CA": "file with the CA of that server's certificate",
    "SLT_TEST_OPENSEARCH_TLS_CLIENT": "file with a client certificate for its user sender",
    "SLT_TEST_ELASTICSEARCH_TLS": "URL of an Elasticsearch server with TLS, user and password in it",
    "SLT_TEST_ELASTICSEARCH_TLS_CA": "file with the CA of that server's certificate",
    "SLT_BUILD": "build folder",
    "SLT_STAGE": "folder that the program is installed in",
    "SLT_FAULTY": "folder of a build with --enable-fault-points",
}
PROGRAM, FAULTY = (
    Path(os.environ.get(name, ".")).resolve() / "structured-log-transfer"
    for name in ("SLT_BUILD", "SLT_FAULTY")
)
MEASURED = pytest.StashKey()


def pytest_sessionstart(session):
    for name, what in NEEDED.items():
        if not os.environ.get(name):
            pytest.exit(f"{name} is not set ({what}); nothing is skipped here", returncode=3)
    for program in (PROGRAM, FAULTY):
        if not os.access(program, os.X_OK):
            pytest.exit(f"there is no program {program}", returncode=3)


@pytest.fixture(scope="session")
def facades():
    """The folder that the shipped facades were built in."""
    return PROGRAM.parent / "plugins" / ".libs"


@pytest.fixture(scope="session")
def examples(tmp_path_factory):
    """The folder with the examples of the SDK, built."""
    folder = tmp_path_factory.mktemp("examples")
    for name in example_tables.ALL:
        modules.build(example_tables.FOLDER / f"{name}.c", folder / f"{name}.so")
    return folder


@pytest.fixture
def search(request):
    """The search server: OpenSearch, unless each_product of search.py asks for the others too."""
    return getattr(request, "param", PRODUCTS[0])


@pytest.fixture(scope="session")
def pools():
    """The databases of each server, by kind; at the end those that tests have made are dropped."""
    url = os.environ
    pools = {
        "postgresql": Pool(lambda: Postgres(url["SLT_TEST_PGSQL"])),
        "mysql": Pool(lambda: Mysql("mysql", url["SLT_TEST_MYSQL"])),
        "mariadb": Pool(lambda: Mysql("mariadb", url["SLT_TEST_MARIADB"])),
    }
    yield pools
    for pool in pools.values():
        pool.drop()


@pytest.fixture
def make_database(tmp_path, pools):
    """make_database(kind): an empty database for this test."""
    taken = []

    def make(kind):
        if kind == "sqlite":
            return Sqlite(tmp_path)
        taken.append((pools[kind], pools[kind].take()))
        return taken[-1][1]

    yield make
    for pool, database in taken:
        pool.give_back(database)


@pytest.fixture(params=KINDS)
def db(request, make_database):
    """A database of each kind."""
    return make_database(request.param)


@pytest.fixture(params=KINDS[1:])
def server_db(request, make_database):
    """A database of each kind that is a server."""
    return make_database(request.param)


@pytest.fixture(params=KINDS[2:])
def my_db(request, make_database):
    """A database of MySQL and of MariaDB."""
    return make_database(request.param)


@pytest.fixture
def sqlite(make_database):
    return make_database("sqlite")


@pytest.fixture
def postgres(make_database):
    return make_database("postgresql")


@pytest.fixture
def index(search):
    """An index that does not exist yet."""
    index = Index(url_of(search))
    yield index
    index.delete()


@pytest.fixture
def proxy(search):
    """Between the program and the real server."""
    proxy = Proxy(url_of(search))
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
    """The program with a place to look for facades, and no other setting but one lane, so that
    requests come in the order of the rows."""
    return Program(PROGRAM, SLT_FACADE_PATH=facades, LANES=1)


@pytest.fixture
def program(bare):
    """program(database, server, index): the program set up to send from the one to the other.
    The server is what has its URL: the index itself, or a gateway."""

    def make(database, server, index, **settings):
        target = search_settings(server.url, index.name)
        return bare.with_(DATABASE_URL=database.url, **target, **settings)

    return make


@pytest.fixture
def dying():
    """dying(program, point, at): the same that is killed when it comes to this fault point for
    that time."""

    def make(program, point, at=1):
        return Program(FAULTY, **program.settings, SLT_FAULT_POINT=f"{point}:{at}")

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
def measured(request):
    """measured(text): a line with numbers that the session ends with."""
    return request.config.stash[MEASURED].append


@pytest.fixture
def cell(request):
    """cell(database, table, index): the cell of the table at the end that this test fills in."""
    return request.config.stash[cells.KEY].start


def pytest_configure(config):
    config.stash[cells.KEY] = cells.Table()
    config.stash[MEASURED] = []


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
    if config.stash[MEASURED]:
        terminalreporter.section("measured")
        for line in config.stash[MEASURED]:
            terminalreporter.write_line(line)
    table = config.stash[cells.KEY]
    if table.complete and not table.cells:
        return
    terminalreporter.section("cells: every row's document compared, every flag checked")
    for line in table.lines():
        terminalreporter.write_line(line)
    if not table.complete:
        terminalreporter.write_line(
            f"FAILED: cells that did not run or did not pass: {', '.join(table.missing())}",
            red=True,
        )
