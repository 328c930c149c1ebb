"""The fixed table: each command x {no arguments, too many, wrong type, missing key, usual}, and hand-picked edges."""
import random

from command_templates import FAMILIES
from generator import Generator, TYPES

SETUP = [
    ["SET", "string:0", "10"], ["SET", "string:1", "ohmytext"], ["SET", "string:2", "mynewtext"],
    ["RPUSH", "list:0", "a", "b", "c", "a"], ["RPUSH", "list:1", "1", "3", "2"],
    ["HSET", "hash:0", "f1", "v1", "n", "5", "x", "1.5"], ["SADD", "set:0", "a", "b", "c"], ["SADD", "set:1", "b", "c", "d"],
    ["ZADD", "zset:0", "1", "a", "2", "b", "3", "c"], ["ZADD", "zset:1", "2.5", "b", "-1", "d"],
    ["ZADD", "lex:0", "0", "a", "0", "b", "0", "c", "0", "d"], ["PFADD", "hll:0", "a", "b", "c"],
    ["GEOADD", "geo:0", "13.361389", "38.115556", "a", "15.087269", "37.502669", "b"],
    ["XADD", "stream:0", "1-1", "f1", "v1"], ["XADD", "stream:0", "2-1", "f1", "v2"],
    ["XGROUP", "CREATE", "stream:0", "g1", "0"], ["XREADGROUP", "GROUP", "g1", "c1", "COUNT", "1", "STREAMS", "stream:0", ">"],
]
BLOCKING = ("BLPOP", "BRPOP", "BLMOVE", "BRPOPLPUSH", "BLMPOP", "BZPOPMIN", "BZPOPMAX", "BZMPOP", "XREAD", "XREADGROUP")


def cases(families):
    """[(what is tested, commands)]; each case runs on a keyspace that SETUP filled."""
    out = []
    for family in families:
        generator = Generator(random.Random(family), [family], odd_share=0.0)
        for template in generator.templates:
            for trial in range(3):
                commands = list(generator.expand_all(template))
                if trial == 0 and len(commands) == 1:
                    out.extend(variants(commands[0]))
                out.append(("usual", commands))
    return out


def variants(command):
    name = command[0].decode()
    if name in ("MULTI", "EXEC", "DISCARD", "RANDOMKEY", "DBSIZE"):
        return [("too many: " + name, [command + [b"extra"]])]
    prefix = command[:2] if name in ("OBJECT", "XGROUP", "XINFO") else command[:1]
    out = [("no arguments: " + name, [prefix])]
    for length in range(len(prefix), len(command)):
        if name not in BLOCKING and name != "SPOP":
            out.append(("cut: " + name, [command[:length]]))
    out.append(("too many: " + name, [command + [b"extra"]]))
    out.append(("too many: " + name, [command + [b"extra", b"more", b"and more"]]))
    positions = [i for i, a in enumerate(command) if is_key(a)]
    for at in positions[:2]:
        for kind in TYPES:
            if kind in ("lex", "geo", "hll"):
                continue
            wrong = list(command)
            wrong[at] = ("%s:0" % kind).encode()
            out.append(("wrong type: " + name, [wrong]))
        missing = list(command)
        missing[at] = b"missing"
        out.append(("missing key: " + name, [missing]))
    for at in range(1, len(command)):
        if at in positions or name in BLOCKING + ("SPOP",):
            continue
        for odd in (b"", b"abc", b"-1", b"9223372036854775808", b"nan", b"1.5"):
            changed = list(command)
            changed[at] = odd
            out.append(("odd argument: " + name, [changed]))
    return out


def is_key(argument):
    kind, _, number = argument.partition(b":")
    return kind.decode("latin-1") in TYPES and number.isdigit()
