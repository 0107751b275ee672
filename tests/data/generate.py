#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Make realistic audit rows, the same ones every time for the same seed.

As a program it writes an SQLite file with the table of the single-column facade (audit_logs),
with the tables of django-auditlog 3.x, or with both. As a module it hands out the same rows as
tuples, for any database."""

import argparse
import datetime
import json
import random
import re
import sqlite3
import string
from pathlib import Path

HERE = Path(__file__).resolve().parent
START = datetime.datetime(2026, 3, 1, 6, 0, 0)

AUDIT_LOGS = (
    "CREATE TABLE audit_logs (id integer PRIMARY KEY, is_sent boolean, message json,"
    " created_at timestamp)"
)
AUDIT_LOGS_COLUMNS = ("id", "is_sent", "message", "created_at")
LOGENTRY_COLUMNS = (
    "id",
    "object_pk",
    "object_id",
    "object_repr",
    "action",
    "timestamp",
    "actor_id",
    "content_type_id",
    "remote_addr",
    "additional_data",
    "serialized_data",
    "cid",
    "changes_text",
    "changes",
    "remote_port",
    "actor_email",
)
USER_COLUMNS = (
    "id",
    "password",
    "last_login",
    "is_superuser",
    "username",
    "last_name",
    "email",
    "is_staff",
    "is_active",
    "date_joined",
    "first_name",
)
TYPE_COLUMNS = ("id", "app_label", "model")

FIRST = ["Aino", "Väinö", "Matti", "Zoë", "Иван", "Fatima", "José", "明", "Þóra", ""]
LAST = ["Mäkinen", "Öberg", "García", "Петров", "王", "O'Brien", "Smith", "Núñez", ""]
OPERATIONS = ["CREATE", "READ", "UPDATE", "DELETE"]
ROLES = ["ADMIN", "CASE_WORKER", "OWNER", "SYSTEM", "ANONYMOUS"]
TARGETS = ["Order", "Customer", "Päätös", "Attachment", "Permit/Zone"]
TEXTS = [
    "plain words",
    'quote " and backslash \\',
    "tab\tnew\nline",
    "päätös hyväksytty",
    "日本語のテキスト",
    "🚲 lost & found",
    "<b>not markup</b>",
    "a/b\\/c",
    "zero\u200bwidth",
    "\u001f control",
    "line\u2028separator",
    "",
]
# Number texts that a program which reads and rewrites numbers would change. Every database and
# every index keeps their kind: those with a fraction have one even after PostgreSQL's jsonb rewrote
# them.
FRACTIONS = ["1.0", "2.50", "-0.0", "0.1000", "1.25e1", "1E-2", "3.14159265358979323846"]
INTEGERS = ["0", "17", "-17", "9007199254740993"]
# Valid JSON too, but nothing that an index which maps fields by itself takes for one field.
ODD_NUMBERS = [
    "12345678901234567890",
    "-98765432109876543210987654321",
    "1e5",
    "1E+2",
    "1e300",
    "-0",
]
TYPES = [
    ("auth", "permission"),
    ("auth", "user"),
    ("auditlog", "logentry"),
    ("shop", "customer"),
    ("shop", "order"),
]


class Number(str):
    """A number that keeps its text."""


def to_json(value, rng):
    """JSON text in one of the styles that applications use; Number keeps its text."""
    style = rng.randrange(6)
    text = json.dumps(
        mark_numbers(value),
        ensure_ascii=style % 2 == 0,
        separators=(",", ":") if style in (1, 2) else None,
        indent=1 if style == 5 else None,
    )
    text = re.sub(r'"#number (.*?)#"', r"\1", text)
    return text.replace("/", "\\/") if style == 4 else text


def mark_numbers(value):
    if isinstance(value, Number):
        return f"#number {value}#"
    if isinstance(value, dict):
        return {k: mark_numbers(v) for k, v in value.items()}
    return [mark_numbers(v) for v in value] if isinstance(value, list) else value


def shuffled(rng, members):
    """The object with its members in another order."""
    keys = list(members)
    rng.shuffle(keys)
    return {key: members[key] for key in keys}


def address(rng):
    if rng.random() < 0.2:
        return f"2001:db8::{rng.randrange(1, 65536):x}"
    return f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"


def uuid(rng):
    text = "".join(rng.choice("0123456789abcdef") for _ in range(32))
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def moments(rng, count):
    """Rising points in time with microseconds, now and then without."""
    at = START
    for _ in range(count):
        at += datetime.timedelta(microseconds=rng.randrange(2_000, 3_000_000))
        yield at.replace(microsecond=0) if rng.random() < 0.05 else at


def iso(at, rng):
    """The date text of an event as one of the applications writes it."""
    style = rng.randrange(3)
    if style == 0:
        return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
    if style == 1:
        return at.isoformat() + "+00:00"
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}+0300"


def message(at, number, rng, odd):
    more = ODD_NUMBERS if odd else []
    target = {
        "type": rng.choice(TARGETS),
        "id": str(rng.randrange(1, 10**6)),
        "path": f"/v1/orders/{rng.randrange(1000)}/?q={rng.choice(FIRST)}",
    }
    event = {
        "date_time": iso(at, rng),
        "actor": shuffled(
            rng,
            {
                "role": rng.choice(ROLES),
                "user_id": uuid(rng),
                "ip_address": address(rng),
                "user_name": f"{rng.choice(FIRST)} {rng.choice(LAST)}".strip(),
            },
        ),
        "operation": rng.choice(OPERATIONS),
        "origin": "shop",
        "status": rng.choice(["SUCCESS", "FORBIDDEN"]),
        "target": shuffled(rng, target),
        "message": rng.choice(TEXTS),
        "extra": {
            "number": Number(rng.choice(FRACTIONS + more)),
            "numbers": [Number(n) for n in rng.choices(INTEGERS + more, k=3)],
            "nested": {"deep": {"deeper": [{"flag": True, "none": None}, []]}},
            "sequence": number,
        },
    }
    if rng.random() < 0.3:
        event["changes"] = [
            {"field": f"f{i}", "old": rng.choice(TEXTS), "new": rng.choice(TEXTS)} for i in range(3)
        ]
    whole = {"audit_event": shuffled(rng, event) if rng.random() < 0.5 else event}
    if rng.random() < 0.1:
        whole = {"version": Number("1.10"), **whole, "tags": ["a", "ä"]}
    return to_json(whole, rng)


def audit_logs(rows, seed=1, sent=0, odd=False, first_id=1):
    """Yields (id, is_sent, message, created_at): `rows` unsent ones with `sent` already sent
    ones among them."""
    rng = random.Random(f"audit_logs {seed}")
    already = set(rng.sample(range(rows + sent), sent))
    for i, at in enumerate(moments(rng, rows + sent)):
        unsent = None if rng.random() < 0.04 else False
        yield first_id + i, True if i in already else unsent, message(at, i, rng, odd), str(at)


def users(count=30, seed=1):
    """Yields rows of auth_user: every combination of names and e-mail occurs."""
    rng = random.Random(f"users {seed}")
    for i in range(1, count + 1):
        first, last = rng.choice(FIRST), rng.choice(LAST)
        mail = f"user{i}@shop.example" if rng.random() < 0.8 else ""
        yield i, "!" + "".join(
            rng.choices(string.ascii_letters, k=40)
        ), None, False, f"user{i}", last, mail, False, True, str(START), first


def content_types():
    return [(i + 1, *names) for i, names in enumerate(TYPES)]


def log_entries(rows, seed=1, user_count=30, first_id=1):
    """Yields rows of auditlog_logentry as django-auditlog 3.x fills them, none of them sent."""
    rng = random.Random(f"log_entries {seed}")
    for i, at in enumerate(moments(rng, rows)):
        pk, action = rng.randrange(1, 500), rng.choice([0, 0, 1, 1, 1, 2, 3])
        actor = rng.choice([None, *range(1, user_count + 1)])
        fields = rng.sample(["name", "note", "active", "balance", "tags"], 2)
        changes = (
            None
            if action == 3
            else json.dumps(
                {
                    f: ["None" if action == 0 else rng.choice(TEXTS), rng.choice(TEXTS)]
                    for f in fields
                }
            )
        )
        extra = rng.choice(
            [None, None, None, {"source": "import"}, {"is_sent": False, "order": uuid(rng)}]
        )
        yield (
            first_id + i,
            str(pk),
            pk,
            f"{rng.choice(TARGETS)} {pk} {rng.choice(TEXTS)}".strip(),
            action,
            str(at),
            actor,
            rng.randrange(1, len(TYPES) + 1),
            address(rng),
            None if extra is None else json.dumps(extra),
            None,
            rng.choice([None, uuid(rng)]),
            "",
            changes,
            rng.choice([None, rng.randrange(1024, 65536)]),
            None if actor is None else f"user{actor}@shop.example",
        )


def django_schema():
    """The statements that make the tables of django-auditlog 3.4 on SQLite, as Django wrote
    them."""
    dump = (HERE / "auditlog-3.4-sqlite.sql").read_text(encoding="utf-8")
    return [
        line
        for line in dump.split("\n")
        if line.startswith(("CREATE TABLE", "CREATE INDEX", "CREATE UNIQUE INDEX"))
    ]


def insert(db, table, columns, rows):
    names = ", ".join(f'"{c}"' for c in columns)
    db.executemany(
        f'INSERT INTO "{table}" ({names}) VALUES ({", ".join("?" * len(columns))})', rows
    )


def write_sqlite(path, rows, seed=1, kind="both", sent=0, odd=False):
    db = sqlite3.connect(path)
    with db:
        if kind in ("both", "single"):
            db.execute(AUDIT_LOGS)
            insert(db, "audit_logs", AUDIT_LOGS_COLUMNS, audit_logs(rows, seed, sent, odd))
        if kind in ("both", "django"):
            for statement in django_schema():
                db.execute(statement)
            insert(db, "auth_user", USER_COLUMNS, users(seed=seed))
            insert(db, "django_content_type", TYPE_COLUMNS, content_types())
            insert(db, "auditlog_logentry", LOGENTRY_COLUMNS, log_entries(rows, seed))
    db.close()


def main():
    args = argparse.ArgumentParser(description="Make an SQLite file with realistic audit rows.")
    args.add_argument("file", type=Path, help="file to make; must not exist")
    args.add_argument("--rows", type=int, default=500, help="unsent rows of each kind (500)")
    args.add_argument("--seed", type=int, default=1, help="another seed, other rows (1)")
    args.add_argument("--kind", choices=["both", "single", "django"], default="both")
    args.add_argument(
        "--sent", type=int, default=0, help="further rows of audit_logs that are already sent (0)"
    )
    args.add_argument(
        "--odd",
        action="store_true",
        help="numbers beyond 64 bits too, which need a mapping of the index",
    )
    given = args.parse_args()
    if given.file.exists():
        args.error(f"{given.file} exists")
    write_sqlite(given.file, given.rows, given.seed, given.kind, given.sent, given.odd)


if __name__ == "__main__":
    main()
