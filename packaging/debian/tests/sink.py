#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A search server that takes every document: sink.py FILE. It prints the port it listens on, and
appends what it is sent to FILE, one document a line, after its _id."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer({"version": {"distribution": "opensearch", "number": "2.19.0"}})

    def do_POST(self):
        lines = self.rfile.read(int(self.headers["Content-Length"])).decode().splitlines()
        items = []
        with lock, open(sys.argv[1], "a", encoding="utf-8") as taken:
            for head, document in zip(lines[::2], lines[1::2], strict=True):
                action = json.loads(head)["create"]
                index = action.get("_index") or self.path.strip("/").split("/")[0]
                taken.write(f"{action['_id']}\t{document}\n")
                items.append({"create": {"_index": index, "_id": action["_id"], "status": 201}})
        self.answer({"took": 1, "errors": False, "items": items})

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
