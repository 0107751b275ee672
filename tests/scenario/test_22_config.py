# SPDX-License-Identifier: MIT
"""The settings in effect and where each came from, as lines and as JSON; no secrets."""

import shutil
import socket
import subprocess
from pathlib import Path

import pytest

import slt

SECRETS = [
    "DATABASE_PASSWORD",
    "DATABASE_URL",
    "ELASTICSEARCH_API_KEY",
    "ELASTICSEARCH_PASSWORD",
]
DEFAULTS = {  # and of what type they are
    "AUDIT_LOGGER_TYPE": "SINGLE_COLUMN_JSON",
    "BATCH_SIZE": 5000,
    "CHUNK_SIZE": 500,
    "CLEAR_AUDIT_LOG_ENTRIES": True,
    "DAYS_TO_KEEP": 30,
    "DB_USE_SSL": False,
    "DEBUG": False,
    "DOCUMENT_ID_PREFIX": "",
    "ELASTICSEARCH_ALLOW_PLAINTEXT": True,
    "ELASTICSEARCH_APP_AUDIT_LOG_INDEX": "app_audit_log",
    "ELASTICSEARCH_CA_CERT": "",
    "ELASTICSEARCH_CLIENT_CERT": "",
    "ELASTICSEARCH_CLIENT_KEY": "",
    "ELASTICSEARCH_COMPRESS": False,
    "ELASTICSEARCH_HOST": "",
    "ELASTICSEARCH_PIPELINE": "",
    "ELASTICSEARCH_PORT": 0,
    "ELASTICSEARCH_REQUIRE_ALIAS": False,
    "ELASTICSEARCH_RETRY_SECONDS": 120,
    "ELASTICSEARCH_SCHEME": "https",
    "ELASTICSEARCH_TIMEOUT": 30,
    "ELASTICSEARCH_USERNAME": "",
    "ELASTICSEARCH_VERIFY": True,
    "ENABLE_SEND_AUDIT_LOG": True,
    "LANES": 4,
    "MAX_BULK_BYTES": 8388608,
    "ON_CONFLICT": "verify",
    "QUARANTINE_TABLE": "",
    "SSL_CA": "",
    "SSL_CERT": "",
    "SSL_CIPHER": "",
    "SSL_KEY": "",
}
OF_FACADES = {
    "SINGLE_COLUMN_JSON": {
        "AUDIT_TABLE_NAME": "audit_logs",
        "DATE_TIME_PARENT_FIELD": "audit_event",
        "DATE_TIME_FIELD": "date_time",
    },
    "DJANGO_AUDITLOG": {
        "USER_TABLE_NAME": "auth_user",
        "AUDIT_LOG_ORIGIN": "",
        "AUDIT_LOG_ENVIRONMENT": "",
        "AUDITLOG_CHANGES_AS": "text",
    },
}
NOWHERE = {  # what is known of the database when nothing is set
    "driver": "postgresql",
    "name": "structuredlogs",
    "host": None,
    "port": None,
    "user": None,
    "password_set": False,
    "options": {},
}


@pytest.fixture
def bare(bare):
    """With no setting but where facades are."""
    return bare.with_(LANES=None)


@pytest.fixture
def own(bare):
    """The names of the program's own settings, as --help lists them."""
    listed = bare.run("--help").out.split("\nSettings, from")[1].split("\n\n")[0]
    names = [line.split()[0] for line in listed.splitlines()[1:]]
    assert {*DEFAULTS, *SECRETS, "SLT_FACADE_PATH"} <= set(names)
    return names


def as_json(program, status=slt.DONE, *options):
    result = program.run(*options, "config", "--json")
    assert result.status == status, result
    shown = result.json
    assert list(shown) == ["database", "settings"]
    assert bool(result.err) == (status != slt.DONE), result
    return shown


def lines(program, status=slt.DONE):
    """name: (mark, value, source) of each setting, and the lines before them."""
    result = program.run("config")
    assert result.status == status, result
    head, _, rest = result.out.partition("\n\n")
    found, where = {}, set()
    for line in rest.splitlines():
        if " = " not in line:
            assert not line or line.startswith("Settings"), line
            continue
        mark, name, value = line[0], line[2 : line.index(" = ")].rstrip(), line.split(" = ", 1)[1]
        where.add(line.index(" = "))
        value, _, source = value.rpartition("  ")
        assert name not in found and source in ("default", "environment", "file"), line
        found[name] = (mark, value.rstrip(), source)
    assert len(where) == 1, "the values begin in one column"
    return found, head.splitlines()


@pytest.mark.parametrize("kind", OF_FACADES)
def test_every_setting_with_its_default(bare, own, kind):
    """The facade's come after the program's."""
    shown = as_json(bare if kind == "SINGLE_COLUMN_JSON" else bare.with_(AUDIT_LOGGER_TYPE=kind))
    assert shown["database"] == NOWHERE and list(shown["database"]) == list(NOWHERE)
    settings = dict(shown["settings"])
    assert list(settings) == own + list(OF_FACADES[kind])
    for name in SECRETS:
        assert settings.pop(name) == {"value": None, "source": "default", "set": False}, name
    assert settings.pop("SLT_FACADE_PATH")["source"] == "environment"
    given = "environment" if kind != "SINGLE_COLUMN_JSON" else "default"
    assert settings.pop("AUDIT_LOGGER_TYPE") == {"value": kind, "source": given}
    for name, value in {**DEFAULTS, **OF_FACADES[kind]}.items():
        if name != "AUDIT_LOGGER_TYPE":
            assert settings[name] == {"value": value, "source": "default"}, name
            assert type(settings[name]["value"]) is type(value), name
    assert {one["source"] for one in settings.values()} == {"default"}


def test_where_values_come_from(bare, tmp_path):
    """The environment wins over the file; NAME_FILE counts where it stands; BATCH_LIMIT is
    BATCH_SIZE."""
    secret, file = tmp_path / "secret", tmp_path / "settings.env"
    secret.write_text("s3cret\n")
    file.write_text(
        "LANES=2\nCHUNK_SIZE=20\nBATCH_LIMIT=300\nDEBUG=off\nAUDIT_TABLE_NAME=ours\n"
        f"DATE_TIME_FIELD=at\nELASTICSEARCH_API_KEY_FILE={secret}\nELASTICSEARCH_PASSWORD=s3cret\n"
    )
    program = bare.with_(
        CHUNK_SIZE=" 30 ",
        ELASTICSEARCH_COMPRESS="yes",
        ELASTICSEARCH_PORT="09200",
        DATE_TIME_FIELD="when",
        DATE_TIME_PARENT_FIELD="",
        DATABASE_PASSWORD_FILE=secret,
        DOCUMENT_ID_PREFIX='ü"\\',
        ON_CONFLICT="verify",
    )
    result = program.run("--env-file", file, "config", "--json")
    assert result.status == slt.DONE and result.err == "" and "s3cret" not in result.out, result
    expected = {
        "LANES": (2, "file"),
        "CHUNK_SIZE": (30, "environment"),
        "BATCH_SIZE": (300, "file"),
        "DEBUG": (False, "file"),
        "AUDIT_TABLE_NAME": ("ours", "file"),
        "DATE_TIME_FIELD": ("when", "environment"),
        "DATE_TIME_PARENT_FIELD": ("", "environment"),
        "ELASTICSEARCH_COMPRESS": (True, "environment"),
        "ELASTICSEARCH_PORT": (9200, "environment"),
        "DOCUMENT_ID_PREFIX": ('ü"\\', "environment"),
        "ON_CONFLICT": ("verify", "environment"),
        "MAX_BULK_BYTES": (8388608, "default"),
    }
    settings = result.json["settings"]
    for name, (value, source) in expected.items():
        assert settings[name] == {"value": value, "source": source}, name
    for name, source in {
        "DATABASE_PASSWORD": "environment",
        "ELASTICSEARCH_API_KEY": "file",
        "ELASTICSEARCH_PASSWORD": "file",
    }.items():
        assert settings[name] == {"value": None, "source": source, "set": True}, name
    assert result.json["database"] == {**NOWHERE, "password_set": True}


def database(**parts):
    return {**NOWHERE, "name": "d", **parts}


URLS = {
    "postgres://db-user@db.example.org:5433/app": database(
        name="app", host="db.example.org", port=5433, user="db-user"
    ),
    "postgis://u:s3cret@h/d?sslmode=verify-full&connect_timeout=3": database(
        host="h",
        user="u",
        password_set=True,
        options={"sslmode": "verify-full", "connect_timeout": "3"},
    ),
    "postgres://u%40corp:p%3As3cret@h/my%20logs": database(
        host="h", user="u@corp", password_set=True, name="my logs"
    ),
    "postgres://u:s3cret/?#s3cret@h:1/d": database(host="h", port=1, user="u", password_set=True),
    "postgres://a:1,b:2,c/d": database(host="a,b,c", port="1,2,"),
    "postgres://a,b:6432/d": database(host="a,b", port=6432),
    "postgres://u@[::1]:5432/d": database(host="::1", port=5432, user="u"),
    "postgres://[::1]:1,[2001:db8::7]:2/d": database(host="::1,2001:db8::7", port="1,2"),
    "postgres:////var/run/postgresql/d": database(host="/var/run/postgresql"),
    "postgres://u@%2Fvar%2Frun%2Fpostgresql:5433/d": database(
        host="/var/run/postgresql", port=5433, user="u"
    ),
    "postgres://": database(name=None),
    "mysql://u:s3cret@h:3306/d?charset=utf8mb4": database(
        driver="mysql",
        host="h",
        port=3306,
        user="u",
        password_set=True,
        options={"charset": "utf8mb4"},
    ),
    "sqlite:////var/lib/app/db.sqlite?timeout=20": database(
        driver="sqlite", name="/var/lib/app/db.sqlite", options={"timeout": "20"}
    ),
    "sqlite:///db.sqlite": database(driver="sqlite", name="db.sqlite"),
    "postgres:///d?password=s3cret&sslpassword=s3cret&passfile=/s3cret&sslkey=/key": database(
        password_set=True,
        options={"password": None, "sslpassword": None, "passfile": None, "sslkey": "/key"},
    ),
}


@pytest.mark.parametrize("url", URLS)
def test_the_database(bare, url):
    program = bare.with_(DATABASE_URL=url)
    shown = as_json(program)
    assert shown["database"] == URLS[url]
    assert shown["settings"]["DATABASE_URL"] == {
        "value": None,
        "source": "environment",
        "set": True,
    }
    result = program.run("-v", "-v", "config")
    assert result.status == slt.DONE and "s3cret" not in result.out + result.err, result
    for name, value in URLS[url].items():
        if isinstance(value, (str, int)) and name != "password_set":
            assert f"  {name:8}  {value}\n" in result.out, result
    for name, value in URLS[url]["options"].items():
        assert f"  option    {name}={'(set)' if value is None else value}\n" in result.out, result


TLS = {
    "postgres://h/d": {"sslmode": "verify-ca", "sslrootcert": "/ca.pem"},
    "mysql://h/d": {"ssl_mode": "VERIFY_CA", "ssl_ca": "/ca.pem"},
}


@pytest.mark.parametrize("url", TLS)
def test_tls_of_the_database_is_in_its_options(bare, url):
    program = bare.with_(DATABASE_URL=url, DB_USE_SSL=True, SSL_CA="/ca.pem")
    assert as_json(program)["database"]["options"] == TLS[url]


def test_an_option_of_django(bare):
    result = bare.with_(DATABASE_URL="postgres://h/d?conn_max_age=60").run("config", "--json")
    assert result.status == slt.DONE and "conn_max_age" in result.err, result
    assert result.json["database"]["options"] == {"conn_max_age": "60"}


# Each way in which a secret can be given, and the setting that is set by it.
GIVEN = {
    "in the URL": ("DATABASE_URL", {"DATABASE_URL": "postgres://u:{}@h/d"}),
    "in the URL of sqlite": ("DATABASE_URL", {"DATABASE_URL": "sqlite:////a.db?key={}"}),
    "as an option": ("DATABASE_URL", {"DATABASE_URL": "postgres://h/d?password={}"}),
    "of a key": ("DATABASE_URL", {"DATABASE_URL": "postgres://h/d?sslpassword={}"}),
    "misspelt": ("DATABASE_URL", {"DATABASE_URL": "postgres://h/d?pasword={}"}),
    "not encoded": ("DATABASE_URL", {"DATABASE_URL": "postgres://u:x/?#{}@h/d"}),
    "like a port": ("DATABASE_URL", {"DATABASE_URL": "postgres://u:12/{}@h/d"}),
    "like a host": ("DATABASE_URL", {"DATABASE_URL": "postgres://u:p@{}/{}#@h/d"}),
    "DATABASE_URL_FILE": ("DATABASE_URL", {"DATABASE_URL_FILE": "postgres://u:{}@h/d"}),
    "DATABASE_PASSWORD": ("DATABASE_PASSWORD", {"DATABASE_PASSWORD": "{}"}),
    "DATABASE_PASSWORD_FILE": ("DATABASE_PASSWORD", {"DATABASE_PASSWORD_FILE": "{}"}),
    "ELASTICSEARCH_PASSWORD": ("ELASTICSEARCH_PASSWORD", {"ELASTICSEARCH_PASSWORD": "{}"}),
    "ELASTICSEARCH_PASSWORD_FILE": (
        "ELASTICSEARCH_PASSWORD",
        {"ELASTICSEARCH_PASSWORD_FILE": "{}"},
    ),
    "ELASTICSEARCH_API_KEY": ("ELASTICSEARCH_API_KEY", {"ELASTICSEARCH_API_KEY": "{}"}),
    "ELASTICSEARCH_API_KEY_FILE": ("ELASTICSEARCH_API_KEY", {"ELASTICSEARCH_API_KEY_FILE": "{}"}),
    "in the host": ("ELASTICSEARCH_HOST", {"ELASTICSEARCH_HOST": "http://u:{}@h"}),
    "a token": ("ELASTICSEARCH_HOST", {"ELASTICSEARCH_HOST": "https://h/?key={}"}),
}


@pytest.mark.parametrize("way", GIVEN)
@pytest.mark.parametrize("format", ["text", "json"])
def test_no_output_holds_a_secret(bare, tmp_path, way, format):
    name, settings = GIVEN[way]
    secret = "S3cr-CANARY"
    given = {}
    for key, value in settings.items():
        value = value.replace("{}", secret)
        if key.endswith("_FILE"):
            file = tmp_path / "file"
            file.write_text(value + "\n")
            value = file
        given[key] = value
    program = bare.with_(**given, DEBUG=True)
    for args in (("config",), ("config", "--json")):
        result = program.run("-v", "-v", "--log-format", format, *args)
        assert result.status == slt.DONE, result
        assert "CANARY" not in result.out + result.err, result
    assert result.json["settings"][name] == {"value": None, "source": "environment", "set": True}
    has_password = "PASSWORD" in name or "u:" in str(settings) or "?password" in str(settings)
    if name.startswith("DATABASE") and way != "like a port":
        assert result.json["database"]["password_set"] is has_password
    found, _ = lines(program)
    assert found[name] == ("*", "(set)", "environment")


def test_a_secret_that_is_empty_is_not_set(bare):
    program = bare.with_(ELASTICSEARCH_PASSWORD="", DATABASE_URL="postgres://u:@h/d")
    shown = as_json(program)
    assert shown["settings"]["ELASTICSEARCH_PASSWORD"] == {
        "value": None,
        "source": "environment",
        "set": False,
    }
    assert shown["database"]["password_set"] is False


FACADE = """
#include <slt/facade.h>

static const char *fetch(const void *facade)
{
    (void)facade;
    return "SELECT {key id}, what FROM events WHERE {unsent NOT {is_true sent}}";
}
static const char *mark(const void *facade)
{
    (void)facade;
    return "UPDATE events SET {set_true sent} WHERE {keys id}";
}
static int message(const void *facade, const struct slt_row *log, struct slt_doc *doc)
{
    (void)facade;
    slt_put_text(doc, "what", slt_cell(log, 1));
    return 0;
}
static const struct slt_setting settings[] = {
    {"A_SETTING_OF_OURS_WITH_A_NAME_THAT_IS_LONG", "x", "for the columns", 0},
    {"TOKEN_OF_OURS", "", "a secret", 1},
    {"DATABASE_PASSWORD", "", "not a secret, it says", 0},
    {"DATABASE_URL", "", "not a secret, it says", 0},
    {0, 0, 0, 0},
};
SLT_FACADE(nosy) = {
    SLT_FACADE_HEAD,
    .name = "nosy", .version = "1.0", .summary = "with a secret, and curious",
    .settings = settings, .fetch = fetch, .message = message, .mark_as_sent = mark,
};
"""


@pytest.fixture(scope="session")
def nosy(tmp_path_factory):
    """A folder with a facade that has a secret and wants to know ours."""
    folder = tmp_path_factory.mktemp("nosy")
    folder.chmod(0o755)
    sdk = Path(__file__).resolve().parents[2] / "sdk"
    (folder / "nosy.c").write_text(FACADE)
    command = ["cc", "-std=c11", "-fPIC", "-shared", "-fvisibility=hidden", f"-I{sdk}"]
    subprocess.run([*command, "-o", folder / "nosy.so", folder / "nosy.c"], check=True)
    (folder / "nosy.so").chmod(0o755)
    return folder


def test_secrets_of_a_facade(bare, nosy, tmp_path):
    """Its own are hidden, and it cannot make one of the program's public."""
    file = tmp_path / "token"
    file.write_text("CANARY\n")
    program = bare.with_(
        AUDIT_LOGGER_TYPE="NOSY",
        SLT_FACADE_PATH=nosy,
        TOKEN_OF_OURS_FILE=file,
        DATABASE_PASSWORD="CANARY",
        DATABASE_URL="postgres://u:CANARY@h/d",
    )
    settings = as_json(program)["settings"]
    for name in ("TOKEN_OF_OURS", "DATABASE_PASSWORD", "DATABASE_URL"):
        assert settings[name] == {"value": None, "source": "environment", "set": True}, name
    assert list(settings)[-2:] == ["A_SETTING_OF_OURS_WITH_A_NAME_THAT_IS_LONG", "TOKEN_OF_OURS"]
    for args in (("config",), ("config", "--json"), ("facades", "nosy"), ("--help",)):
        result = program.run("-v", "-v", *args) if args[0] != "--help" else program.run(*args)
        assert "CANARY" not in result.out + result.err, result
    found, _ = lines(program)
    assert found["TOKEN_OF_OURS"] == ("*", "(set)", "environment")
    assert found["A_SETTING_OF_OURS_WITH_A_NAME_THAT_IS_LONG"] == (" ", "x", "default")


def test_a_facade_that_cannot_be_loaded(bare, own, facades, tmp_path):
    """The program's own settings are shown all the same."""
    (tmp_path / "rubbish.so").write_bytes(b"\x7fELF rubbish")
    (tmp_path / "rubbish.so").chmod(0o755)
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    shutil.copy(facades / "single_column_json.so", open_to_all)
    open_to_all.chmod(0o777)
    tmp_path.chmod(0o755)
    for settings, said in (
        ({"AUDIT_LOGGER_TYPE": "NO_SUCH_ONE"}, "no_such_one"),
        ({"AUDIT_LOGGER_TYPE": "../evil"}, "AUDIT_LOGGER_TYPE"),
        ({"AUDIT_LOGGER_TYPE": "RUBBISH", "SLT_FACADE_PATH": tmp_path}, "rubbish.so"),
        ({"SLT_FACADE_PATH": open_to_all}, "can be written by others"),
        ({"SLT_FACADE_PATH": "relative"}, "SLT_FACADE_PATH"),
    ):
        program = bare.with_(**settings, LANES=3)
        shown = as_json(program, slt.CONFIGURATION)
        assert list(shown["settings"]) == own
        assert shown["settings"]["LANES"] == {"value": 3, "source": "environment"}
        assert shown["database"] == NOWHERE
        assert said in program.run("config", "--json").err
        found, _ = lines(program, slt.CONFIGURATION)
        assert list(found) == own


def test_settings_of_a_facade_that_cannot_be_read(bare, own, nosy, tmp_path):
    program = bare.with_(
        AUDIT_LOGGER_TYPE="NOSY", SLT_FACADE_PATH=nosy, TOKEN_OF_OURS_FILE=tmp_path / "none"
    )
    assert list(as_json(program, slt.CONFIGURATION)["settings"]) == own
    result = program.run("config")
    assert result.status == slt.CONFIGURATION and "TOKEN_OF_OURS_FILE" in result.err, result


@pytest.mark.parametrize(
    "url", ["", "oracle://u:CANARY@h/d", "postgres://u:CANARY@h:x/d", "postgres://u:CANARY/d"]
)
def test_a_url_that_cannot_be_read(bare, url):
    program = bare.with_(DATABASE_URL=url, LANES=3)
    shown = as_json(program, slt.CONFIGURATION)
    assert shown["database"] is None
    assert list(shown["settings"])[-3:] == list(OF_FACADES["SINGLE_COLUMN_JSON"])
    found, head = lines(program, slt.CONFIGURATION)
    assert head[0].startswith("Database") and found["LANES"] == ("*", "3", "environment")
    for args in (("config",), ("config", "--json")):
        result = program.run("-v", "-v", *args)
        assert "DATABASE_URL" in result.err and "CANARY" not in result.out + result.err, result


def test_a_url_that_other_settings_contradict(bare):
    """It is shown, to be looked at."""
    program = bare.with_(
        DATABASE_URL="postgres://u@h/d?sslmode=prefer", DB_USE_SSL=True, DATABASE_PASSWORD="s3cret"
    )
    shown = as_json(program, slt.CONFIGURATION)
    assert shown["database"] == database(
        host="h", user="u", password_set=True, options={"sslmode": "prefer"}
    )


def test_both_are_wrong(bare, own):
    """Each is told."""
    program = bare.with_(DATABASE_URL="nonsense", AUDIT_LOGGER_TYPE="NO_SUCH_ONE")
    shown = as_json(program, slt.CONFIGURATION)
    assert list(shown["settings"]) == own
    result = program.run("config")
    assert shown["database"] is None and len(result.err.splitlines()) == 2, result


def test_the_lines(bare, own):
    """The database first; what is set has a mark."""
    program = bare.with_(
        DATABASE_URL="postgres://u:s3cret@h:5433/d",
        BATCH_SIZE=7,
        DEBUG="yes",
        ELASTICSEARCH_USERNAME="a\nb",
        AUDIT_TABLE_NAME="x" * 60,
        DATE_TIME_FIELD="zeit_ä",
    )
    found, head = lines(program)
    assert head == [
        "Database:",
        "  driver    postgresql",
        "  name      d",
        "  host      h",
        "  port      5433",
        "  user      u",
        "  password  (set)",
    ]
    expected = {
        **{name: (" ", str(value), "default") for name, value in DEFAULTS.items()},
        **{name: (" ", "(not set)", "default") for name in SECRETS},
        "SLT_FACADE_PATH": ("*", bare.settings["SLT_FACADE_PATH"].as_posix(), "environment"),
        "DATABASE_URL": ("*", "(set)", "environment"),
        "BATCH_SIZE": ("*", "7", "environment"),
        "DEBUG": ("*", "True", "environment"),
        "ELASTICSEARCH_USERNAME": ("*", "a b", "environment"),
        "AUDIT_TABLE_NAME": ("*", "x" * 60, "environment"),
        "DATE_TIME_PARENT_FIELD": (" ", "audit_event", "default"),
        "DATE_TIME_FIELD": ("*", "zeit_ä", "environment"),
    }
    assert list(found) == own + list(OF_FACADES["SINGLE_COLUMN_JSON"])
    assert {name: found[name] for name in expected} == expected
    out = program.run("config").out
    assert "\n\nSettings of AUDIT_LOGGER_TYPE=SINGLE_COLUMN_JSON:\n" in out
    ends = {line.index("  environment") for line in out.splitlines() if "zeit_" in line}
    ends |= {line.index("  default") for line in out.splitlines() if "  default" in line}
    assert len(ends) == 1, "the sources begin in one column"


def test_nothing_is_connected_to(bare, sink):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        program = bare.with_(
            DATABASE_URL=f"postgres://u:p@127.0.0.1:{port}/d",
            **slt.search_settings(sink.url, "sink"),
        )
        assert as_json(program)["database"]["port"] == port
        listener.settimeout(0.1)
        with pytest.raises(TimeoutError):
            listener.accept()
    assert not sink.requests


@pytest.mark.parametrize("args", [("extra",), ("--yaml",), ("--json=x",)], ids=" ".join)
def test_wrong_usage(bare, args):
    result = bare.run("config", *args)
    assert result.status == slt.USAGE and result.err and result.out == "", result


def test_standard_output_that_is_full(bare):
    with open("/dev/full", "wb") as full:
        result = bare.start("config", "--json", stdout=full).result()
    assert result.status != slt.DONE and result.err, result
