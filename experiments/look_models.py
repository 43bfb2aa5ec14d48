"""The table of who looked at which variant before shoppers do."""

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field

from experiments.db import UtcDateTime, utc_now
from experiments.models import Table


class VariantLook(Table, table=True):
    """A look at a variant in the shop through its preview link.

    Attributes:
        variant: Key of the variant.
        payload_hash: SHA-256 of the payload's canonical JSON as it was then.
        actor: Who looked.
    """

    __tablename__ = "variant_looks"

    id: int | None = Field(default=None, primary_key=True)
    experiment_id: int = Field(foreign_key="experiments.id", ondelete="CASCADE", index=True)
    variant: str = Field(max_length=63)
    payload_hash: str = Field(max_length=64)
    actor: str = Field(max_length=254)
    at: datetime = Field(default_factory=utc_now, sa_column=Column(UtcDateTime(), nullable=False))
