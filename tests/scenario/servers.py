# SPDX-License-Identifier: MIT
"""Private servers, started with the scripts of tests/servers, that a test may kill and start
again."""

import contextlib
import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import slt

SCRIPTS = Path(__file__).resolve().parent.parent / "servers"
# What a database has committed must outlive it: it is written at each commit, though not to disk.
COMMITS = {"MYSQLD_EXTRA": "--innodb-flush-log-at-trx-commit=2 --innodb-buffer-pool-size=64M"}
STARTERS = {
    "postgresql": ("start-postgres.sh", "15"),
    "mysql": ("start-mysql.sh",),
    "mariadb": ("start-mariadb.sh",),
    "opensearch": ("start-opensearch.sh",),
    "elasticsearch": ("start-elasticsearch.sh",),
}
URLS = {
    "postgresql": "postgresql://postgres@127.0.0.1:{}/test",
    "mysql": "mysql://root@127.0.0.1:{}/test",
    "mariadb": "mysql://root@127.0.0.1:{}/test",
    "opensearch": "http://127.0.0.1:{}",
    "elasticsearch": "http://127.0.0.1:{}",
}


def free_port():
    """Below those that outgoing connections get, so that it is free again after a kill."""
    while True:
        port = random.randrange(15000, 30000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def family(pid):
    """The process and all that descend from it."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def is_gone(pid):
    """Waits for it when it has become our child, see below."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    return not os.path.exists(f"/proc/{pid}")


# Servers outlive the scripts that start them. They become children of this process, so that their
# ends are taken notice of at once: PostgreSQL does not start while the pid of the last one exists.
PR_SET_CHILD_SUBREAPER = 36
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


class Server:
    def __init__(self, kind, **environment):
        """environment: what the start script takes, such as OPENSEARCH_EXTRA."""
        self.kind, self.port = kind, free_port()
        self.environment = {**os.environ, **COMMITS, **environment}
        self.url = URLS[kind].format(self.port)
        # not where the tests have their files: the account that runs the server may have no way there
        self.folder = Path(tempfile.mkdtemp(prefix=f"slt-{kind}."))

    def start(self):
        script, *args = STARTERS[self.kind]
        with open(self.folder / "start.log", "w+", encoding="utf-8", errors="replace") as log:
            done = subprocess.run(
                [SCRIPTS / script, *args, str(self.port), self.folder],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            log.seek(0)
            assert done.returncode == 0, log.read()
        return self

    def processes(self):
        file = self.folder / "pid"
        return family(int(file.read_text())) if file.exists() else []

    def await_end(self, pids):
        end = time.monotonic() + 30
        while not all(map(is_gone, pids)):
            assert time.monotonic() < end, f"{self.kind} does not go"
            time.sleep(0.01)

    def kill(self):
        """kill -9 of all its processes, which are gone when this returns."""
        pids = self.processes()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.await_end(pids)

    def restart(self):
        self.kill()
        return self.start()

    def remove(self):
        pids = self.processes()
        subprocess.run([SCRIPTS / "stop.sh", self.folder], stdout=subprocess.DEVNULL, check=True)
        self.await_end(pids)  # threads may write after the first one has ended
        shutil.rmtree(self.folder)


@contextlib.contextmanager
def running(kind, **environment):
    server = Server(kind, **environment)
    try:
        yield server.start()
    finally:
        server.remove()


@contextlib.contextmanager
def pgbouncer(url, connections=20):
    """In transaction mode before the database at `url`; gives its own URL for that database."""
    parts, port = urlsplit(url), free_port()
    folder = Path(tempfile.mkdtemp(prefix="slt-pgbouncer."))
    folder.chmod(0o755)
    (folder / "pgbouncer.ini").write_text(f"""
        [databases]
        * = host={parts.hostname} port={parts.port} user={parts.username}
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = {port}
        unix_socket_dir =
        auth_type = any
        pool_mode = transaction
        default_pool_size = {connections}
    """)
    own_account = ["-u", "nobody"] if os.geteuid() == 0 else []
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            ["/usr/sbin/pgbouncer", *own_account, folder / "pgbouncer.ini"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        slt.until(lambda: is_open(port) or process.poll() is not None, "pgbouncer")
        assert process.poll() is None, (folder / "log").read_text()
        yield f"{parts.scheme}://{parts.username}@127.0.0.1:{port}{parts.path}"
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
