"""Expands command_templates into random, typed command sequences; the same seed gives the same sequence."""
import re
import time

from command_templates import FAMILIES, NEWER_FAMILIES

TYPES = ["string", "hash", "list", "set", "zset", "stream", "hll", "geo", "lex"]
# Far enough ahead that no key expires while a round runs; past times delete at once.
BASE_SECONDS = int(time.time()) + 100000
ODD = [b"", b"-1", b"0", b"9223372036854775807", b"-9223372036854775808", b"9223372036854775808", b"nan", b"inf",
       b"-inf", b"1.5", b"abc", b"\x00\xff\r\n", b" 1", b"1 ", b"+1", b"01", b"1e3", b"0x10", b"*", b"-0", b"NX", b"COUNT"]


def key(g, wanted="any"):
    if wanted == "setorzset":
        wanted = g.pick(["set", "zset"])
    if wanted == "any" or g.chance(0.06):
        # Ranges by name are defined only where all scores are equal, and places only by the scores of places: the keys
        # of these commands are left to them.
        special = wanted in ("lex", "geo")
        wanted = g.pick([t for t in TYPES if t not in ("lex", "geo") and not (special and t == "zset")])
    return "%s:%d" % (wanted, g.small(3))


def value(g):
    roll = g.random()
    if roll < 0.6:
        return g.pick(["", "a", "b", "c", "hello", "Hello World", "ab", "abc", "ohmytext", "mynewtext"])
    if roll < 0.8:
        return str(integer(g))
    if roll < 0.95:
        return g.random_bytes(g.small(20))
    return g.random_bytes(g.pick([44, 45, 64, 65, 130, 5000]))


def integer(g):
    return g.pick([0, 1, -1, 2, 5, 10, -10, 127, 128, -129, 32768, 2**31, -2**31 - 1, 2**63 - 1, -2**63, 2**53 + 1,
                   g.small(1000)])


def floating(g):
    return g.pick(["0", "1", "-1", "1.5", "-2.25", "0.1", "3.14159", "1e3", "1e-5", "5.0e3", "200", "1e300", "inf",
                   "-inf", "0.30000000000000004", "100000000000000000000", str(g.small(100) / 8)])


def score(g):
    return g.pick(["0", "1", "2", "3", "-1", "1.5", "2.25", "-0", "1e10", "17", "inf", "-inf", "0.5", "1000000",
                   str(g.small(20)), str(g.small(20))])


def score_bound(g):
    return g.pick(["-inf", "+inf", "inf", "(1", "(2.25", "(inf", "0", "1", "2", "3", "5", "10", "(5", str(g.small(20))])


def index(g):
    return g.pick([0, 0, 1, 2, -1, -1, -2, 3, 5, -5, 10, -100, 100, 2**62, -2**62])


def stream_id(g):
    return g.pick(["%d-*" % g.small(40)] + ["%d-%d" % (g.small(60), g.small(4))] * 8
                  + ["%d" % g.small(60)] * 3)


def exact_id(g):
    return g.pick(["0", "0-0", "0-1", "%d-%d" % (g.small(60), g.small(4)), "%d" % g.small(60)])


def bound_id(g):
    return g.pick(["-", "+", "-", "+", "(" + exact_id(g), exact_id(g)])


KINDS = {
    "value": value,
    "integer": integer,
    "float": floating,
    "score": score,
    "scorebound": score_bound,
    "lexbound": lambda g: g.pick(["-", "+", "-", "+", "[a", "(a", "[b", "[c", "(d", "[", "(m5", "[m7"]),
    "index": index,
    "small": lambda g: g.small(6),
    "one": lambda g: g.pick([1, 1, 1, 1, 0, 2]),
    "count": lambda g: g.pick([0, 1, 1, 2, 3, 5, 100, -1, -3]),
    "cursor": lambda g: g.pick(["0", "0", "abc", "-1", "18446744073709551616"]),
    "offset": lambda g: g.pick([0, 1, 2, 5, 7, 8, 20, 100, -1, 4294967296]),
    "bit": lambda g: g.pick([0, 1, 0, 1, 0, 1, 2]),
    "bittype": lambda g: g.pick(["u1", "u2", "u8", "i8", "i5", "u16", "i32", "u63", "i64", "i1", "u64", "i65", "x8"]),
    # Not the lowest integer: the peer saturates it to the highest one.
    "fieldvalue": lambda g: g.pick([0, 1, -1, 127, 128, -129, 32768, 2**31, 2**62, -2**62, 2**63 - 1]),
    "bitoffset": lambda g: g.pick(["0", "1", "7", "8", "#0", "#1", "#3", "100", "-1", "#-1"]),
    "ttl": lambda g: g.pick([100, 1000, 5000, 100000, 0, -1, 9223372036854775807, 9223372036854776]),
    "ttlms": lambda g: g.pick([100000, 500000, 1000000, 0, -1, 9223372036854775807]),
    "fieldttl": lambda g: g.pick([100, 1000, 5000, 100000, 0, -1, 9223372036854775807]),
    "fieldttlms": lambda g: g.pick([100000, 500000, 1000000, 0, -1]),
    "at": lambda g: g.pick([BASE_SECONDS, BASE_SECONDS + 500, 1, 0, -1, 9223372036854775]),
    "atms": lambda g: g.pick([BASE_SECONDS * 1000, BASE_SECONDS * 1000 + 777, 1, 0, -1]),
    "timeout": lambda g: g.pick(["0.01", "0.01", "0.01", "0.01", "0.01", "0.01", "-1", "abc", "nan"]),
    "blockms": lambda g: g.pick([5, 5, 5, -1, "abc"]),
    "field": lambda g: g.pick(["f1", "f2", "f3", "f4", "n", "x", "", "field with space"]),
    "member": lambda g: g.pick(["a", "b", "c", "d", "e", "m%d" % g.small(12), "m%d" % g.small(12), "", str(g.small(20)),
                                "member-%d" % g.small(100)]),
    "pattern": lambda g: g.pick(["*", "*:1", "s*", "?tring:[0-2]", "[^s]*", "f*", "m?", "[a-c]", "\\*", "h[allo", "", "z*t:*"]),
    "sortpattern": lambda g: g.pick(["string:*", "hash:*->f1", "nosort", "#", "nope", "string:*->x"]),
    "type": lambda g: g.pick(["string", "hash", "list", "set", "zset", "stream", "bogus", "STRING"]),
    "database": lambda g: g.pick([0, 1, 0, 0, 99, "x"]),
    "unit": lambda g: g.pick(["m", "km", "ft", "mi", "KM", "xx"]),
    "radius": lambda g: g.pick(["100", "1000", "20000", "0", "1e7", "-1", "x"]),
    "lon": lambda g: g.pick(["13.361389", "15.087269", "2.35", "-0.1", "179.9", "-179.9", "0", "181"]),
    "lat": lambda g: g.pick(["38.115556", "37.502669", "48.85", "51.5", "-10", "85", "0", "86"]),
    "streamid": stream_id,
    "exactid": exact_id,
    "laterid": lambda g: "%d-%d" % (60 + g.small(40), g.small(3)),  # below a deleted id versions differ
    "streambound": bound_id,
    "group": lambda g: g.pick(["g1", "g1", "g2"]),
    "consumer": lambda g: g.pick(["c1", "c2"]),
}

TOKEN = re.compile(r"\{[^}]*\}\+?|[\[\]()|]|[^\s\[\]()|{}]+")


class Generator:
    def __init__(self, rng, families, odd_share=0.05):
        self.rng = rng
        self.random = rng.random
        self.odd_share = odd_share
        self.templates, self.weights = [], []
        for family in families:
            for line in {**FAMILIES, **NEWER_FAMILIES}[family].strip().splitlines():
                weight, rest = (line.split(" ", 1) if line[0].isdigit() else ("1", line))
                self.templates.append(rest)
                self.weights.append(int(weight))
        self.parsed = {}

    def pick(self, options):
        return options[int(self.random() * len(options))]

    def small(self, limit):
        return int(self.random() * limit)

    def chance(self, share):
        return self.random() < share

    def random_bytes(self, length):
        return bytes(self.small(256) for _ in range(length))

    def commands(self):
        """One template, expanded: usually one command, more where the template has several."""
        expanded = list(self.expand_all(self.rng.choices(self.templates, self.weights)[0]))
        return expanded if len(expanded) > 1 else [self.disturb(expanded[0])]

    def expand_all(self, template):
        """A later part may name an argument of the first: $1 is its first argument."""
        first = None
        for part in template.split(" ; "):
            command = [raw(a) for a in self.expand(part)]
            if first is None:
                first = command
            yield [first[int(a[1:])] if re.fullmatch(rb"\$[1-9]", a) else a for a in command]

    def expand(self, template):
        if template not in self.parsed:
            tokens = TOKEN.findall(template)
            self.parsed[template] = parse(tokens, 0, None)[0]
        out = []
        self.emit(self.parsed[template], out)
        return out

    def emit(self, node, out):
        for item in node:
            if isinstance(item, tuple):
                kind, options = item
                if kind == "[" and self.chance(0.55):
                    continue
                self.emit(self.pick(options), out)
            elif item.startswith("{"):
                times = 1 + self.small(4) if item.endswith("+") else 1
                for _ in range(times):
                    out.append(self.kind(item.rstrip("+")[1:-1]))
            else:
                out.append(item)

    def kind(self, name):
        if name.startswith("k:"):
            return key(self, name[2:])
        return KINDS[name](self)

    def disturb(self, command):
        """Now and then an argument missing, doubled or odd, or a keyword in another case."""
        if not self.chance(self.odd_share) or command[0] in (b"MULTI", b"EXEC", b"SCAN", b"SPOP", b"XADD"):
            return command
        command = list(command)
        at = 1 + self.small(max(1, len(command) - 1))
        roll = self.random()
        if roll < 0.2 and len(command) > 1:
            command.pop()
        elif roll < 0.4:
            command.append(self.pick(ODD))
        elif roll < 0.9 and at < len(command):
            if b":" not in command[at]:
                scored_lex = command[0] == b"ZADD" and command[1].startswith(b"lex:") and at % 2 == 0
                command[at] = self.pick(ODD) if not scored_lex else command[at]
        elif at < len(command):
            command[at] = command[at].lower() if b":" not in command[at] else command[at]
        blocking = command[0] in (b"BLPOP", b"BRPOP", b"BLMOVE", b"BRPOPLPUSH", b"BLMPOP", b"BZPOPMIN", b"BZPOPMAX",
                                  b"BZMPOP", b"XREAD", b"XREADGROUP")
        return [command[0], b"k", b"k"] if blocking else command


def raw(argument):
    return argument if isinstance(argument, bytes) else str(argument).encode("utf-8")


def parse(tokens, at, closing):
    """Alternatives up to `closing`; at the top level there is one. Returns (items or options, next position)."""
    options, items = [], []
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if token in "[(":
            inner, at = parse(tokens, at, "]" if token == "[" else ")")
            items.append((token, inner))
        elif token == closing:
            options.append(items)
            return options, at
        elif token == "|":
            options.append(items)
            items = []
        else:
            items.append(token)
    return items, at
