"""A plot of groups of bars, drawn as SVG by a template."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Template

from dev.harness.report import show

TEMPLATE = Path(__file__).with_name("plot.svg.j2")


def write_bars(path: Path, title: str, labels: Sequence[str], series: Mapping[str, Sequence[float]]) -> None:
    """A group of bars for each label, in it a bar of each series."""
    template = Template(TEMPLATE.read_text("utf-8"), autoescape=True, keep_trailing_newline=True)
    largest = max(value for values in series.values() for value in values)
    svg = template.render(title=title, labels=labels, series=series, largest=largest, show=show)
    path.write_text(svg, encoding="utf-8")
