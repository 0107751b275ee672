# SPDX-License-Identifier: MIT
"""Stands between the program and a server, at another address; before a database server also as
one who hides that it offers TLS, so that all is said in the clear, and keeps what the client says.
"""

import contextlib
import socket
import threading

CLIENT_SSL = 0x0800  # among the capabilities that a MySQL server's greeting names
ENCRYPTION = (80877103, 80877104)  # PostgreSQL's requests for TLS and GSSAPI, of 8 bytes


def pump(source, target, seen=None):
    """What comes from the one socket goes to the other, and into the bytearray seen."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            if seen is not None:
                seen += data
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


class Forwarder:
    def __init__(self, host, port, address="127.0.0.1", hides_tls=None):
        """hides_tls: the dialect of the server, mysql or postgresql."""
        self.behind, self.hides_tls = (host, port), hides_tls
        self.heard = bytearray()  # what clients said, but for whether there is TLS
        self.listener = socket.create_server((address, 0))
        self.address = self.listener.getsockname()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client):
        with contextlib.suppress(OSError):
            server = socket.create_connection(self.behind)
            if self.hides_tls == "mysql":
                client.sendall(self._greeting(server))
            elif self.hides_tls == "postgresql":
                start = self._refuse(client)
                self.heard += start
                server.sendall(start)
            threading.Thread(target=pump, args=(server, client), daemon=True).start()
            pump(client, server, self.heard)

    def _greeting(self, server):
        """The server's first packet: length and number (4 bytes), version of the protocol (1), of
        the server (up to a NUL), connection (4), a part of the salt (8), a NUL, capabilities."""
        packet = bytearray(server.recv(4, socket.MSG_WAITALL))
        packet += server.recv(int.from_bytes(packet[:3], "little"), socket.MSG_WAITALL)
        at = packet.index(0, 5) + 1 + 4 + 8 + 1
        known = int.from_bytes(packet[at : at + 2], "little") & ~CLIENT_SSL
        packet[at : at + 2] = known.to_bytes(2, "little")
        return packet

    def _refuse(self, client):
        """Says no to each request for encryption; what comes behind them."""
        while True:
            packet = client.recv(8, socket.MSG_WAITALL)
            if int.from_bytes(packet[4:], "big") not in ENCRYPTION:
                return packet
            client.sendall(b"N")

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
