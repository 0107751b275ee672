# SPDX-License-Identifier: MIT
"""Which cases are measured one beside the other, and in what order."""

import re
import subprocess
import sys

from cases import Busy, Clear, Floor, Index, Replay, Send, Sink, measured, numbers, program, sink

FLOOR = "FLOOR: SELECT, 5000 a mark"
LANES = (1, 2, 4)
CLEAR_PAGE = 1000  # the program's CLEAR_CHUNK_SIZE
START_RUNS = 30
COLUMNS = "rows/s wall least cpu cpu/10k peak requests".split()


class Suite:
    """Cases that run one after another, each round, on fresh copies of one table, every other round backwards."""

    whole = False  # whether it is measured as a whole or not at all

    def __init__(self, name, cases, columns, ratio="", rounds=None):
        self.name, self.cases, self.columns = name, cases, columns
        self.ratio, self.rounds = ratio, rounds

    def measure(self, bench, rounds):
        """Yields (round, case name, figures). What only reads shares a copy of the table."""
        for number in range(1, (self.rounds or rounds) + 1):
            fresh = None  # sent or not, when the table is as renewed
            for case in self.cases if number % 2 else reversed(self.cases):
                if case.sent is not None and fresh != case.sent:
                    bench.table.renew(case.sent)
                figures = case.run(bench)
                fresh = None if case.writes else case.sent
                tell(number, case.name, figures)
                yield number, case.name, {"rows": bench.rows, **figures}


def tell(number, name, figures):
    print(f"round {number}: {name}: {figures['wall']:.2f} s", file=sys.stderr)


def send(database, latency):
    cases = []
    if database == "postgresql":
        cases += [
            Floor("read: one SELECT, by row", "single"),
            Floor("read: one SELECT, whole", "plain"),
            Floor("read: pages of 500", "pages"),
            Floor("one SELECT, 500 a mark", "single", 500),
            Floor("page, mark, page: 500", "steps", 500),
        ]
    cases.append(Floor(FLOOR, "single", 5000))
    cases += [Send(f"send to sink, LANES={n}", n, sink(), FLOOR) for n in LANES]
    if latency:
        cases += [Send(f"{latency} ms sink, LANES={n}", n, sink(latency), FLOOR) for n in LANES]
    columns = "rows/s wall least read mark cpu cpu/10k peak requests sink".split()
    return Suite("send", cases, columns, "× floor")


class Warmed(Suite):
    """Each server has had all documents once before it is measured: a Java machine compiles what it runs often."""

    def measure(self, bench, rounds):
        for case in self.cases:
            if isinstance(case, Replay) and case.connections == max(LANES):
                case.run(bench)
        yield from super().measure(bench, rounds)


def index(urls):
    """urls: of the search servers, by name."""
    cases = []
    for name, url in urls.items():
        target = lambda _, url=url: Index(url)
        for n in LANES:
            replay = f"{name}: replay, {n} connections"
            cases.append(Replay(replay, n, target))
            cases.append(Send(f"{name}: send, LANES={n}", n, target, replay))
    return Warmed("index", cases, COLUMNS, "rate ÷")


def clear():
    bare = f"FLOOR: DELETE, {CLEAR_PAGE} a commit"
    cases = [Floor(bare, "delete", CLEAR_PAGE), Clear("clear", bare)]
    return Suite("clear", cases, COLUMNS, "rate ÷")


def insert():
    cases = [
        Busy("nothing beside the inserts"),
        Busy("send to sink, LANES=4", Send("send", 4, sink())),
        Busy("clear", Clear("clear")),
    ]
    return Suite("insert", cases, "wall inserts median longest".split())


def matrix():
    cases = [
        Send(f"{ms} ms, CHUNK_SIZE={size}, LANES={n}", n, sink(ms), CHUNK_SIZE=str(size))
        for ms in (0, 50)
        for size in (100, 500, 2000)
        for n in (1, 2, 4, 8)
    ]
    cases += [
        Send(f"50 ms, LANES=4, COMPRESS={on}", 4, sink(50), ELASTICSEARCH_COMPRESS=on)
        for on in ("False", "True")
    ]
    return Suite("matrix", cases, "rows/s wall cpu cpu/10k peak requests MB".split(), rounds=1)


# ---- start


def advised_index(bench):
    """The index of the unsent rows that setup --print advises, or None."""
    told = subprocess.run(
        [bench.build / "structured-log-transfer", "setup", "--print"],
        env=program(bench, "http://127.0.0.1:9"),
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = re.search(r"^-- *(CREATE INDEX [^;]*)", told, re.MULTILINE)
    return found and found[1]


class Start(Suite):
    """send, warm, with nothing to send: the sink sees no request."""

    whole = True

    def __init__(self):
        super().__init__("start", [], "wall least cpu peak requests".split())

    def tables(self, bench):
        bench.table.empty()
        yield "no rows"
        bench.table.renew(is_sent=True)
        yield "all rows sent"
        advice = advised_index(bench)
        if advice:
            bench.table.do(advice)
            yield "all rows sent, index of setup"

    def measure(self, bench, _):
        command = [bench.build / "structured-log-transfer", "send"]
        for name in self.tables(bench):
            for number in range(START_RUNS + 1):
                with Sink(bench.tools) as target:
                    figures, _ = measured(bench.tools, command, program(bench, target.url))
                    figures.update(target.counts())
                if figures["requests"]:
                    raise RuntimeError(f"start: {name}: {figures['requests']:.0f} requests")
                if number:  # the first one warms
                    yield number, name, {"rows": 0, **figures}
