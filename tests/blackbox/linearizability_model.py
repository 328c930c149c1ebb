"""What the commands of a linearisability round do to a small keyspace, as a pure function.

A state is (values, dirty): values has one immutable value per key of the round (None: absent; int; tuple: list;
frozenset: set), dirty has per connection the keys it watches and whether one of them was written since.
A step takes what the server answered and gives (the next state, whether a value was written), or None where no server
that ran the command here could have answered so. What writes and leaves the values as they were (set, then deleted) may
change them elsewhere in the order; what writes nothing and answers the same does not."""

KEYS = {"counter": 3, "list": 2, "set": 2}
NAMES = [f"{kind}{i}" for kind, count in KEYS.items() for i in range(count)]
INDEX = {name: i for i, name in enumerate(NAMES)}


def initial(connections):
    return tuple([None] * len(NAMES)), tuple([None] * connections)


class Draft:
    """One state being changed; `written` are the keys whose watchers must hear of it."""

    def __init__(self, state):
        self.values, self.written = list(state[0]), set()

    def get(self, name):
        return self.values[INDEX[name]]

    def put(self, name, value):
        self.values[INDEX[name]] = None if value in ((), frozenset()) else value
        self.written.add(name)


def add(draft, name, amount):
    value = (draft.get(name) or 0) + amount
    draft.put(name, value)
    return value


def push(draft, name, value, left):
    old = draft.get(name) or ()
    draft.put(name, (value, *old) if left else (*old, value))
    return len(old) + 1


def pop(draft, name, left):
    old = draft.get(name)
    if not old:
        return None
    draft.put(name, old[1:] if left else old[:-1])
    return old[0] if left else old[-1]


def take(draft, name, member):
    old = draft.get(name) or frozenset()
    if member not in old:
        return False
    draft.put(name, old - {member})
    return True


def get_all(draft):
    return [draft.get(name) for name in NAMES]


def move_between(draft, source, target, amount):
    """A transfer that the source must cover: 1 where it was done."""
    if (draft.get(source) or 0) < amount:
        return 0
    draft.put(source, draft.get(source) - amount)
    add(draft, target, amount)
    return 1


def swap(draft, one, other):
    before = [draft.get(one), draft.get(other)]
    for name, value in ((one, before[1]), (other, before[0])):
        if value is None:
            if draft.get(name) is not None:
                draft.put(name, None)
        else:
            draft.put(name, value)
    return before


def plain(draft, op, answer):
    """The answer a server gives here to a command that is its own operation, or part of one; `answer` only decides
    where the command itself chooses (SPOP)."""
    kind, *args = op
    if kind == "INCRBY":
        return add(draft, *args)
    if kind == "GET":
        return draft.get(args[0])
    if kind == "SETGET":
        before = draft.get(args[0])
        draft.put(*args)
        return before
    if kind == "MSET":
        for name, value in zip(args[::2], args[1::2]):
            draft.put(name, value)
        return "OK"
    if kind == "MGET":
        return [draft.get(name) for name in args]
    if kind == "DEL":
        gone = sum(draft.get(name) is not None for name in args)
        for name in args:
            if draft.get(name) is not None:
                draft.put(name, None)
        return gone
    if kind in ("LPUSH", "RPUSH"):
        return push(draft, *args, kind == "LPUSH")
    if kind in ("LPOP", "RPOP"):
        return pop(draft, args[0], kind == "LPOP")
    if kind == "LMOVE":
        value = pop(draft, args[0], True)
        if value is not None:
            push(draft, args[1], value, False)
        return value
    if kind == "BLPOP":
        for name in args:
            if draft.get(name):
                return [name, pop(draft, name, True)]
        return None
    if kind == "LRANGE":
        return list(draft.get(args[0]) or ())
    if kind == "SADD":
        old = draft.get(args[0]) or frozenset()
        if args[1] not in old:
            draft.put(args[0], old | {args[1]})
        return int(args[1] not in old)
    if kind == "SPOP":
        if answer is None:
            return "something" if draft.get(args[0]) else None
        return answer if take(draft, args[0], answer) else "nothing"
    if kind == "SMOVE":
        if not take(draft, args[0], args[2]):
            return 0
        old = draft.get(args[1]) or frozenset()
        draft.put(args[1], old | {args[2]})
        return 1
    if kind == "SUNION":
        return sorted(frozenset().union(*(draft.get(name) or () for name in args)))
    if kind == "TRANSFER":
        return move_between(draft, *args)
    if kind == "SWAP":
        return swap(draft, *args)
    if kind == "ALL":
        return get_all(draft)
    raise ValueError(kind)


def touched(dirty, connection, written):
    """Watches after `written` changed: a connection's entry is (keys, changed) or None."""
    return tuple((watch[0], True) if watch and not watch[1] and watch[0] & written else watch for watch in dirty)


def step(state, connection, op, answer):
    dirty = state[1]
    if op[0] == "WATCH":
        known = dirty[connection]
        keys = frozenset(op[1:]) | (known[0] if known else frozenset())
        watch = (keys, bool(known and known[1]))
        return (state[0], dirty[:connection] + (watch,) + dirty[connection + 1:]), False
    if op[0] == "UNWATCH":
        return (state[0], dirty[:connection] + (None,) + dirty[connection + 1:]), False
    draft = Draft(state)
    if op[0] == "EXEC":
        watch = dirty[connection]
        dirty = dirty[:connection] + (None,) + dirty[connection + 1:]
        if (answer is None) != bool(watch and watch[1]):
            return None
        if answer is None:
            return (state[0], dirty), False
        if any(plain(draft, part, said) != said for part, said in zip(op[1], answer, strict=True)):
            return None
    elif plain(draft, op, answer) != answer:
        return None
    return (tuple(draft.values), touched(dirty, connection, frozenset(draft.written))), bool(draft.written)
