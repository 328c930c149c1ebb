"""A relay between the program and its database that makes losses: cuts, black holes, delays, another server behind the same
address; for all connections, or only those that carry the binlog or the probes."""
import select
import socket
import threading
import time

from tests.support.servers import free_port

DUMP_COMMANDS = {0x12: 11, 0x1E: 7}  # COM_BINLOG_DUMP, COM_BINLOG_DUMP_GTID: where the reader's server_id stands
PROBES = (b"binlog_snapshot_", b"@@global.gtid_executed")


class Relay:
    """TCP from a port of its own to a target that may change; can cut, swallow and delay. A connection's kind is `dump`
    or `probe` once it has asked for that (which needs plain text), else `other`."""

    def __init__(self, target):
        self.target = target
        self.port = free_port()
        self.black_hole = False
        self.swallowed = set()  # kinds
        self.damaged = set()  # kinds whose next answer gets its last byte wrong, once
        self.delay_s = 0.0
        self.delays_s = {}  # by kind
        self.refuse = False
        self.is_ours = lambda server_id: True  # of dumps: others are `other`
        self.dump_ids = set()
        self.pairs = {}
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.refuse:
                client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                client.close()
                continue
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.pairs[client, server] = "other"
            threading.Thread(target=self.pump, args=(client, server), daemon=True).start()

    def kind_after(self, kind, data):
        """Of a connection on which its client has sent this."""
        if kind != "other":
            return kind
        if len(data) > 15 and data[3] == 0 and data[4] in DUMP_COMMANDS:
            at = DUMP_COMMANDS[data[4]]
            server_id = int.from_bytes(data[at:at + 4], "little")
            if not self.is_ours(server_id):
                return kind
            self.newest_dump_id = server_id
            self.dump_ids.add(server_id)
            return "dump"
        return "probe" if any(probe in data for probe in PROBES) else kind

    def pump(self, client, server):
        kind = "other"
        try:
            while True:
                ready = select.select([client, server], [], [], 0.2)[0]
                if self.black_hole or kind in self.swallowed:
                    time.sleep(0.05)
                    continue
                for source in ready:
                    data = source.recv(1 << 16)
                    if not data:
                        return
                    if source is client:
                        kind = self.kind_after(kind, data)
                        with self.lock:
                            self.pairs[client, server] = kind
                    elif kind in self.damaged:
                        self.damaged.discard(kind)
                        data = data[:-1] + bytes([data[-1] ^ 0x55])
                    delay = max(self.delay_s, self.delays_s.get(kind, 0.0))
                    if delay:
                        time.sleep(delay)
                    (server if source is client else client).sendall(data)
        except (OSError, ValueError):
            pass
        finally:
            with self.lock:
                self.pairs.pop((client, server), None)
            client.close()
            server.close()

    def cut(self, kind=None):
        with self.lock:
            pairs = [pair for pair, its in self.pairs.items() if kind in (None, its)]
        for pair in pairs:
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self):
        self.listener.close()
        self.cut()
