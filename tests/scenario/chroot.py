# SPDX-License-Identifier: MIT
"""A root folder with the files of some installed Debian packages and what they depend on, and nothing else: for what is to
work without our source tree. Needs no network; without root, it needs user namespaces."""

import os
import re
import shutil
import subprocess
from pathlib import Path

SKIPPED = ("/usr/share/doc/", "/usr/share/man/", "/usr/share/locale/", "/usr/share/info/")


def _query(*args):
    return subprocess.run(
        ["dpkg-query", *args], check=True, text=True, stdout=subprocess.PIPE
    ).stdout


def _with_depends(wanted):
    """The packages and all that they depend on, as far as it is installed."""
    depends, provides = {}, {}
    for line in _query(
        "-W", "-f", "${Package}\t${Provides}\t${Depends},${Pre-Depends}\n"
    ).splitlines():
        package, provided, needed = line.split("\t")
        depends[package] = re.findall(r"(?:^|[,|])\s*([a-z0-9][a-z0-9+.-]*)", needed)
        for name in re.findall(r"(?:^|,)\s*([a-z0-9][a-z0-9+.-]*)", provided):
            provides.setdefault(name, []).append(package)
    found, open_ones = set(), list(wanted)
    while open_ones:
        name = open_ones.pop()
        for package in [name] if name in depends else provides.get(name, []):
            if package not in found:
                found.add(package)
                open_ones += depends[package]
    missing = [name for name in wanted if name not in found and name not in provides]
    assert not missing, f"not installed: {missing}"
    return sorted(found)


def _libraries(program):
    """What the dynamic linker loads for it."""
    text = subprocess.run(["ldd", program], check=True, text=True, stdout=subprocess.PIPE).stdout
    return re.findall(r"(?:=> |^\s+)(/\S+) \(", text, flags=re.M)


def is_possible():
    """Are we root, or may we be in a name space of our own?"""
    as_root = ["/usr/bin/unshare", "--map-root-user", "true"]
    return os.geteuid() == 0 or subprocess.run(as_root, stderr=subprocess.DEVNULL).returncode == 0


class Chroot:
    def __init__(self, folder, packages):
        self.folder = Path(folder)
        for name in ("usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "tmp", "dev", "etc"):
            (self.folder / name).mkdir(parents=True)
        for name in ("bin", "sbin", "lib", "lib64"):
            (self.folder / name).symlink_to(f"usr/{name}")
        (self.folder / "dev/null").touch()
        for path in _query("-L", *_with_depends(packages)).splitlines():
            if path.startswith("/") and not path.startswith(SKIPPED) and os.path.isfile(path):
                self.add(path)
        for name, target in (("cc", "gcc"), ("sh", "dash")):
            if not (self.folder / "usr/bin" / name).exists():
                (self.folder / "usr/bin" / name).symlink_to(target)

    def add(self, path):
        """A file of this machine, at the same place."""
        to = self.folder / str(path).lstrip("/")
        to.parent.mkdir(parents=True, exist_ok=True)
        if not os.path.lexists(to):
            shutil.copy2(path, to, follow_symlinks=not os.path.islink(path))

    def add_tree(self, folder):
        """A folder of this machine, with the libraries that its programs need."""
        shutil.copytree(folder, self.folder / str(folder).lstrip("/"), symlinks=True)
        for path in Path(folder).rglob("*"):
            if path.parent.name == "bin" or path.suffix == ".so":
                for library in _libraries(path):
                    self.add(os.path.realpath(library))
                    self.add(library)

    def run(self, script, cwd, **env):
        """Runs a shell script there; (exit status, stdout and stderr together)."""
        enter = [] if os.geteuid() == 0 else ["/usr/bin/unshare", "--map-root-user"]
        ended = subprocess.run(
            [
                *enter,
                "/usr/sbin/chroot",
                self.folder,
                "/bin/sh",
                "-c",
                f"cd {cwd} || exit\n{script}",
            ],
            env={"PATH": "/usr/bin:/bin:/usr/sbin", "LC_ALL": "C.UTF-8", "HOME": "/tmp", **env},
            text=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
        )
        return ended.returncode, ended.stdout
