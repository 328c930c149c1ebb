"""A minimal RESP2/RESP3 client on a blocking socket: enough to compare two servers byte for byte.

Replies become Python values that keep the wire type where it matters:
  simple string -> Simple, error -> Failure, bulk -> bytes, integer -> int, null -> None, array -> list,
  RESP3: map -> Map (list of pairs), set -> Set (list), double -> Double (the text), boolean -> bool,
  verbatim -> Verbatim, big number -> Big, push -> Push (list).
"""
import socket


class Simple(str):
    pass


class Failure(str):
    pass


class Double(str):
    pass


class Big(str):
    pass


class Verbatim(bytes):
    pass


class Map(list):
    pass


class Set(list):
    pass


class Push(list):
    pass


class Connection:
    """One connection. Every read has a time limit in seconds; raises OSError or ConnectionError when it passes."""

    def __init__(self, host, port, unix=None, resp=2, timeout=10.0):
        if unix:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(unix)
        else:
            self.socket = socket.create_connection((host, port), timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(timeout)
        self.reader = self.socket.makefile("rb", 1 << 16)
        if resp == 3:
            self.call("HELLO", "3")

    def close(self):
        self.reader.close()
        self.socket.close()

    def call(self, *args):
        self.send([args])
        return self.read()

    def pipeline(self, commands):
        self.send(commands)
        return [self.read() for _ in commands]

    def send(self, commands):
        self.socket.sendall(b"".join(encode(c) for c in commands))

    def read(self):
        line = self.reader.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("connection closed in the middle of a reply: %r" % line)
        kind, rest = line[:1], line[1:-2]
        parser = PARSERS.get(kind)
        if parser is None:
            raise ConnectionError("not a reply: %r" % line)
        return parser(self, rest)

    def exactly(self, length):
        data = self.reader.read(length + 2)
        if len(data) != length + 2 or not data.endswith(b"\r\n"):
            raise ConnectionError("truncated bulk of %d bytes" % length)
        return data[:-2]

    def many(self, count):
        return [self.read() for _ in range(count)]


def text(raw):
    return raw.decode("utf-8", "backslashreplace")


def bulk(connection, rest):
    return None if rest == b"-1" else connection.exactly(int(rest))


def array(connection, rest):
    return None if rest == b"-1" else connection.many(int(rest))


PARSERS = {
    b"+": lambda c, r: Simple(text(r)),
    b"-": lambda c, r: Failure(text(r)),
    b":": lambda c, r: int(r),
    b"$": bulk,
    b"*": array,
    b"_": lambda c, r: None,
    b",": lambda c, r: Double(text(r)),
    b"#": lambda c, r: r == b"t",
    b"(": lambda c, r: Big(text(r)),
    b"=": lambda c, r: Verbatim(c.exactly(int(r))),
    b"%": lambda c, r: Map([c.read(), c.read()] for _ in range(int(r))),
    b"~": lambda c, r: Set(c.many(int(r))),
    b">": lambda c, r: Push(c.many(int(r))),
}


def encode(args):
    parts = [b"*%d\r\n" % len(args)]
    for arg in args:
        raw = arg if isinstance(arg, bytes) else str(arg).encode("utf-8", "surrogateescape")
        parts.append(b"$%d\r\n%s\r\n" % (len(raw), raw))
    return b"".join(parts)
