# SPDX-License-Identifier: MIT
"""Facades built with nothing but what is installed, as their authors would."""

import os
import shlex
import subprocess
from pathlib import Path

STAGE = Path(os.environ.get("SLT_STAGE", ".")).resolve()
STRICT = [
    os.environ.get("CC", "cc"),
    "-std=c11",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Wshadow",
    "-Wstrict-prototypes",
    "-Werror",
    "-fvisibility=hidden",
]
STRICT_CPP = [
    "g++",
    "-std=c++20",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Wno-missing-field-initializers",
    "-Werror",
    "-fvisibility=hidden",
]


def pkg_config(*args):
    """Asks the installed slt-facade.pc, as if the staged folder were the prefix."""
    found = sorted(STAGE.glob("**/slt-facade.pc"))
    assert len(found) == 1, f"not exactly one slt-facade.pc below {STAGE}: {found}"
    run = subprocess.run(
        ["pkg-config", f"--define-variable=prefix={STAGE}", *args, "slt-facade"],
        check=True,
        text=True,
        stdout=subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "PKG_CONFIG_PATH": str(found[0].parent)},
    )
    return shlex.split(run.stdout)


def build(source, module, *flags, cflags=None, strict=STRICT):
    """Compiles the source into the module. cflags: other ones than pkg-config tells; strict:
    another compiler and its warnings."""
    module.parent.chmod(0o755)
    command = [
        *strict,
        *(pkg_config("--cflags") if cflags is None else cflags),
        *flags,
        "-fPIC",
        "-shared",
        "-Wl,-z,defs",
        "-o",
        str(module),
        str(source),
        *pkg_config("--libs"),
    ]
    built = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert built.returncode == 0, f"{shlex.join(command)}\n{built.stdout}"


def exported(module):
    """The names of the symbols that others see."""
    text = subprocess.run(
        ["nm", "-D", "--defined-only", module], check=True, text=True, stdout=subprocess.PIPE
    ).stdout
    return [line.split()[-1] for line in text.splitlines()]
