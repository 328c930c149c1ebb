"""A load that costs its sender little: requests made once and sent again and again in large batches, replies not parsed
but read to a mark at their end. So nearly all of the cores is left to the server."""
import random
import selectors
import socket
import time

MARK = b"$16\r\nend-of-the-batch\r\n"
BATCH_COMMANDS = 256
BATCHES = 16  # different ones, so that keys vary


def encode(words):
    out = [b"*%d\r\n" % len(words)]
    for word in words:
        word = word.encode()
        out.append(b"$%d\r\n%s\r\n" % (len(word), word))
    return b"".join(out)


def batches(load, keys_count=100_000, seed=7):
    """`load` as redis-benchmark takes it: its options, then the command with __rand_int__ in it."""
    words = load[next(i for i, word in enumerate(load) if not word.startswith("-") and not load[i - 1].startswith("-")):]
    numbers = random.Random(seed)
    made = []
    for _ in range(BATCHES):
        commands = []
        for _ in range(BATCH_COMMANDS):
            commands.append(encode([word.replace("__rand_int__", f"{numbers.randrange(keys_count):012}") for word in words]))
        commands.append(encode(["ECHO", "end-of-the-batch"]))
        made.append(b"".join(commands))
    return made


def flood(port, load, seconds, connections=8):
    """Sends `load` for about that long; returns the number of requests and the wall time they took."""
    made = batches(load)
    selector = selectors.DefaultSelector()
    sockets = []
    for i in range(connections):
        connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets.append(connection)
        selector.register(connection, selectors.EVENT_READ, i)
    room = bytearray(4 << 20)
    tails = [b""] * connections
    started = time.monotonic()
    sent = done = 0
    for i, connection in enumerate(sockets):
        connection.sendall(made[i % BATCHES])
        sent += 1
    while done < sent:
        ready = selector.select(30)
        if not ready:
            raise RuntimeError("the server does not answer")
        for key, _ in ready:
            size = key.fileobj.recv_into(room)
            if size == 0:
                raise RuntimeError("the server hung up")
            end = (tails[key.data] + room[max(0, size - len(MARK)):size])[-len(MARK):]
            tails[key.data] = bytes(end)
            if end != MARK:
                continue
            done += 1
            if time.monotonic() - started < seconds:
                tails[key.data] = b""
                key.fileobj.sendall(made[sent % BATCHES])
                sent += 1
    for connection in sockets:
        connection.close()
    return done * BATCH_COMMANDS, time.monotonic() - started
