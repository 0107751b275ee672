# SPDX-License-Identifier: MIT
"""JSON as a tree that keeps every scalar's text, so that 1.0 differs from 1 and "\\u00e4" from "ä".

A node is a string (the text of a scalar), ("[", item, ...) or ("{", (key text, value), ...).
Only white space between tokens and nothing else is lost. Two documents say the same in the same
words when their nodes are equal."""

import json
import re
import sys

TOKEN = re.compile(r'[ \t\r\n]*([{}\[\]:,]|"(?:[^"\\]|\\.)*"|[^ \t\r\n{}\[\]:,"]+)[ \t\r\n]*', re.S)

sys.setrecursionlimit(10_000)  # documents may be nested 1000 deep


def parse(text):
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    json.loads(text)  # complains about what the few lines below would let pass
    tokens, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        tokens.append(match.group(1))
        at = match.end()
    node, end = _value(tokens, 0)
    assert end == len(tokens)
    return node


def _value(tokens, at):
    opening = tokens[at]
    if opening not in ("{", "["):
        return opening, at + 1
    node, at = [opening], at + 1
    while tokens[at] not in ("}", "]"):
        if opening == "{":
            key = tokens[at]
            value, at = _value(tokens, at + 2)
            node.append((key, value))
        else:
            value, at = _value(tokens, at)
            node.append(value)
        if tokens[at] == ",":
            at += 1
    return tuple(node), at + 1


def is_object(node):
    return node[0] == "{"


def members(node, name):
    """The values of every member of that name, in order."""
    assert is_object(node)
    return [value for key, value in node[1:] if json.loads(key) == name]


def member(node, name):
    """The value of the one member of that name."""
    found = members(node, name)
    assert len(found) == 1, f"{len(found)} members called {name}"
    return found[0]


def without(node, name):
    return ("{", *(pair for pair in node[1:] if json.loads(pair[0]) != name))


def items(node):
    assert node[0] == "["
    return node[1:]


def to_text(node):
    if isinstance(node, str):
        return node
    if is_object(node):
        return "{" + ",".join(f"{key}:{to_text(value)}" for key, value in node[1:]) + "}"
    return "[" + ",".join(map(to_text, node[1:])) + "]"


def to_python(node):
    return json.loads(to_text(node))
