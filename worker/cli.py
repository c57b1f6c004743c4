"""`celery -A worker receipts …`: what operators ask and repair."""

import click


@click.group()
def receipts() -> None:
    """Receipts: list, show, replay, reconcile, close a shift."""
