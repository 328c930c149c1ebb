"""Decides whether two replies to one command mean the same, and names every tolerated difference.

Peers differ by version; each tolerated kind is one entry of EXCEPTIONS with its reason, and is counted in the report.
"""
import re

from resp_client import Double, Failure, Map, Push, Set

UNORDERED = {b"SMEMBERS", b"HKEYS", b"HVALS", b"SINTER", b"SUNION", b"SDIFF", b"KEYS", b"SCAN", b"SSCAN"}
UNORDERED_PAIRS = {b"HGETALL", b"HSCAN", b"ZSCAN"}
RANDOM = {b"RANDOMKEY", b"SRANDMEMBER", b"HRANDFIELD", b"ZRANDMEMBER", b"SPOP"}
CLOCK = {b"TTL": 2, b"PTTL": 2000, b"EXPIRETIME": 2, b"PEXPIRETIME": 2000, b"HTTL": 2, b"HPTTL": 2000,
         b"HEXPIRETIME": 2, b"HPEXPIRETIME": 2000}
# A few distances end in another digit where the C library's trigonometry is built in another way.
ROUNDED = {b"GEODIST", b"GEOPOS", b"GEOSEARCH", b"GEORADIUS", b"GEORADIUS_RO", b"GEORADIUSBYMEMBER", b"GEORADIUSBYMEMBER_RO"}

# (ours, the peer's) of one and the same string.
COMPUTED_STRINGS = {(b"int", b"embstr"), (b"embstr", b"raw")}
# So many keys at most are past their time and not yet met in one of the servers.
UNMET_KEYS_COUNT = 4
SHARED_COUNT = 2 ** 31 - 1

EXCEPTIONS = {
    "float-text": "7.2 prints doubles with the shortest text that reads back; 7.0 with 17 digits",
    "idle-time": "milliseconds or seconds since an access depend on the moment of the call",
    "zrank-withscore": "ZRANK and ZREVRANK take WITHSCORE from 7.2 on; 7.0 calls the argument count or the word an error",
    "unknown-in-peer": "the command or subcommand came after the peer's version",
    "xinfo-active-time": "XINFO CONSUMERS and XINFO STREAM FULL carry `inactive` and `active-time` from 7.2 on",
    "stream-lag": "how far a group has come is told more exactly after trimming and deletions from 7.4 on",
    "xread-unbalanced": "the text about an unbalanced list of streams names the command from 7.2 on",
    "idle-consumer": "XCLAIM, XAUTOCLAIM and XREADGROUP make their consumer from 7.2 on even where it gets nothing",
    "bit-arguments": "BITCOUNT and BITPOS check their arguments before they look at the key from 7.2 on",
    "listpack-names": "small lists and sets are listpacks from 7.2 on (7.0: quicklist, hashtable), and SORT makes the peer's zset a skiplist",
    "negative-zero": "whether a score of -0 keeps its sign follows the encoding, which the peer changes on SORT",
    "computed-strings": "INCRBYFLOAT's result is embstr in the peer though it is an integer's text, and stays raw in COPY and RENAME",
    "dbsize-expired": "keys whose time has passed are counted until something meets them, at another moment in each server",
    "stale-errno": "the peer's SORT takes an errno left by an earlier command for a bad number",
    "nul-in-error": "the peer's error texts end at a zero byte of the argument they quote",
    "lex-scores": "a range by name over members with different scores is undefined",
    "refcount": "COPY and INCRBYFLOAT make small integers that are not shared in the peer",
    "expiry-tick": "whether a relative expiry is later than one set a moment ago depends on the millisecond",
    "object-freq": "IDLETIME and FREQ follow the peer's clock and its maxmemory-policy",
    "sort-ties": "SORT BY leaves the order of elements without a weight, and of a set that is not sorted, open",
    "clock-id": "an automatic stream id is the moment of the call",
}


def canonical(value):
    """A sortable text for any reply."""
    return repr(value)


def same(command, ours, peer, seen):
    """True where the replies agree; `seen` collects the names of exceptions used."""
    name = command[0].upper()
    if equal(ours, peer, seen):
        return True
    if isinstance(ours, Failure) != isinstance(peer, Failure):
        return known_difference(name, command, ours, peer, seen)
    if isinstance(ours, Failure):
        if "list of streams: for each stream key" in ours and "list of streams: for each stream key" in peer:
            seen["xread-unbalanced"] = seen.get("xread-unbalanced", 0) + 1
            return True
        if "\x00" in ours and peer.startswith(ours.split("\x00")[0]):
            seen["nul-in-error"] = seen.get("nul-in-error", 0) + 1
            return True
        return same_error(ours, peer) or known_difference(name, command, ours, peer, seen)
    if name in RANDOM or scans_in_part(name, command):
        return shape(ours) == shape(peer)
    if name in CLOCK:
        return near(ours, peer, CLOCK[name])
    if name in ROUNDED:
        return equal(ours, peer, seen, digits=3)
    if name in UNORDERED:
        return equal(in_order(ours, 1), in_order(peer, 1), seen)
    if name in UNORDERED_PAIRS:
        return equal(in_order(ours, 2), in_order(peer, 2), seen)
    return known_difference(name, command, ours, peer, seen)


def scans_in_part(name, command):
    """A SCAN that need not return everything in one reply: the order of buckets is each server's own."""
    cursor = 1 if name == b"SCAN" else 2
    return name.endswith(b"SCAN") and (command[cursor] != b"0" or b"100000" not in command)


def same_error(ours, peer):
    """Unknown commands list their arguments and may be cut at another place; the rest is exact."""
    return str(ours) == str(peer) or (ours.startswith("ERR unknown command") and peer.startswith("ERR unknown command"))


def known_difference(name, command, ours, peer, seen):
    found = None
    if isinstance(peer, Failure) and not isinstance(ours, Failure) and "unknown command" in peer.lower():
        found = "unknown-in-peer"
    elif isinstance(peer, Failure) and "unknown subcommand" in peer.lower():
        found = "unknown-in-peer"
    elif name in (b"ZRANK", b"ZREVRANK") and len(command) > 3:
        found = "zrank-withscore"
    elif name == b"OBJECT" and len(command) > 1 and command[1].upper() in (b"IDLETIME", b"FREQ"):
        found = "object-freq"
    elif name == b"XINFO" and equal(without_times(ours), without_times(peer), seen):
        found = "xinfo-active-time"
    elif name == b"XINFO" and equal(without_times(ours, READ_COUNTS), without_times(peer, READ_COUNTS), seen):
        found = "stream-lag"
    elif name in (b"BITCOUNT", b"BITPOS") and isinstance(ours, Failure) and (peer in (0, -1) or "WRONGTYPE" in str(peer)):
        found = "bit-arguments"
    elif b"LEX" in name + b"".join(command[4:]).upper() and not command[1].startswith(b"lex:"):
        found = "lex-scores"
    elif b"EXPIRE" in name and (b"GT" in command or b"LT" in command) and ticks(ours) and ticks(peer):
        found = "expiry-tick"
    elif name == b"OBJECT" and command[1].upper() == b"REFCOUNT" and (ours, peer) == (SHARED_COUNT, 1):
        found = "refcount"
    elif name == b"OBJECT" and renamed_encoding(ours, peer):
        found = "listpack-names"
    elif name == b"DBSIZE" and isinstance(ours, int) and isinstance(peer, int) and abs(ours - peer) <= UNMET_KEYS_COUNT:
        found = "dbsize-expired"
    elif name == b"OBJECT" and (ours, peer) in COMPUTED_STRINGS:
        found = "computed-strings"
    elif name in (b"SORT", b"SORT_RO") and "scores can't be converted" in str(peer) and not isinstance(ours, Failure):
        found = "stale-errno"
    elif name == b"XGROUP" and command[1:2] == [b"CREATECONSUMER"] and (ours, peer) == (0, 1):
        found = "idle-consumer"
    elif name in (b"XPENDING",) and isinstance(ours, list) and equal(without_idle(ours), without_idle(peer), seen):
        found = "idle-time"
    elif name == b"XADD" and any(part.endswith(b"*") for part in command[2:]) and type(ours) is type(peer) is bytes:
        found = "clock-id"
    elif name.startswith(b"SORT") and b"BY" in command and shape(ours) == shape(peer):
        found = "sort-ties"
    if found:
        seen[found] = seen.get(found, 0) + 1
    return found is not None


def ticks(value):
    """Set or not, of a key or of each field."""
    return all(v in (0, 1) for v in value) if isinstance(value, list) else value in (0, 1)


def renamed_encoding(ours, peer):
    return ours == b"listpack" and peer in (b"quicklist", b"hashtable", b"skiplist")


def equal(a, b, seen, digits=None):
    if isinstance(a, list) and isinstance(b, list):
        if isinstance(a, Set) != isinstance(b, Set) or isinstance(a, Map) != isinstance(b, Map):
            return False
        if isinstance(a, Push) != isinstance(b, Push):
            return False
        return len(a) == len(b) and all(equal(x, y, seen, digits) for x, y in zip(a, b))
    if type(a) is not type(b):
        return False
    return a == b or equal_floats(a, b, seen, digits)


def equal_floats(a, b, seen, digits):
    if not isinstance(a, (Double, bytes)):
        return False
    text_a, text_b = (x.decode("latin-1") if isinstance(x, bytes) else str(x) for x in (a, b))
    if not (re.fullmatch(r"-?\d+\.?\d*(e[+-]?\d+)?", text_a) and re.fullmatch(r"-?\d+\.?\d*(e[+-]?\d+)?", text_b)):
        return False
    whole = "." not in text_a + text_b and "e" not in text_a + text_b
    if whole and "-0" not in (text_a, text_b) and abs(float(text_a)) < 2 ** 53:
        return False
    if float(text_a) == float(text_b):
        name = "float-text" if float(text_a) else "negative-zero"
        seen[name] = seen.get(name, 0) + 1
        return True
    return digits is not None and abs(float(text_a) - float(text_b)) < 10 ** -digits


def shape(value):
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], bytes) and isinstance(value[1], list):
        return "cursor and elements"
    if isinstance(value, list):
        return (type(value).__name__, len(value), tuple(sorted({str(shape(v)) for v in value})))
    return type(value).__name__


def near(a, b, tolerance):
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(near(x, y, tolerance) for x, y in zip(a, b))
    return isinstance(a, int) and isinstance(b, int) and abs(a - b) <= tolerance and (a < 0) == (b < 0)


def in_order(value, step):
    """Sorted elements, or sorted pairs where the reply is flat; cursors of SCAN replies stay in front."""
    if not isinstance(value, list):
        return value
    if len(value) == 2 and isinstance(value[0], bytes) and isinstance(value[1], list) and not isinstance(value, Map):
        return [value[0], in_order(value[1], step)]
    if step == 1 or isinstance(value, Map):
        return type(value)(sorted(value, key=canonical))
    return sorted((value[i:i + step] for i in range(0, len(value), step)), key=canonical)


READ_COUNTS = (b"lag", b"entries-read")


def without_times(value, also=()):
    """XINFO without what depends on the moment or came with 7.2."""
    if not isinstance(value, list):
        return value
    pairs = value if isinstance(value, Map) else [value[i:i + 2] for i in range(0, len(value), 2)]
    named = all(isinstance(p, list) and len(p) == 2 and isinstance(p[0], bytes) for p in pairs) and pairs
    dropped = (*also, b"idle", b"inactive", b"seen-time", b"active-time", b"radix-tree-keys", b"radix-tree-nodes")
    if named and pairs[0][0] in (b"length", b"name"):
        return [[p[0], without_pel_times(p[0], p[1], also)] for p in pairs if p[0] not in dropped and not counts_consumers(p)]
    return [v for v in (without_times(v, also) for v in value) if not is_idle_consumer(v)]


def counts_consumers(pair):
    return pair[0] == b"consumers" and isinstance(pair[1], int)


def is_idle_consumer(value):
    """A consumer without pending entries: whether it exists depends on the version (see idle-consumer)."""
    names = {p[0]: p[1] for p in value if isinstance(p, list) and len(p) == 2 and isinstance(p[0], bytes)} if isinstance(value, list) else {}
    return b"name" in names and b"last-delivered-id" not in names and not (names.get(b"pel-count") or names.get(b"pending"))


def without_pel_times(name, value, also=()):
    if name not in (b"pel", b"pending") or not isinstance(value, list):
        return without_times(value, also)
    # Group entries are [id, consumer, time, count]; a consumer's are [id, time, count].
    return [entry[:1] + entry[-1:] + (entry[1:2] if len(entry) == 4 else []) for entry in value]


def without_idle(value):
    return [v[:2] + v[3:] if isinstance(v, list) and len(v) == 4 else v for v in value]
