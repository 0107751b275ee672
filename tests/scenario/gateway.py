# SPDX-License-Identifier: MIT
"""A loopback HTTP server in the place of Elasticsearch: it records what it is asked, and answers
what a test prescribes.

Gateway is the machinery. Proxy passes on to the real server, Sink keeps the documents itself.
`script` is a list of functions, taken in turn, one for each _bulk request: each gets the Request
and returns a Reply, or None for the usual one. `reads` is the same for _mget requests."""

import gzip
import json
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import rawjson
from search import http_request


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.raw = method, target, headers, body
        self.path, self.at = urlsplit(target).path, time.monotonic()
        self.body = gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body
        self.is_bulk, self.is_mget = self.path.endswith("/_bulk"), self.path.endswith("/_mget")

    def __repr__(self):
        return f"{self.method} {self.target} ({len(self.body)} bytes)"

    @property
    def pairs(self):
        """(_id, text of the document) for each document of a _bulk body."""
        lines = self.body.decode("utf-8", "surrogateescape").split("\n")
        assert lines.pop() == "", "a _bulk body ends with a newline"
        found = []
        for head, document in zip(lines[::2], lines[1::2], strict=True):
            action = json.loads(head)
            assert list(action) == ["create"], f"not a create: {head}"
            found.append((action["create"]["_id"], document))
        return found

    @property
    def ids(self):
        if self.is_mget:
            return [doc["_id"] for doc in json.loads(self.body)["docs"]]
        return [key for key, _ in self.pairs]


class Reply:
    def __init__(
        self,
        status=200,
        body=b"",
        cut=None,
        content_type="application/json",
        stay=None,
        reset=False,
        **headers,
    ):
        """body: bytes, or what is made JSON of. cut: that many bytes of the body are sent, then
        the connection is closed (with reset: it is reset); with stay, an Event, not before that
        is set. headers: more of them, with _ for -."""
        self.status, self.cut, self.content_type, self.stay = status, cut, content_type, stay
        self.reset = reset
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()

    def raw(self):
        head = (
            f"HTTP/1.1 {self.status} Prescribed\r\ncontent-type: {self.content_type}\r\n"
            f"content-length: {len(self.body)}\r\n"
        )
        head += "".join(f"{name}: {value}\r\n" for name, value in self.headers.items()) + "\r\n"
        return head.encode() + self.body[: self.cut]


class Hangup:
    """Instead of a Reply: the connection is reset without a word."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        with self.server.gateway.lock:
            self.server.gateway.connections += 1

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        reply = self.server.gateway.take(Request(self.command, self.path, self.headers, body))
        if isinstance(reply, Hangup):
            self.reset()
            return
        try:
            self.wfile.write(reply.raw())
        except OSError:  # the program has gone
            self.close_connection = True
        if reply.cut is not None:
            self.close_connection = True
        if reply.reset:
            self.reset()
        if reply.stay:
            reply.stay.wait(60)

    def reset(self):
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        # at once, though rfile and wfile refer to the socket, too
        socket.close(self.connection.detach())

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer

    def finish(self):
        try:
            super().finish()
        except (OSError, ValueError):  # already closed
            pass

    def log_message(self, *args):
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address, context):
        if ":" in address:
            self.address_family = socket.AF_INET6
        super().__init__((address, 0), Handler)
        if context:  # the handshake is the business of each connection's own thread
            self.socket = context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def finish_request(self, request, client_address):
        if isinstance(request, ssl.SSLSocket):
            try:
                request.do_handshake()
            except OSError:
                # a connection that is closed with unread bytes takes the alert along
                with socket.socket(fileno=request.detach()) as bare:
                    bare.settimeout(5)
                    bare.shutdown(socket.SHUT_WR)
                    while bare.recv(65536):
                        pass
                return
        super().finish_request(request, client_address)

    def handle_error(self, request, client_address):
        pass  # clients that were killed in the middle of a request


class Gateway:
    def __init__(self, address="127.0.0.1", context=None):
        """context: an SSLContext, for https."""
        self.requests, self.script, self.reads, self.lock = [], [], [], threading.Lock()
        self.connections = 0  # how many there were
        self.released = threading.Event()
        self.server = _Server(address, context)
        self.server.gateway = self
        self.host = f"{f'[{address}]' if ':' in address else address}:{self.server.server_port}"
        self.url = f"{'https' if context else 'http'}://{self.host}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def take(self, request):
        with self.lock:
            self.requests.append(request)
            steps = self.script if request.is_bulk else self.reads if request.is_mget else []
            step = steps.pop(0) if steps else None
        reply = step(request) if step else None
        return reply or self.usual(request)

    def usual(self, request):
        raise NotImplementedError

    @property
    def bulks(self):
        with self.lock:
            return [request for request in self.requests if request.is_bulk]

    @property
    def mgets(self):
        with self.lock:
            return [request for request in self.requests if request.is_mget]

    def hang(self, request):
        """A step of a script: says nothing until release() or the end of the test."""
        self.released.wait(60)
        return Hangup()

    def release(self):
        self.released.set()

    def close(self):
        self.release()
        self.server.shutdown()
        self.server.server_close()


class Proxy(Gateway):
    """Passes everything on to the server at `behind`. With a prefix, such as "/search", that is
    the path under which others see the server, and there is nothing elsewhere."""

    def __init__(self, behind, prefix="", **where):
        self.behind, self.prefix = behind, prefix
        super().__init__(**where)

    def usual(self, request):
        if not request.target.startswith(f"{self.prefix}/"):
            return Reply(404, b"no such page", content_type="text/plain")
        return Reply(
            *http_request(
                self.behind + request.target[len(self.prefix) :],
                request.method,
                request.body or None,
                request.headers.get("Content-Type"),
            )
        )


class Sink(Gateway):
    """Keeps the documents in memory, and answers as an index would."""

    def __init__(self, **where):
        self.stored = {}
        self.name = "sink"
        super().__init__(**where)

    def usual(self, request):
        if request.is_bulk:
            return bulk_reply([self.store(key, text) for key, text in request.pairs])
        if request.is_mget:
            return mget_reply(self.found(key) for key in request.ids)
        if request.method == "PUT":  # an index is made
            return Reply(200, {"acknowledged": True})
        if request.path == "/":
            return Reply(
                200,
                {
                    "name": "n",
                    "cluster_name": "c",
                    "tagline": "The OpenSearch Project: https://opensearch.org/",
                    "version": {"distribution": "opensearch", "number": "2.19.6"},
                },
            )
        return Reply(
            404,
            {"error": {"type": "index_not_found_exception", "reason": request.path}, "status": 404},
        )

    def store(self, key, text):
        """Creates the document and returns the item that says so, or that there is one already."""
        with self.lock:
            if key in self.stored:
                return item(key, 409, error="version_conflict_engine_exception")
            self.stored[key] = text
        return item(key, 201)

    def found(self, key):
        """One of the docs of an _mget reply, as text: the stored text stands in it as it is."""
        with self.lock:
            source = self.stored.get(key)
        head = f'{{"_index":"sink","_id":{json.dumps(key)},"found":'
        return head + ("false}" if source is None else f'true,"_source":{source}}}')

    def documents(self):
        with self.lock:
            return {key: rawjson.parse(text) for key, text in self.stored.items()}


def item(key, status, error=None, **members):
    """One member of the items of a _bulk reply."""
    inner = {"_index": "sink", "_id": key, "status": status, **members}
    if error:
        inner["error"] = {"type": error, "reason": f"reason for {error}"}
    return {"create": inner}


def bulk_reply(items):
    failed = any("error" in inner for one in items for inner in one.values())
    return Reply(200, {"took": 1, "errors": failed, "items": items})


def mget_reply(docs):
    """docs: texts, as Sink.found gives them."""
    return Reply(200, f'{{"docs":[{",".join(docs)}]}}'.encode("utf-8", "surrogateescape"))
