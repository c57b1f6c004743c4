"""Wires that are closed after the test."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from shared.wire.calls import Wire
from shared.wire.connection import Limits
from tests.unit.scripted_server import MakeWire


@pytest.fixture
def make_wire() -> Iterator[MakeWire]:
    with ExitStack() as stack:

        def make(*, connect: float = 5.0, silence: float = 5.0, pool_size: int = 4) -> Wire:
            wire = Wire({"x-api-key": "key"}, Limits(connect, silence), pool_size=pool_size)
            stack.callback(wire.close)
            return wire

        yield make


@pytest.fixture
def wire(make_wire: MakeWire) -> Wire:
    return make_wire()
