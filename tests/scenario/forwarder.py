# SPDX-License-Identifier: MIT
"""Stands between the program and a server, at another address; before a database server of the
MySQL family also as one who hides that it offers TLS, so that all is said in the clear."""

import contextlib
import socket
import threading

CLIENT_SSL = 0x0800  # among the capabilities that the server's greeting names


def pump(source, target, seen=None):
    """What comes from the one socket goes to the other, and into the bytearray seen."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            if seen is not None:
                seen += data
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


class Forwarder:
    def __init__(self, host, port, address="127.0.0.1", hides_tls=False):
        self.behind, self.hides_tls = (host, port), hides_tls
        self.listener = socket.create_server((address, 0))
        self.address = self.listener.getsockname()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.behind)
                if self.hides_tls:
                    client.sendall(self._greeting(server))
                for source, target in ((client, server), (server, client)):
                    threading.Thread(target=pump, args=(source, target), daemon=True).start()

    def _greeting(self, server):
        """The server's first packet: length and number (4 bytes), version of the protocol (1), of
        the server (up to a NUL), connection (4), a part of the salt (8), a NUL, capabilities."""
        packet = bytearray(server.recv(4, socket.MSG_WAITALL))
        packet += server.recv(int.from_bytes(packet[:3], "little"), socket.MSG_WAITALL)
        at = packet.index(0, 5) + 1 + 4 + 8 + 1
        known = int.from_bytes(packet[at : at + 2], "little") & ~CLIENT_SSL
        packet[at : at + 2] = known.to_bytes(2, "little")
        return packet

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
