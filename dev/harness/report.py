"""Figures as a table: Markdown that is a table to the eye as well."""

from collections.abc import Sequence


def show_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """The first column are texts, the others figures, to the right."""
    lines = [list(headings), *([show(value) for value in row] for row in rows)]
    widths = [max(3, *(len(line[column]) for line in lines)) for column in range(len(headings))]
    sides = ["<", *">" * (len(headings) - 1)]
    shown = ["| " + " | ".join(f"{c:{s}{w}}" for c, s, w in zip(line, sides, widths, strict=True)) + " |" for line in lines]
    rules = ["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])]
    return "\n".join([shown[0], f"|{'|'.join(rules)}|", *shown[1:]])


def show(value: object) -> str:
    """Three digits that mean something."""
    if not isinstance(value, float):
        return str(value)
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def pick(sorted_values: Sequence[float], share: float) -> float:
    """The value below which that share of them lies."""
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]
