# SPDX-License-Identifier: MIT
"""The document that the index must hold for a row, computed from the row alone.

A Document keeps the time and the rest apart because `@timestamp` may stand anywhere in the root
object."""

import datetime
import json
from typing import NamedTuple

import rawjson

OPERATIONS = {0: "create", 1: "update", 2: "delete", 3: "access"}


class Document(NamedTuple):
    timestamp: object  # node of the root member @timestamp
    rest: object  # node of the root object without it
    exact: bool  # True: key order and every scalar's text count, False: the meaning counts

    def differs(self, stored):
        """Says how the stored node differs from this document; "" when it does not."""
        if not rawjson.is_object(stored) or len(rawjson.members(stored, "@timestamp")) != 1:
            return f"not an object with one @timestamp: {rawjson.to_text(stored)[:300]}"
        have = rawjson.member(stored, "@timestamp"), rawjson.without(stored, "@timestamp")
        want = self.timestamp, self.rest
        same = have == want if self.exact else meaning(have) == meaning(want)
        if same:
            return ""
        return "\n".join(
            f"{who} @timestamp {time}: {rawjson.to_text(rest)[:2000]}"
            for who, (time, rest) in (("have", have), ("want", want))
        )


def meaning(nodes):
    """What the nodes mean: member order and the way scalars are written are gone, number text is
    not."""
    return [
        json.loads(
            rawjson.to_text(node),
            parse_float=_number,
            parse_int=_number,
            object_pairs_hook=_no_twins,
        )
        for node in nodes
    ]


def _number(text):
    return ("number", text)


def _no_twins(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"a member occurs twice: {names}"
    return dict(pairs)


def document(at, **members):
    """A document of plain Python values with the @timestamp `at`."""
    return Document(json.dumps(at), rawjson.parse(json.dumps(members)), exact=False)


def single_column(message, parent="audit_event", field="date_time"):
    """The message as it stands, and its time once more as @timestamp (in place of one that it
    had)."""
    node = rawjson.parse(message)
    at = rawjson.member(rawjson.member(node, parent) if parent else node, field)
    return Document(at, rawjson.without(node, "@timestamp"), exact=True)


def instant(value):
    """Text of a stored point in time as Python's isoformat writes it, in UTC."""
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value)
    if value.tzinfo is None:
        value = value.replace(tzinfo=datetime.timezone.utc)
    return value.astimezone(datetime.timezone.utc).isoformat()


def actor(first_name, last_name, email):
    """All three are None for an entry without a user."""
    if email is None:
        return "unknown"
    return f"{first_name} {last_name}".strip() or email or "unknown"


def django(
    action, changes, object_repr, timestamp, first_name, last_name, email, origin="", environment=""
):
    at = instant(timestamp)
    return document(
        at=at,
        audit_event={
            "actor": actor(first_name, last_name, email),
            "date_time": at,
            "operation": OPERATIONS[action],
            "origin": origin,
            "target": object_repr,
            "environment": environment,
            "message": changes,
        },
    )
