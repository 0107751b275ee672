# SPDX-License-Identifier: MIT
"""An HTTP proxy, as http_proxy and https_proxy name one: it passes on requests whose target is a
whole URL, tunnels after a CONNECT, and records what it was told."""

import base64
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import urlsplit

from forwarder import pump
from search import http_request


class Asked(NamedTuple):
    method: str
    target: str
    headers: object


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def is_let_through(self):
        proxy = self.server.proxy
        proxy.asked.append(Asked(self.command, self.path, self.headers))
        status = proxy.refuses
        if self.headers.get("Proxy-Authorization") != proxy.wants:
            status = 407
        if status:
            self.send_response(status, "Refused")
            self.send_header("Content-Length", "0")
            if status == 407:
                self.send_header("Proxy-Authenticate", 'Basic realm="proxy"')
            self.end_headers()
        return not status

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.is_let_through():
            return
        parts, to = urlsplit(self.path), self.server.proxy.to
        status, text = http_request(
            f"http://{to[0]}:{to[1]}{parts.path}?{parts.query}",
            "POST",
            body,
            self.headers["Content-Type"],
        )
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_CONNECT(self):
        if not self.is_let_through():
            return
        proxy = self.server.proxy
        with socket.create_connection(proxy.to) as server:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=pump, args=(server, self.connection), daemon=True)
            back.start()
            pump(self.connection, server, proxy.tunnelled)
            back.join()
        self.close_connection = True

    def log_message(self, *args):
        pass


class ForwardProxy:
    def __init__(self, to, user=None, password=None):
        """to: (host, port) that everything is sent to, whatever name was asked for."""
        self.to, self.refuses, self.wants = to, None, None
        if user:
            self.wants = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self.asked, self.tunnelled = [], bytearray()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.proxy = self
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
