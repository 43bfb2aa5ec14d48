"""Runs migrations on the connection that `experiments.db.migrate` opened."""

from __future__ import annotations

from alembic import context

from experiments import (  # noqa: F401 - their tables belong to the schema
    audience_models,
    calendar_models,
    erasure_models,
    fact_models,
    look_models,
    reconciliation_models,
)
from experiments.models import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    compare_type=True,
    compare_server_default=True,
    render_as_batch=True,
    # One transaction for all: the caller's, which also holds the lock.
    transactional_ddl=False,
)
context.run_migrations()
