# SPDX-License-Identifier: MIT
"""How the figures grow with the table, and what an index is worth. PostgreSQL only."""

import os

from cases import Send, measured, numbers, sink
from suites import COLUMNS, Suite, advised_index, tell

FEW = 1000
# the bare scan: by one process, through the whole table
SCAN = (
    "-c max_parallel_workers_per_gather=0 -c enable_indexscan=off -c enable_indexonlyscan=off"
    " -c enable_bitmapscan=off"
)


def sized(bench, rows):
    bench = type(bench)(**vars(bench))
    bench.rows = rows
    return bench


class Growth(Suite):
    """All rows of tables of so many rows; rates beside that of the smallest."""

    whole = True

    def __init__(self, sizes):
        self.sizes = sizes
        cases = [Send(f"send {n} rows", 4, sink(), f"send {sizes[0]} rows") for n in sizes]
        super().__init__("growth", cases, COLUMNS, "rate ÷")

    def measure(self, bench, _):
        for rows, case in zip(self.sizes, self.cases):
            bench.table.make(rows)
            figures = case.run(sized(bench, rows))
            tell(1, case.name, figures)
            yield 1, case.name, {"rows": rows, **figures}


class Few(Suite):
    """FEW unsent rows among so many sent ones."""

    whole = True

    def __init__(self, sizes):
        self.sizes, cases = sizes, []
        for n in sizes:
            cases += [
                Send(f"{FEW} among {n}{how}", 4, sink(), self.scan(n)) for how in ("", ", index")
            ]
        super().__init__("few", cases, "rows/s wall cpu peak requests".split(), "× scan")

    @staticmethod
    def scan(rows):
        return f"scan of {rows}"

    def count(self, bench):
        command, _ = bench.table.floor(bench.tools, "count", 0)
        figures, out = measured(bench.tools, command, {**os.environ, "PGOPTIONS": SCAN})
        if numbers(out)["rows"] != FEW:
            raise RuntimeError(f"scan: {out}")
        return figures

    def measure(self, bench, rounds):
        for rows in self.sizes:
            table, few = bench.table, sized(bench, FEW)
            plain, indexed = [c for c in self.cases if c.beside == self.scan(rows)]
            table.make(rows, is_sent="true")
            for case in (plain, indexed):
                if case is indexed:
                    table.do(advised_index(bench), f"VACUUM (ANALYZE) {table.name}")
                for number in range(1, rounds + 1):
                    self.unsend(table, rows)
                    if case is plain:
                        self.count(bench)  # warms
                        yield number, self.scan(rows), {"rows": FEW, **self.count(bench)}
                    figures = case.run(few)
                    tell(number, case.name, figures)
                    yield number, case.name, {"rows": FEW, **figures}

    @staticmethod
    def unsend(table, rows):
        table.do(
            f"UPDATE {table.name} SET is_sent = FALSE WHERE id % {rows // FEW} = 0 AND id <= {rows // FEW * FEW}",
            f"VACUUM (ANALYZE) {table.name}",
            "CHECKPOINT",
        )


class Keyless(Suite):
    """The table of the README that has neither key nor index, beside the one with a key."""

    whole = True

    def __init__(self):
        cases = [Send("with a key", 4, sink()), Send("without", 4, sink(), "with a key")]
        super().__init__("keyless", cases, COLUMNS, "rate ÷")

    def measure(self, bench, rounds):
        for number in range(1, rounds + 1):
            for case, columns in zip(self.cases, (bench.table.columns, bench.table.bare_columns)):
                bench.table.make(bench.rows, columns)
                figures = case.run(bench)
                tell(number, case.name, figures)
                yield number, case.name, {"rows": bench.rows, **figures}
