"""Visits every state that a protocol can reach, and tells the shortest story that ends badly, or that cannot end well."""

from collections import defaultdict, deque
from typing import NamedTuple

from dev.model.protocol import ISSUED, Protocol, State


class Finding(NamedTuple):
    """Tells what an exploration found: how many `states`, and a `fault` in words with its `story` where there is one."""

    states: int
    fault: str | None = None
    story: tuple[str, ...] = ()


def explore(protocol: Protocol) -> Finding:
    """Returns the first bad state with its shortest story; else a state from which no receipt can come; else neither."""
    before: dict[State, tuple[State, str] | None] = {State(): None}
    came_from: defaultdict[State, list[State]] = defaultdict(list)
    queue = deque(before)
    while queue:
        state = queue.popleft()
        if fault := find_fault(state):
            return Finding(len(before), fault, _tell(before, state))
        for words, is_misfortune, following in protocol.list_steps(state):
            if not is_misfortune:
                came_from[following].append(state)
            if following not in before:
                before[following] = (state, words)
                queue.append(following)
    well = _find_well(before, came_from)
    stuck = next((state for state in before if state not in well), None)
    return Finding(len(before), "no receipt can come any more", _tell(before, stuck)) if stuck else Finding(len(before))


def find_fault(state: State) -> str | None:
    """Returns what must never be, in words; None where all is well."""
    if len(state.documents) > 1:
        return "two receipts of one sale"
    if state.row == ISSUED and not state.documents:
        return "a receipt is called issued that does not exist"
    return None


def _find_well(states: dict[State, tuple[State, str] | None], came_from: dict[State, list[State]]) -> set[State]:
    """All that have a way to the receipt on which nothing goes wrong any more."""
    well = {state for state in states if state.row == ISSUED}
    queue = deque(well)
    while queue:
        fresh = {state for state in came_from.get(queue.popleft(), ()) if state not in well}
        well |= fresh
        queue.extend(fresh)
    return well


def _tell(before: dict[State, tuple[State, str] | None], state: State) -> tuple[str, ...]:
    story = []
    while (step := before[state]) is not None:
        state, words = step
        story.append(words)
    return tuple(reversed(story))
