"""How Alembic runs here: on the connection and in the transaction it is given."""

from __future__ import annotations

from alembic import context

from atlasview.marks.schema import VERSION_TABLE
from atlasview.marks.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
