"""Says how many slots a worker has. A slot is a thread that mostly waits for a register: a call takes half a second."""

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox

# Beside the registers' own: deliveries are decided and rounds are made while every register is being waited for.
BESIDE = 4
LEAST = 8
# Threads get in each other's way; beyond that more processes help, on this machine or another.
MOST = 128


def count_slots(registers: int) -> int:
    """Returns the number of slots for so many registers."""
    return min(max(registers + BESIDE, LEAST), MOST)


def find_slots(sessions: SessionFactory) -> int:
    """Returns the number of slots for the registers in the database, the least where it cannot be asked."""
    try:
        with sessions() as session:
            return count_slots(session.scalar(select(func.count()).where(Cashbox.enabled)) or 0)
    except SQLAlchemyError:
        return LEAST
