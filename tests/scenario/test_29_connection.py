# SPDX-License-Identifier: MIT
"""The way to the index: several hosts, silent ones, redirects, proxies, IPv6, a path before it,
how many connections there are and what goes over them."""

import gzip
import socket

import pytest

import checks
import slt
import tables
from forward_proxy import ForwardProxy
from gateway import Hangup, Proxy, Reply, Sink
from search import each_product, url_of

USER, PASSWORD = "sender", "CANARY-of-the-index"
CREDENTIALS = {"ELASTICSEARCH_USERNAME": USER, "ELASTICSEARCH_PASSWORD": PASSWORD}


def at(sender, *hosts, **settings):
    """The program sent to these hosts; each is a gateway or a text."""
    names = [host if isinstance(host, str) else host.host for host in hosts]
    return sender.with_(ELASTICSEARCH_HOST=",".join(names), ELASTICSEARCH_PORT=None, **settings)


@pytest.fixture
def close():
    """close(gateway or proxy): at the end of the test. Returns it."""
    open_ones = []
    yield lambda one: open_ones.append(one) or one
    for one in open_ones:
        one.close()


@pytest.fixture
def second(sink, close):
    """Another node of the cluster that the sink is one of."""
    second = close(Sink())
    second.stored = sink.stored
    return second


@pytest.fixture
def crowded():
    """(host, port) that takes no connection and refuses none: its queue of new ones is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        for _ in range(8):
            waiting.append(socket.socket())
            waiting[-1].settimeout(0.1)
            try:
                waiting[-1].connect(listener.getsockname())
            except TimeoutError:
                break
        else:
            raise AssertionError("the queue of connections does not fill up")
        yield listener.getsockname()
        for one in waiting:
            one.close()


# ---- several hosts

TROUBLE = {  # what the first host does from now on, and the requests that each host then gets
    "silent": (lambda sink: sink.hang, [2, 2]),
    # a kept connection that breaks before the reply may have been closed before the request:
    # curl makes a new one to the same host first
    "reset": (lambda sink: lambda request: Hangup(), [3, 2]),
    "503": (lambda sink: lambda request: Reply(503), [2, 2]),
    # less is sent, too
    "429": (lambda sink: lambda request: Reply(429), [2, 3]),
    "a page": (
        lambda sink: lambda request: Reply(200, b"<html></html>", content_type="text/html"),
        [2, 2],
    ),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_the_other_host(sqlite_sender, sink, second, name):
    """One attempt in vain; from then on the run stays with the host that answers."""
    sender, logs = sqlite_sender
    trouble, counts = TROUBLE[name]
    sink.script = [None] + [trouble(sink)] * 1000
    result = at(sender, sink, second, ELASTICSEARCH_TIMEOUT=1).send()
    assert result.status == slt.DONE and result.counted(sent=60) and result.seconds < 4, result
    assert [len(sink.bulks), len(second.bulks)] == counts
    assert sink.bulks[1].body.startswith(second.bulks[0].body), "the same bytes"
    assert checks.delivered(logs, sink) == 60


def test_each_lane_finds_the_other_host(sqlite_sender, sink, second):
    sender, logs = sqlite_sender
    sink.script = [lambda request: Reply(503)] * 1000
    result = at(sender, sink, second, LANES=4, CHUNK_SIZE=3).send()
    assert result.status == slt.DONE and result.counted(sent=60) and result.seconds < 4, result
    assert 1 <= len(sink.bulks) <= 4 and checks.delivered(logs, sink) == 60


def test_back_to_the_first_host(sqlite_sender, sink, second):
    """It is well again when the second one fails."""
    sender, logs = sqlite_sender
    sink.script = [lambda request: Reply(503)]
    second.script = [None] + [lambda request: Reply(503)] * 1000
    result = at(sender, sink, second).send()
    assert result.status == slt.DONE and result.counted(sent=60), result
    assert [len(sink.bulks), len(second.bulks)] == [3, 2] and checks.delivered(logs, sink) == 60


def test_a_host_that_takes_no_connection(sqlite_sender, sink, crowded):
    sender, logs = sqlite_sender
    crowd = f"127.0.0.1:{crowded[1]}"
    alone = at(sender, crowd, ELASTICSEARCH_TIMEOUT=1).send()
    assert alone.status == slt.UNAVAILABLE and 2 <= alone.seconds < 5, alone
    assert crowd in alone.err and not any(row.marked for row in logs.rows())
    result = at(sender, crowd, sink, ELASTICSEARCH_TIMEOUT=1).send()
    assert result.status == slt.DONE and result.seconds < 4, result
    assert checks.delivered(logs, sink) == 60


def test_conflicts_are_looked_at_on_the_other_host(sqlite_sender, sink, second):
    sender, logs = sqlite_sender
    assert sender.send().counted(sent=60)
    logs.db.execute("UPDATE audit_logs SET is_sent = ?", (False,))
    sink.reads = [lambda request: Reply(503)] * 1000
    result = at(sender, sink, second).send()
    assert result.status == slt.DONE and result.counted(already_there=60), result
    assert len(sink.mgets) == 1 and len(second.mgets) == 3


# ---- how long it takes to give up


@pytest.mark.parametrize("lanes", [1, 4])
def test_silent_hosts_cost_a_time_out_for_an_attempt(sqlite_sender, sink, second, lanes):
    """Not for a row: there are sixty, each in a request of its own. The hosts are asked in turn."""
    sender, logs = sqlite_sender
    sink.script, second.script = [sink.hang] * 1000, [second.hang] * 1000
    settings = {"ELASTICSEARCH_TIMEOUT": 1, "ELASTICSEARCH_RETRY_SECONDS": 3, "LANES": lanes}
    result = at(sender, sink, second, **settings, CHUNK_SIZE=1).send()
    assert result.status == slt.UNAVAILABLE and 3 <= result.seconds < 5.5, result
    asked = [len(sink.bulks), len(second.bulks)]
    assert 3 <= sum(asked) <= 4 * lanes and abs(asked[0] - asked[1]) <= lanes, asked
    checks.untouched(logs, sink)


def test_a_reply_that_never_ends(sqlite_sender, sink):
    sender, logs = sqlite_sender

    def step(request):
        return Reply(200, b'{"errors":false,"items":[', cut=10, stay=sink.released)

    sink.script = [step] * 1000
    settings = {"ELASTICSEARCH_TIMEOUT": 1, "ELASTICSEARCH_RETRY_SECONDS": 2}
    result = sender.with_(**settings).send()
    assert result.status == slt.UNAVAILABLE and 2 <= result.seconds < 4.5, result
    assert len(sink.bulks) <= 3
    checks.untouched(logs, sink)


def test_silence_after_a_good_start(sqlite_sender, sink):
    """What was acknowledged is marked; the seconds count from the last answer."""
    sender, logs = sqlite_sender
    sink.script = [None] + [sink.hang] * 1000
    settings = {"ELASTICSEARCH_TIMEOUT": 1, "ELASTICSEARCH_RETRY_SECONDS": 2}
    result = sender.with_(**settings).send()
    assert result.status == slt.UNAVAILABLE and 2 <= result.seconds < 5, result
    assert result.counted(sent=20, left=20) and len(sink.bulks) <= 4
    assert len(checks.only_unmarked(logs, sink, range(21, 61))) == 20


# ---- redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(sqlite_sender, sink, close, status):
    """Nothing goes where the reply points, least of all a password."""
    sender, logs = sqlite_sender
    elsewhere = close(Sink())
    step = lambda request: Reply(status, Location=f"{elsewhere.url}{request.target}")  # noqa: E731
    sink.script = [step] * 1000
    result = sender.with_(**CREDENTIALS).send()
    assert result.status == slt.CONFIGURATION and len(sink.bulks) == 1, result
    assert f"status {status}: redirects are not followed" in result.err
    assert not elsewhere.requests and elsewhere.connections == 0
    checks.untouched(logs, sink)


# ---- what goes over a connection


@pytest.mark.parametrize("lanes", [1, 4])
def test_a_lane_has_one_connection(sqlite_sender, sink, lanes):
    sender, logs = sqlite_sender
    result = sender.with_(CHUNK_SIZE=1, LANES=lanes).send()
    assert result.counted(sent=60) and len(sink.bulks) == 60, result
    assert 1 <= sink.connections <= lanes and checks.delivered(logs, sink) == 60


def test_one_connection_for_all_kinds_of_requests(sqlite_sender, sink):
    sender, logs = sqlite_sender
    assert sender.send().counted(sent=60)
    logs.db.execute("UPDATE audit_logs SET is_sent = ?", (False,))
    sink.connections = 0
    # a reply to a whole request leaves it open, too
    sink.script = [lambda request: Reply(429), lambda request: Reply(413)]
    assert sender.send().counted(already_there=60)
    assert len(sink.mgets) >= 3 and sink.connections == 1


def test_a_connection_that_the_server_closes_between_two_requests(sqlite_sender, sink):
    """As idle ones are closed: the next request makes a new one, and nobody is told."""
    sender, logs = sqlite_sender

    def step(request):
        reply = sink.usual(request)
        reply.cut = len(reply.body)  # all of it, then the end
        return reply

    sink.script = [step] * 3
    result = sender.send()
    assert result.status == slt.DONE and result.counted(sent=60), result
    assert len(sink.bulks) == sink.connections == 3
    assert checks.delivered(logs, sink) == 60 and "trying again" not in result.err


def test_compressed_bytes_are_the_same_bytes(sqlite_sender, sink):
    sender, logs = sqlite_sender
    assert sender.send().counted(sent=60)
    plain = [request.raw for request in sink.bulks]
    sink.requests.clear()
    sink.stored.clear()
    logs.db.execute("UPDATE audit_logs SET is_sent = ?", (False,))
    assert sender.with_(ELASTICSEARCH_COMPRESS=True).send().counted(sent=60)
    assert {request.headers["Content-Encoding"] for request in sink.bulks} == {"gzip"}
    assert [gzip.decompress(request.raw) for request in sink.bulks] == plain
    for request in sink.bulks:
        assert int(request.headers["Content-Length"]) == len(request.raw) < len(request.body) / 2
    assert checks.delivered(logs, sink) == 60


@each_product
def test_compressed_for_a_real_index(sqlite, index, program):
    table = tables.SingleColumn(sqlite).generate(60)
    sender = program(sqlite, index, index, **table.settings, ELASTICSEARCH_COMPRESS=True)
    assert sender.send().counted(sent=60)
    table.db.execute("UPDATE audit_logs SET is_sent = ? WHERE id < 11", (False,))
    assert sender.send().counted(already_there=10) and checks.delivered(table, index) == 60


# ---- addresses

IPV6 = {
    "with port": {"ELASTICSEARCH_HOST": "[::1]:{port}", "ELASTICSEARCH_PORT": None},
    "port apart": {"ELASTICSEARCH_HOST": "[::1]", "ELASTICSEARCH_PORT": "{port}"},
    "bare": {"ELASTICSEARCH_HOST": "::1", "ELASTICSEARCH_PORT": "{port}"},
    "url": {"ELASTICSEARCH_HOST": "http://[::1]:{port}/", "ELASTICSEARCH_PORT": None},
}


@pytest.mark.parametrize("form", IPV6)
def test_an_ipv6_address(sqlite_sender, close, form):
    sender, logs = sqlite_sender
    try:
        there = close(Sink(address="::1"))
    except OSError as error:
        pytest.skip(f"this machine has no ::1: {error}")
    port = str(there.server.server_port)
    settings = {name: text and text.replace("{port}", port) for name, text in IPV6[form].items()}
    result = sender.with_(**settings, **CREDENTIALS).send()
    assert result.status == slt.DONE and "plain http" not in result.err, result
    assert {request.headers["Host"] for request in there.requests} == {f"[::1]:{port}"}
    assert checks.delivered(logs, there) == 60


@each_product
@pytest.mark.parametrize("form", ["{host}/search", "{host}/search/", "http://{host}/search"])
def test_a_path_behind_a_reverse_proxy(sqlite, search, index, program, close, form):
    """Every request goes below it, those about documents that are there already, too."""
    table = tables.SingleColumn(sqlite).generate(60)
    there = close(Proxy(url_of(search), prefix="/search"))
    sender = at(program(sqlite, there, index, **table.settings), form.format(host=there.host))
    assert sender.send().counted(sent=60)
    table.db.execute("UPDATE audit_logs SET is_sent = ? WHERE id < 11", (False,))
    assert sender.send().counted(already_there=10) and sender.run("conflicts").status == slt.DONE
    assert {request.path for request in there.requests} <= {
        f"/search/{index.name}/{what}" for what in ("_bulk", "_mget", "_search")
    }
    assert checks.delivered(table, index) == 60


def test_another_path_behind_a_reverse_proxy(sqlite, search, index, program, close):
    table = tables.SingleColumn(sqlite).generate(20)
    there = close(Proxy(url_of(search), prefix="/search"))
    sender = program(sqlite, there, index, **table.settings)
    result = at(sender, f"{there.host}/other").send()
    assert result.status == slt.CONFIGURATION and len(there.requests) == 1, result
    assert "status 404" in result.err and "path in ELASTICSEARCH_HOST" in result.err
    checks.untouched(table, index)


# ---- proxies, as curl's environment variables say

NAME = "search.example"  # nobody has it: only the proxy can know


@pytest.fixture
def forward(sink, close):
    """A proxy that sends everything to the sink."""
    return close(ForwardProxy(("127.0.0.1", sink.server.server_port)))


def test_through_a_proxy(sqlite_sender, sink, forward):
    sender, logs = sqlite_sender
    result = at(sender, f"{NAME}:9200", http_proxy=f"http://{forward.host}").send()
    assert result.status == slt.DONE and result.counted(sent=60), result
    assert [asked.method for asked in forward.asked] == ["POST"] * 3
    assert all(
        asked.target.startswith(f"http://{NAME}:9200/sink/_bulk?") for asked in forward.asked
    )
    assert checks.delivered(logs, sink) == 60


@pytest.mark.parametrize(
    "settings",
    [
        {"http_proxy": "http://{dead}", "no_proxy": "127.0.0.1"},
        {"http_proxy": "http://{dead}", "no_proxy": "*"},
        {"all_proxy": "http://{dead}", "NO_PROXY": "other.example,127.0.0.1"},
        {"https_proxy": "http://{dead}"},
        {"HTTP_PROXY": "http://{dead}"},  # anybody's header in CGI, so curl does not take it
    ],
)
def test_past_a_proxy(sqlite_sender, sink, free_port, settings):
    sender, logs = sqlite_sender
    dead = f"127.0.0.1:{free_port}"
    settings = {name: text.replace("{dead}", dead) for name, text in settings.items()}
    result = sender.with_(**settings).send()
    assert result.status == slt.DONE and result.counted(sent=60), result
    assert checks.delivered(logs, sink) == 60


def test_a_proxy_that_is_not_there(sqlite_sender, sink, free_port):
    sender, logs = sqlite_sender
    proxy = f"http://u:CANARY@127.0.0.1:{free_port}"
    result = at(sender, NAME, all_proxy=proxy, ELASTICSEARCH_RETRY_SECONDS=1).run("-v", "send")
    assert result.status == slt.UNAVAILABLE and result.seconds < 4, result
    assert "CANARY" not in result.err
    checks.untouched(logs, sink)


@pytest.mark.parametrize("password", ["", "wrong-CANARY", "CANARY"])
def test_a_proxy_that_wants_a_password(sqlite_sender, sink, close, password):
    """It gets its own; the server does not get that one; the log gets none."""
    sender, logs = sqlite_sender
    forward = close(ForwardProxy(("127.0.0.1", sink.server.server_port), "me", "CANARY"))
    url = f"http://{'me:' if password else ''}{password}{'@' if password else ''}{forward.host}"
    sender = at(sender, NAME, http_proxy=url, **CREDENTIALS)
    result = sender.run("-v", "-v", "send")
    assert "CANARY" not in result.err + result.out, result
    if password == "CANARY":
        assert result.status == slt.DONE and checks.delivered(logs, sink) == 60, result
        assert not any(request.headers["Proxy-Authorization"] for request in sink.requests)
        return
    assert result.status == slt.CONFIGURATION and len(forward.asked) == 1, result
    assert result.err.count("status 407: the proxy asks for credentials") == 1
    checks.untouched(logs, sink)


# ---- credentials in the clear


def test_credentials_over_plain_http(sqlite_sender, sink, forward):
    """Told on every run, and refused where that is asked for, before anything is sent."""
    sender, logs = sqlite_sender
    sender = at(sender, NAME, http_proxy=f"http://{forward.host}", **CREDENTIALS)
    strict = sender.with_(ELASTICSEARCH_ALLOW_PLAINTEXT=False).send()
    assert strict.status == slt.CONFIGURATION and not forward.asked, strict
    assert NAME in strict.err and "unencrypted" in strict.err
    for count in (60, 0):
        result = sender.run("-q", "send")
        assert result.status == slt.DONE and result.err.count("travels over plain http") == 1, count
    assert checks.delivered(logs, sink) == 60
    assert PASSWORD not in strict.err + result.err
    assert all(asked.headers["Authorization"] for asked in forward.asked), "the proxy could read it"


def test_credentials_that_stay_on_this_machine(sqlite_sender, sink):
    sender, logs = sqlite_sender
    result = sender.with_(**CREDENTIALS, ELASTICSEARCH_ALLOW_PLAINTEXT=False).run("-q", "send")
    assert result.status == slt.DONE and not result.err, result
    assert checks.delivered(logs, sink) == 60
