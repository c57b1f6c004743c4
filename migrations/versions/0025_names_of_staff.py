"""Names of staff

Pages call people by their names; an account without one is called by its login.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("staff_users", sa.Column("name", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("staff_users", "name")
