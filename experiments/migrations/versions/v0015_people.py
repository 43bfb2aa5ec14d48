"""How people like their screens, when they last came in and which sessions hold; when keys were last used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0015"
down_revision = "v0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds the columns."""
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("language", sa.String(length=8), nullable=True))
        users.add_column(sa.Column("theme", sa.String(length=8), nullable=True))
        users.add_column(sa.Column("signed_in_at", MOMENT, nullable=True))
        users.add_column(sa.Column("sessions", sa.Integer(), server_default="0", nullable=False))
    with op.batch_alter_table("api_keys") as keys:
        keys.add_column(sa.Column("last_used_at", MOMENT, nullable=True))
        keys.add_column(sa.Column("replaced_by", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Drops them."""
    with op.batch_alter_table("api_keys") as keys:
        keys.drop_column("replaced_by")
        keys.drop_column("last_used_at")
    with op.batch_alter_table("users") as users:
        for name in ("sessions", "signed_in_at", "theme", "language"):
            users.drop_column(name)
