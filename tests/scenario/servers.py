# SPDX-License-Identifier: MIT
"""Search servers that a test starts for itself, with settings that others could not live with."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent / "servers"


def free_port():
    command = f". {SCRIPTS}/common.sh; free_port"
    return subprocess.run(
        ["bash", "-c", command], check=True, capture_output=True, text=True
    ).stdout.strip()


@contextlib.contextmanager
def started(product, lines):
    """The URL of a server of that product, with these lines more in its configuration."""
    folder, port = tempfile.mkdtemp(prefix="slt-server-"), free_port()
    try:
        script = subprocess.run(
            [SCRIPTS / f"start-{product}.sh", port, folder],
            env={**os.environ, f"{product.upper()}_EXTRA": lines},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert script.returncode == 0, script.stderr
        yield f"http://127.0.0.1:{port}"
    finally:
        subprocess.run([SCRIPTS / "stop.sh", folder], check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(folder)
