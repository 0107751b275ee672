# SPDX-License-Identifier: MIT
"""Pages of the documentation, followed to the letter: what is to be saved in files, and commands with what they print."""

import re


def steps(page):
    """("file", name, text) and ("console", None, commands) in the order of a Markdown page. The prose before a block
    names its file; a block of commands is a console."""
    found = re.split(r"^```(\w+)\n(.*?)^```$", page, flags=re.M | re.S)
    for prose, language, text in zip(found[::3], found[1::3], found[2::3]):
        if language == "console":
            yield "console", None, text
            continue
        name = re.findall(r"Save (?:this|them) as `([^`]+)`:\s*$", prose.rstrip() + "\n")
        assert name, f"nothing says what this block is to be saved as: {text[:60]}"
        yield "file", name[0], text


def commands(text):
    """(command, the lines that it is to print)"""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.M)
    assert parts[0] == "", f"a block begins with output: {parts[0]}"
    return list(zip(parts[1::2], parts[2::2]))


def matches(expected, printed):
    """Is that what is to be printed? A line "..." is any lines, "..." in a line is anything. Pages show what a terminal
    gets, where lines of the log do not name process, facade and table."""
    named = r"^structured-log-transfer\[\d+\]: (?:\w+ \w+\.\w+: )?"
    printed = re.sub(named, "structured-log-transfer: ", printed, flags=re.M)
    lines = [
        r"(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + "\n"
        for line in expected.splitlines()
    ]
    return re.compile("".join(lines)).fullmatch(printed)
