"""A plot without a library: groups of bars as SVG."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from dev.harness.report import show

Series = Mapping[str, Sequence[tuple[str, float]]]

_COLOURS = ("#2f6f4e", "#b0413e", "#d9a441", "#5b7db1", "#7a7a7a")
_BAR, _GAP, _LEFT, _TOP, _HEIGHT = 26, 34, 64, 44, 220


def write_bars(path: Path, title: str, series: Series) -> None:
    """Groups of bars, one group for each label of the first series, drawn as SVG."""
    labels = [label for label, _ in next(iter(series.values()))]
    top = max(value for points in series.values() for _, value in points)
    group = _BAR * len(series) + _GAP
    width, height = _LEFT + group * len(labels) + 20, _TOP + _HEIGHT + 62
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="20" font-size="14" fill="#222222">{title}</text>',
    ]
    for place, (name, points) in enumerate(series.items()):
        parts.append(_draw_key(place, name, height))
        for column, (_, value) in enumerate(points):
            parts.append(_draw_bar(_LEFT + column * group + place * _BAR, value, top, _COLOURS[place % len(_COLOURS)]))
    for column, label in enumerate(labels):
        x = _LEFT + column * group + _BAR * len(series) / 2
        parts.append(f'<text x="{x:g}" y="{_TOP + _HEIGHT + 16}" text-anchor="middle" fill="#222222">{label}</text>')
    path.write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")


def _draw_bar(x: float, value: float, top: float, colour: str) -> str:
    tall = value / top * _HEIGHT
    y = _TOP + _HEIGHT - tall
    bar = f'<rect x="{x:g}" y="{y:.1f}" width="{_BAR - 3}" height="{tall:.1f}" fill="{colour}"/>'
    place = f'x="{x + _BAR / 2 - 1:g}" y="{y - 4:.1f}" text-anchor="middle"'
    return f'{bar}<text {place} fill="#444444" font-size="9">{show(value)}</text>'


def _draw_key(place: int, name: str, height: int) -> str:
    x, y = _LEFT + place * 130, height - 24
    box = f'<rect x="{x}" y="{y}" width="10" height="10" fill="{_COLOURS[place % len(_COLOURS)]}"/>'
    return f'{box}<text x="{x + 15}" y="{y + 9}" fill="#222222">{name}</text>'
