"""The whole content of one database, in a form that compares equal on equal servers."""
from normalise import READ_COUNTS, COMPUTED_STRINGS, in_order, renamed_encoding, without_times


def dump(connection, with_encodings=False):
    """{key: (type, remaining milliseconds or negative, content[, encoding])}"""
    out = {}
    for name in connection.call("KEYS", "*"):
        kind = str(connection.call("TYPE", name))
        remaining = connection.call("PTTL", name)
        entry = [kind, remaining, content(connection, kind, name)]
        if with_encodings:
            entry.append(connection.call("OBJECT", "ENCODING", name))
        out[name] = entry
    return out


def content(connection, kind, name):
    if kind == "string":
        return connection.call("GET", name)
    if kind == "hash":
        return in_order(connection.call("HGETALL", name), 2)
    if kind == "list":
        return connection.call("LRANGE", name, 0, -1)
    if kind == "set":
        return in_order(connection.call("SMEMBERS", name), 1)
    if kind == "zset":
        return connection.call("ZRANGE", name, 0, -1, "WITHSCORES")
    if kind == "stream":
        return without_times(connection.call("XINFO", "STREAM", name, "FULL", "COUNT", 0), READ_COUNTS)
    return None


def differences(ours, peer, equal, tolerance_ms=5000):
    """[(key, our entry or None, the peer's entry or None)]"""
    out = []
    for name in sorted(set(ours) | set(peer)):
        a, b = ours.get(name), peer.get(name)
        if a is None or b is None:
            out.append((name, a, b))
            continue
        close = a[1] == b[1] or (a[1] >= 0 and b[1] >= 0 and abs(a[1] - b[1]) <= tolerance_ms)
        if a[0] != b[0] or not close or not equal(a[2], b[2]) or not same_encoding(a[3:], b[3:]):
            out.append((name, a, b))
    return out


def same_encoding(ours, peer):
    return ours == peer or renamed_encoding(ours[0], peer[0]) or (ours[0], peer[0]) in COMPUTED_STRINGS
