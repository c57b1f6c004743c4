"""Runs `celery -A worker doctor`: prints what the examination finds, as it finds it.

What a command needs is imported inside it, since every `celery` call loads this module.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from worker.entry.doctor.findings import Finding

_SIGNS = {"ok": ("ok     ", "green"), "warning": ("warning", "yellow"), "problem": ("PROBLEM", "red")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of lines.")
@click.option("--audit", is_flag=True, help="Follow the audit trail from its beginning, not its newest 10000 events.")
@click.pass_context
def doctor(context: click.Context, as_json: bool, audit: bool) -> None:
    """Check settings, database, migrations, clock, broker, workers, Webkassa and Altegio. Exit code 1 on a problem."""
    from worker.entry.cli.receipts import open_services, require_app
    from worker.entry.doctor.examine import examine
    from worker.entry.doctor.findings import Level

    app = require_app(context)
    findings = []
    for finding in examine(open_services(), app, whole_trail=audit):
        findings.append(finding)
        if not as_json:
            _print(finding)
    if as_json:
        rows = [{"name": f.name, "level": f.level, "said": f.said, "fix": f.fix} for f in findings]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    sys.exit(1 if any(finding.level is Level.PROBLEM for finding in findings) else 0)


def _print(finding: Finding) -> None:
    sign, colour = _SIGNS[finding.level]
    click.echo(f"{click.style(sign, fg=colour)}  {finding.name}: {finding.said}")
    if finding.fix:
        click.echo(f"         -> {finding.fix}")
