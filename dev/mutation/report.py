"""Says how many of the changes were noticed, module by module, and which were not and why that is so."""

import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.mutation.mutants import Mutant

LEAST = 92.0
SURVIVORS = Path(__file__).with_name("survivors.toml")
_HEAD = "| module | tried | killed | timed out | survived | equivalent | wording | score | of all |\n|---|" + "---:|" * 8


@dataclass(frozen=True, slots=True)
class Score:
    """Counts the mutants of a module. `equivalent` and `wording` are survivors that the score leaves out."""

    tried: int
    killed: int
    timed_out: int
    equivalent: int
    wording: int

    @property
    def percent(self) -> float:
        """Returns how many were noticed of those that change what the service does."""
        return _percent(self.killed + self.timed_out, self.tried - self.equivalent - self.wording)

    @property
    def percent_of_all(self) -> float:
        return _percent(self.killed + self.timed_out, self.tried)

    def format(self, module: str) -> str:
        survived = self.tried - self.killed - self.timed_out
        counts = (self.tried, self.killed, self.timed_out, survived, self.equivalent, self.wording)
        shares = (f"{share:.1f} %" for share in (self.percent, self.percent_of_all))
        return f"| {' | '.join((module, *map(str, counts), *shares))} |"


def read_survivors(path: Path = SURVIVORS) -> dict[str, str]:
    """Returns the kind of each survivor that is known with a reason: `equivalent`, `wording` or `accepted`."""
    groups = tomllib.loads(path.read_text("utf-8"))["group"]
    return {what: group["kind"] for group in groups for what in group["mutants"]}


def format_report(mutants: Sequence[Mutant], known: Mapping[str, str]) -> tuple[str, bool]:
    """Returns the table, what survived without a reason, and whether the score of each module suffices."""
    tried = [mutant for mutant in mutants if mutant.fate != "untried"]
    modules: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in tried:
        modules[mutant.module].append(mutant)
    whole, scores = _score(tried, known), {module: _score(of_module, known) for module, of_module in modules.items()}
    below = [module for module, score in scores.items() if score.percent < LEAST]
    news = [f"{one.name}\n    {one.what}" for one in tried if not one.is_noticed and one.what not in known]
    gone = sorted(set(known) - {one.what for one in mutants if not one.is_noticed})
    parts = [
        "\n".join((_HEAD, *(score.format(module) for module, score in scores.items()), whole.format("**all**"))),
        _list(f"{len(news)} survived without a reason in {SURVIVORS.name}:", news),
        _list(f"{len(gone)} of {SURVIVORS.name} did not survive, or are no more:", gone),
        f"{whole.percent:.1f} % were noticed; at least {LEAST:.0f} % have to be in each module",
        _list("less were noticed in:", below),
    ]
    return "\n\n".join(part for part in parts if part), not below


def _score(mutants: Sequence[Mutant], known: Mapping[str, str]) -> Score:
    fates = [one.fate for one in mutants]
    kinds = [known.get(one.what) for one in mutants if not one.is_noticed]
    return Score(
        len(fates), fates.count("killed"), fates.count("timed out"), kinds.count("equivalent"), kinds.count("wording")
    )


def _percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else 100.0


def _list(title: str, items: Sequence[str]) -> str:
    return "\n".join((title, *(f"  {item}" for item in items))) if items else ""
