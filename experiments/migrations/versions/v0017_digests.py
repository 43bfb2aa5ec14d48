"""The little of each report that lists and curves need, so that they need not read whole reports."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from experiments.analysis.digest import digest

revision = "v0017"
down_revision = "v0016"
branch_labels = None
depends_on = None

AT_ONCE = 200


def upgrade() -> None:
    """Adds the column and fills it from the bodies, some reports at a time."""
    with op.batch_alter_table("reports") as reports:
        reports.add_column(sa.Column("digest", sa.Text(), nullable=True))
    connection = op.get_bind()
    table = sa.table("reports", sa.column("id"), sa.column("body"), sa.column("digest"))
    idents = list(connection.execute(sa.select(table.c.id)).scalars())
    change = table.update().where(table.c.id == sa.bindparam("ident")).values(digest=sa.bindparam("text"))
    for start in range(0, len(idents), AT_ONCE):
        part = idents[start : start + AT_ONCE]
        rows = connection.execute(sa.select(table.c.id, table.c.body).where(table.c.id.in_(part))).all()
        filled = [
            {"ident": ident, "text": json.dumps(digest(json.loads(body)), separators=(",", ":"))}
            for ident, body in rows
        ]
        connection.execute(change, filled)


def downgrade() -> None:
    """Drops it."""
    with op.batch_alter_table("reports") as reports:
        reports.drop_column("digest")
