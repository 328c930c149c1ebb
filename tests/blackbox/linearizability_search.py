"""Is a history linearisable? Search after Wing and Gong: some operation that was invoked before every other open one
had answered comes first; try each whose answer fits, remember (position, state) pairs that lead nowhere. An operation
that fits and writes nothing is taken at once: whatever order has it later, has it here as well."""
from tests.blackbox.linearizability_model import initial, step


class Operation:
    """One command, or one transaction, of one connection; times in seconds of one clock."""

    __slots__ = ("op", "answer", "invoked", "answered")

    def __init__(self, op, invoked, answered, answer):
        self.op, self.invoked, self.answered, self.answer = op, invoked, answered, answer

    def __repr__(self):
        return f"[{self.invoked:.6f} {self.answered:.6f}] {self.op} -> {self.answer!r}"


class Undecided(Exception):
    """The search met its limit of nodes."""


def linearisable(history, most_nodes=100_000):
    """history: per connection, its operations in order. True or False; raises Undecided."""
    ends = tuple(len(operations) for operations in history)
    node, choices = settle(history, tuple([0] * len(history)), initial(len(history)), 0)
    seen = {node}
    stack = [(node, iter(choices))]
    while stack:
        (positions, _), choices = stack[-1]
        if positions == ends:
            return True
        for connection, after in choices:
            following, further = settle(history, advanced(positions, connection), after, connection)
            if following in seen:
                continue
            if len(seen) >= most_nodes:
                raise Undecided
            seen.add(following)
            stack.append((following, iter(further)))
            break
        else:
            stack.pop()
    return False


def advanced(positions, connection):
    return positions[:connection] + (positions[connection] + 1,) + positions[connection + 1:]


def settle(history, positions, state, last):
    """The node after all that fits and changes nothing, and what may come next: (connection, state after it) pairs.
    The connection of the last step comes first: servers run what one sent in one go."""
    while True:
        choices, idle = [], None
        for connection in candidates(history, positions):
            operation = history[connection][positions[connection]]
            stepped = step(state, connection, operation.op, operation.answer)
            if stepped == (state, False):
                idle = connection
                break
            if stepped is not None:
                choices.append((connection, stepped[0]))
        if idle is None:
            choices.sort(key=lambda choice: choice[0] != last)
            return (positions, state), choices
        positions = advanced(positions, idle)


def candidates(history, positions):
    """Connections whose next operation may come first."""
    following = [(connection, operations[at])
                 for connection, (operations, at) in enumerate(zip(history, positions)) if at < len(operations)]
    if not following:
        return []
    first_answer = min(operation.answered for _, operation in following)
    return [connection for connection, operation in following if operation.invoked <= first_answer]
