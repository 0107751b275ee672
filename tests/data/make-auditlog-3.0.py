#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make auditlog-3.0-KIND.sql: the rows of a deployment that came to django-auditlog 3.0 from 2.3
by the upgrade in two steps, so that older entries have their changes in changes_text alone.

    make-auditlog-3.0.py KIND DATABASE_URL [FILE]

KIND: postgresql, mysql, mariadb or sqlite. DATABASE_URL: an empty database (for sqlite a file that
is not there yet). Each version of django-auditlog gets a virtual environment of its own, filled by
pip. Run by hand; tests read the files that it wrote."""

import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import urllib.parse
from pathlib import Path

HERE = Path(__file__).resolve().parent
TABLES = ["auditlog_logentry", "auth_user", "django_content_type"]
PACKAGES = [
    "django==4.2.*",
    "django-environ==0.14.*",
    "psycopg2-binary",
    "pymysql",
    "setuptools<80",
]
NAMES = [
    ("Aino", "Öberg"),
    ("", ""),
    (" ", " "),
    ("明", ""),
    ("", "O'Brien\\"),
    ("Иван ", " Петров"),
]
TITLES = [
    "plain",
    "ääkköset 🚲",
    "tab\tnew\nline",
    "\x1f control",
    'quote"back\\slash',
    "",
    " blank ",
]


def configure(version):
    import environ
    import django
    from django.conf import settings

    try:
        import pymysql

        pymysql.version_info = (2, 2, 1, "final", 0)  # what Django asks of mysqlclient
        pymysql.install_as_MySQLdb()
    except ImportError:
        pass
    settings.configure(
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "auditlog", "shop"],
        DATABASES={"default": environ.Env().db_url("DATABASE_URL")},
        MIGRATION_MODULES={"shop": None},
        USE_TZ=True,
        TIME_ZONE="Europe/Helsinki",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        AUDITLOG_TWO_STEP_MIGRATION=version != "2.3.0",
        AUDITLOG_USE_TEXT_CHANGES_IF_JSON_IS_NOT_PRESENT=True,
    )
    django.setup()


def work(version):
    """What the application does while it has this version."""
    configure(version)
    from auditlog.context import set_actor
    from auditlog.models import LogEntry
    from auditlog.signals import accessed
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from shop.models import Document, Tag

    call_command("migrate", run_syncdb=True, verbosity=0)
    chance = random.Random(version)
    users = [
        User.objects.get_or_create(
            username=f"user{number}",
            defaults={
                "first_name": first,
                "last_name": last,
                "email": f"u{number}@shop.example" * (number % 2),
            },
        )[0]
        for number, (first, last) in enumerate(NAMES)
    ]
    leaver = User.objects.create(username=f"leaver {version}", first_name="Left")
    for number in range(40):
        with set_actor(chance.choice([*users, leaver])):
            title = chance.choice(TITLES)
            document = Document.objects.create(title=title, body="x" * chance.choice([1, 90, 400]))
            document.body, document.pages = "changed", number
            document.save()
            if number % 4 == 0:
                document.tags.add(Tag.objects.create(name=title))
            if number % 4 == 1:
                accessed.send(Document, instance=document)
            if number % 4 == 2:
                document.delete()
    leaver.delete()
    # what deployments keep there: nothing, their own members, or the mark of rows to send
    for entry in LogEntry.objects.order_by("id"):
        entry.additional_data = [None, {"is_sent": False, "by": title}, {"source": ["ä", 1.50]}][
            entry.id % 3
        ]
        entry.save()


SHOP = """
from auditlog.registry import auditlog
from django.db import models

class Tag(models.Model):
    name = models.TextField()
    __str__ = lambda self: self.name
    class Meta:
        app_label = "shop"

class Document(models.Model):
    title = models.TextField()
    body = models.TextField()
    pages = models.IntegerField(null=True)
    tags = models.ManyToManyField(Tag)
    __str__ = lambda self: self.title
    class Meta:
        app_label = "shop"

auditlog.register(Document, m2m_fields={"tags"})
"""


def dump(kind, url, file):
    if kind == "sqlite":
        with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
            lines = [
                line
                for line in database.iterdump()
                if any(f'"{table}"' in line for table in TABLES)
                or line in ("BEGIN TRANSACTION;", "COMMIT;")
            ]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return
    if kind == "postgresql":
        tables = [word for table in TABLES for word in ("-t", table)]
        command = ["pg_dump", "--no-owner", "--no-privileges", *tables, "-d", url]
    else:
        parts = urllib.parse.urlsplit(url)
        command = ["mariadb-dump", "--no-defaults", "-h", parts.hostname, "-P", str(parts.port)]
        command += ["-u", parts.username, "--skip-comments", "--skip-add-locks", "--no-tablespaces"]
        command += [parts.path[1:], *TABLES]
    file.write_bytes(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def main():
    kind, url = sys.argv[1:3]
    file = Path(sys.argv[3]) if len(sys.argv) > 3 else HERE / f"auditlog-3.0-{kind}.sql"
    with tempfile.TemporaryDirectory() as folder:
        shop = Path(folder, "shop")
        shop.mkdir()
        (shop / "__init__.py").touch()
        (shop / "models.py").write_text(SHOP, encoding="utf-8")
        for version in ("2.3.0", "3.0.0"):
            home = Path(folder, version)
            subprocess.run([sys.executable, "-m", "venv", home], check=True)
            python = home / "bin/python"
            packages = [*PACKAGES, f"django-auditlog=={version}"]
            subprocess.run([python, "-m", "pip", "-q", "install", *packages], check=True)
            environment = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": folder}
            subprocess.run([python, __file__, "--work", version], env=environment, check=True)
        dump(kind, url, file)


if __name__ == "__main__":
    if sys.argv[1] == "--work":
        work(sys.argv[2])
    else:
        main()
