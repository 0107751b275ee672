#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Draw rows a second of the bare loop and of send, for each database, from the file of `run --csv`: plot.py CSV SVG"""

import csv
import statistics
import sys
from html import escape

LEFT, RIGHT, WIDTH, BAR, GAP = 190, 70, 760, 16, 26
TITLES = {"postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB", "sqlite": "SQLite"}


def read(path):
    """Rates by database and case, in the file's order."""
    found = {}
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            case = row["case"]
            if row["suite"] == "send" and case.startswith(("FLOOR", "send to sink")):
                cases = found.setdefault(row["database"], {})
                cases.setdefault(case, []).append(float(row["rows"]) / float(row["wall"]))
    return found


def label(case):
    return "bare loop" if case.startswith("FLOOR") else case.replace("send to sink", "send")


def draw(found):
    most = max(statistics.median(v) for cases in found.values() for v in cases.values())
    parts, y = [], 34
    for database, cases in found.items():
        parts.append(f'<text x="10" y="{y + 12}" class="b">{escape(TITLES[database])}</text>')
        for case, rates in sorted(cases.items()):  # FLOOR first, then by LANES
            rate = statistics.median(rates)
            width = (WIDTH - LEFT - RIGHT) * rate / most
            colour = "#9aa5b1" if case.startswith("FLOOR") else "#2f6f9f"
            parts += [
                f'<text x="{LEFT - 8}" y="{y + 12}" class="e">{escape(label(case))}</text>',
                f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>',
                f'<text x="{LEFT + width + 6:.1f}" y="{y + 12}">{rate:.0f}</text>',
            ]
            y += BAR + 4
        y += GAP - BAR
    style = "text{font:12px sans-serif;fill:#222}.b{font-weight:bold}.e{text-anchor:end}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}">',
            f"<style>{style}</style>",
            f'<rect width="{WIDTH}" height="{y}" fill="#fff"/>',
            '<text x="10" y="20" class="b">Rows a second: all read and marked; send also posts them</text>',
            *parts,
            "</svg>\n",
        ]
    )


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    found = read(sys.argv[1])
    if not found:
        sys.exit(f"{sys.argv[1]}: no measurement of the suite send")
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(draw(found))


if __name__ == "__main__":
    main()
