"""A MySQL client of our own over raw sockets: it keeps every packet as it came, so that two servers' answers can be
compared byte for byte."""
import ctypes
import hashlib
import os
import socket
import ssl
import struct
import zlib

LONG_PASSWORD, FOUND_ROWS, LONG_FLAG, CONNECT_WITH_DB = 1, 2, 4, 8
LOCAL_FILES, PROTOCOL_41, SSL, TRANSACTIONS = 0x80, 0x200, 0x800, 0x2000
SECURE_CONNECTION, MULTI_STATEMENTS, MULTI_RESULTS, PS_MULTI_RESULTS = 0x8000, 0x10000, 0x20000, 0x40000
PLUGIN_AUTH, CONNECT_ATTRS, SESSION_TRACK, DEPRECATE_EOF = 0x80000, 0x100000, 0x800000, 0x1000000
QUERY_ATTRIBUTES = 0x8000000
COMPRESS, ZSTD = 0x20, 0x4000000
BULK, EXTENDED_METADATA, CACHE_METADATA = 1 << 34, 1 << 35, 1 << 36  # MariaDB's own, behind the first 32

BASE = LONG_PASSWORD | LONG_FLAG | PROTOCOL_41 | TRANSACTIONS | SECURE_CONNECTION | MULTI_RESULTS | PS_MULTI_RESULTS | \
    PLUGIN_AUTH
MORE_RESULTS = 8


class ServerError(Exception):
    def __init__(self, packet):
        super().__init__(packet)
        self.number = struct.unpack_from("<H", packet, 1)[0]
        self.packet = packet


def read_length(data, at):
    first = data[at]
    if first < 0xFB:
        return first, at + 1
    size = {0xFC: 2, 0xFD: 3, 0xFE: 8}[first]
    return int.from_bytes(data[at + 1:at + 1 + size], "little"), at + 1 + size


def length(n):
    if n < 0xFB:
        return bytes([n])
    if n < 1 << 16:
        return b"\xfc" + struct.pack("<H", n)
    if n < 1 << 24:
        return b"\xfd" + struct.pack("<I", n)[:3]
    return b"\xfe" + struct.pack("<Q", n)


def native(password, nonce):
    if not password:
        return b""
    first = hashlib.sha1(password).digest()
    second = hashlib.sha1(nonce + hashlib.sha1(first).digest()).digest()
    return bytes(a ^ b for a, b in zip(first, second))


def sha2(password, nonce):
    if not password:
        return b""
    first = hashlib.sha256(password).digest()
    second = hashlib.sha256(hashlib.sha256(first).digest() + nonce).digest()
    return bytes(a ^ b for a, b in zip(first, second))


def ed25519(password, nonce):
    """MariaDB hashes the password where others hash a seed: the two are one for a password of 32 bytes."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    return Ed25519PrivateKey.from_private_bytes(password).sign(nonce) if password else b""


class Zstd:
    """The library itself: Python has no module of its own for it."""

    def __init__(self):
        self.library = ctypes.CDLL("libzstd.so.1")
        for name in ("ZSTD_compress", "ZSTD_decompress", "ZSTD_compressBound"):
            getattr(self.library, name).restype = ctypes.c_size_t

    def compress(self, data):
        room = ctypes.create_string_buffer(self.library.ZSTD_compressBound(ctypes.c_size_t(len(data))))
        size = self.library.ZSTD_compress(room, ctypes.c_size_t(len(room)), data, ctypes.c_size_t(len(data)), 3)
        return room.raw[:size]

    def decompress(self, data, size):
        room = ctypes.create_string_buffer(size)
        assert self.library.ZSTD_decompress(room, ctypes.c_size_t(size), data, ctypes.c_size_t(len(data))) == size
        return room.raw


class CompressedSocket:
    """The compressed protocol over a socket. frames_packed counts the frames received that were really compressed."""

    def __init__(self, plain, algorithm):
        self.socket, self.sequence, self.frames_packed = plain, 0, 0
        zstd = Zstd() if algorithm == ZSTD else None
        self.pack = zstd.compress if zstd else zlib.compress
        self.unpack = zstd.decompress if zstd else lambda data, size: zlib.decompress(data)

    def sendall(self, data):
        if data[3] == 0:
            self.sequence = 0
        for at in range(0, len(data), 1 << 20):
            piece = data[at:at + (1 << 20)]
            packed, size = (self.pack(piece), len(piece)) if len(piece) >= 50 else (piece, 0)
            self.socket.sendall(struct.pack("<I", len(packed))[:3] + bytes([self.sequence & 255]) + struct.pack("<I", size)[:3] + packed)
            self.sequence += 1

    def take(self, n):
        data = b""
        while len(data) < n:
            part = self.socket.recv(n - len(data))
            if not part:
                return b""
            data += part
        return data

    def recv(self, _):
        head = self.take(7)
        if not head:
            return b""
        assert head[3] == self.sequence & 255, f"frame {head[3]} where {self.sequence & 255} was due"
        self.sequence += 1
        size = int.from_bytes(head[4:], "little")
        data = self.take(int.from_bytes(head[:3], "little"))
        if not size:
            return data
        self.frames_packed += 1
        data = self.unpack(data, size)
        assert len(data) == size
        return data

    def settimeout(self, limit_s):
        self.socket.settimeout(limit_s)

    def close(self):
        self.socket.close()


class Connection:
    def __init__(self, port, user="root", password="", database=None, capabilities=0, tls=False, host="127.0.0.1",
                 unix=None, limit_s=30):
        if unix:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(limit_s)
            self.socket.connect(unix)
        else:
            self.socket = socket.create_connection((host, port), timeout=limit_s)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.sequence = 0
        self.password = password.encode()
        self.secure = tls or unix is not None
        self.login(user, database, capabilities, tls)

    def close(self):
        self.socket.close()

    # -- packets
    def receive(self, n):
        parts, have = [self.buffer], len(self.buffer)
        while have < n:
            part = self.socket.recv(1 << 18)
            if not part:
                raise EOFError("the server closed the connection")
            parts.append(part)
            have += len(part)
        data = b"".join(parts)
        self.buffer = data[n:]
        return data[:n]

    def packet(self):
        """(first sequence number, payload); frames of a large packet are joined."""
        payload, first = b"", None
        while True:
            head = self.receive(4)
            size = int.from_bytes(head[:3], "little")
            first = head[3] if first is None else first
            self.sequence = head[3] + 1 & 255
            payload += self.receive(size)
            if size < 0xFFFFFF:
                return first, payload

    def send(self, payload, sequence=0):
        out, at = [], 0
        while True:
            piece = payload[at:at + 0xFFFFFF]
            out.append(struct.pack("<I", len(piece))[:3] + bytes([sequence & 255]) + piece)
            at += len(piece)
            sequence += 1
            if len(piece) < 0xFFFFFF:
                break
        self.socket.sendall(b"".join(out))
        self.sequence = sequence & 255

    # -- login
    def login(self, user, database, capabilities, tls):
        _, greeting = self.packet()
        if greeting[0] == 0xFF:
            raise ServerError(greeting)
        self.greeting = greeting
        at = greeting.index(b"\0", 1) + 1
        self.version = greeting[1:at - 1].decode()
        self.thread_id = struct.unpack_from("<I", greeting, at)[0]
        nonce = greeting[at + 4:at + 12]
        at += 13
        offered = struct.unpack_from("<H", greeting, at)[0] | struct.unpack_from("<H", greeting, at + 5)[0] << 16
        if not offered & LONG_PASSWORD:
            offered |= struct.unpack_from("<I", greeting, at + 14)[0] << 32
        self.status = struct.unpack_from("<H", greeting, at + 3)[0]
        nonce += greeting[at + 18:at + 30]
        self.offered = offered
        plugin = greeting[at + 31:].split(b"\0")[0]
        wanted = BASE | capabilities | (CONNECT_WITH_DB if database else 0) | (SSL if tls else 0)
        self.capabilities = wanted & (offered | CONNECT_WITH_DB)
        head = struct.pack("<IIB", self.capabilities & 0xFFFFFFFF, 1 << 30, 45) + b"\0" * 19 + struct.pack("<I", self.capabilities >> 32)
        if tls:
            self.send(head, self.sequence)
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            number = self.sequence
            self.socket = context.wrap_socket(self.socket)
            self.sequence = number
        answer = self.scramble(plugin, nonce)
        body = head + user.encode() + b"\0" + bytes([len(answer)]) + answer
        body += (database.encode() + b"\0" if database else b"") + plugin + b"\0"
        self.send(body + (b"\x03" if self.capabilities & ZSTD else b""), self.sequence)
        self.finish_login(plugin, nonce)
        if self.capabilities & (COMPRESS | ZSTD):
            self.socket = CompressedSocket(self.socket, COMPRESS if self.capabilities & COMPRESS else ZSTD)

    def scramble(self, plugin, nonce):
        if plugin == b"sha256_password":
            return b"\0"  # no password: MySQL asks in this way for accounts that it does not have
        return {b"mysql_native_password": native, b"caching_sha2_password": sha2, b"client_ed25519": ed25519}[plugin](self.password, nonce)

    def finish_login(self, plugin, nonce):
        self.login_packets = []
        while True:
            _, packet = self.packet()
            self.login_packets.append(packet)
            if packet[0] == 0:
                self.ok = packet
                return
            if packet[0] == 0xFF:
                raise ServerError(packet)
            if packet[0] == 0xFE:
                plugin, nonce = packet[1:].split(b"\0", 1)
                if plugin == b"parsec":
                    self.sign_parsec(nonce[:32])
                    continue
                nonce = nonce[:20] if plugin != b"client_ed25519" else nonce[:32]
                self.send(self.scramble(plugin, nonce), self.sequence)
            elif packet == b"\x01\x04":
                self.send_password(nonce)
            elif packet != b"\x01\x03":
                raise AssertionError(packet)

    def sign_parsec(self, nonce):
        """MariaDB 11.8: the salt is asked for, the key comes of it and the password, and both nonces are signed."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        self.send(b"", self.sequence)
        _, salt = self.packet()
        if salt[0] == 0xFF:
            raise ServerError(salt)
        salt = salt.removeprefix(b"\x01")
        assert salt[0] == ord("P"), salt
        seed = hashlib.pbkdf2_hmac("sha512", self.password, salt[2:], 1024 << salt[1], 32)
        own = os.urandom(32)
        self.send(own + Ed25519PrivateKey.from_private_bytes(seed).sign(nonce + own), self.sequence)

    def send_password(self, nonce):
        whole = self.password + b"\0"
        if self.secure:
            return self.send(whole, self.sequence)
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import padding
        self.send(b"\x02", self.sequence)
        _, answer = self.packet()
        key = serialization.load_pem_public_key(answer[1:])
        mixed = bytes(c ^ nonce[i % len(nonce)] for i, c in enumerate(whole))
        self.send(key.encrypt(mixed, padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)), self.sequence)

    def change_user(self, user, password, database=None):
        self.password = password.encode()
        body = b"\x11" + user.encode() + b"\0\0" + (database or "").encode() + b"\0" + struct.pack("<H", 45)
        self.send(body + b"mysql_native_password\0")
        self.finish_login(b"mysql_native_password", b"")

    # -- commands: each gives the packets of the answer
    def query(self, text):
        if isinstance(text, str):
            text = text.encode()
        prefix = b"\x03\x00\x01" if self.capabilities & QUERY_ATTRIBUTES else b"\x03"
        self.send(prefix + text)
        return self.results()

    def simple(self, payload):
        self.send(payload)
        return [self.packet()]

    def prepare(self, text):
        self.send(b"\x16" + text.encode())
        packets = [self.packet()]
        first = packets[0][1]
        if first[0] == 0xFF:
            return packets, None
        statement, columns, parameters = struct.unpack_from("<IHH", first, 1)
        for run in (parameters, columns):
            end = 0 if self.capabilities & DEPRECATE_EOF or not run else 1
            packets += [self.packet() for _ in range(run + end)]
        return packets, statement

    def execute(self, statement, values=(), types=True, flags=0):
        self.send(self.execute_packet(statement, values, types, flags))
        return self.results()

    def execute_packet(self, statement, values=(), types=True, flags=0):
        attributes = self.capabilities & QUERY_ATTRIBUTES
        body = b"\x17" + struct.pack("<IBI", statement, flags | (8 if attributes else 0), 1)
        if attributes:
            body += length(len(values))
        if values:
            nulls = bytearray((len(values) + 7) // 8)
            kinds, data = b"", b""
            for i, value in enumerate(values):
                if value is None:
                    nulls[i // 8] |= 1 << i % 8
                    kinds += b"\x06\x00"
                elif isinstance(value, int):
                    kinds += b"\x08\x00"
                    data += struct.pack("<q", value)
                elif isinstance(value, float):
                    kinds += b"\x05\x00"
                    data += struct.pack("<d", value)
                else:
                    kinds += b"\xfd\x00"
                    raw = value.encode() if isinstance(value, str) else value
                    data += length(len(raw)) + raw
                if attributes:
                    kinds += b"\x00"
            body += bytes(nulls) + (b"\x01" + kinds if types else b"\x00") + data
        return body

    def bulk(self, statement, rows):
        """COM_STMT_BULK_EXECUTE: integers, texts and None, the types taken from the first row."""
        body = b"\xfa" + struct.pack("<IH", statement, 128)
        body += b"".join(b"\x08\x00" if isinstance(value, int) else b"\xfd\x00" for value in rows[0])
        for value in (value for row in rows for value in row):
            if value is None:
                body += b"\x01"
            else:
                body += b"\x00" + (struct.pack("<q", value) if isinstance(value, int) else length(len(value)) + value.encode())
        self.send(body)
        return self.results()

    def results(self):
        packets = []
        while True:
            more = self.one_result(packets)
            if not more:
                return packets

    def one_result(self, packets):
        packets.append(self.packet())
        first = packets[-1][1]
        if first[0] == 0xFF:
            return False
        if first[0] == 0:
            return self.ok_status(first) & MORE_RESULTS
        if first[0] == 0xFB:
            self.send_file(first[1:].decode())
            return self.one_result(packets)
        columns, at = read_length(first, 0)
        if self.capabilities & CACHE_METADATA and first[at] == 0:
            columns = 0  # the client is to know the definitions
        old = not self.capabilities & DEPRECATE_EOF
        packets += [self.packet() for _ in range(columns + old)]
        if old and struct.unpack_from("<H", packets[-1][1], 3)[0] & 0x40:
            return False  # a cursor: the rows are fetched
        while True:
            packets.append(self.packet())
            last = packets[-1][1]
            if last[0] == 0xFF:
                return False
            if last[0] == 0xFE and len(last) < (0xFFFFFF if not old else 9):
                status = struct.unpack_from("<H", last, 3)[0] if old else self.ok_status(last)
                return status & MORE_RESULTS

    @staticmethod
    def ok_status(packet):
        _, at = read_length(packet, 1)
        _, at = read_length(packet, at)
        return struct.unpack_from("<H", packet, at)[0]

    def send_file(self, path):
        number = self.sequence
        with open(path, "rb") as f:
            while True:
                piece = f.read(1 << 16)
                self.socket.sendall(struct.pack("<I", len(piece))[:3] + bytes([number & 255]) + piece)
                number += 1
                if not piece:
                    return

    def rows(self, text):
        """Text rows as tuples, for checks that are not about bytes."""
        packets = [p for _, p in self.query(text)]
        if packets[0][0] == 0xFF:
            raise ServerError(packets[0])
        if packets[0][0] == 0:
            return []
        columns, _ = read_length(packets[0], 0)
        start = 1 + columns + (0 if self.capabilities & DEPRECATE_EOF else 1)
        return [self.fields(p, columns) for p in packets[start:-1]]

    @staticmethod
    def fields(row, columns):
        out, at = [], 0
        for _ in range(columns):
            if row[at] == 0xFB:
                out.append(None)
                at += 1
            else:
                size, at = read_length(row, at)
                out.append(row[at:at + size].decode("utf-8", "replace"))
                at += size
        return tuple(out)


def scratch_file(folder, name, data):
    path = os.path.join(folder, name)
    with open(path, "wb") as f:
        f.write(data)
    return path
