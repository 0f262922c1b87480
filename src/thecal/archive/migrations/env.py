"""Run by Alembic: the tables' steps on the connection that the archive hands over."""

from alembic import context

from thecal.archive.models import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
