"""What Alembic runs for every command: our tables, our types, the connection it was handed, one transaction."""

from alembic import context

from governance.migrations.shape import options

context.configure(connection=context.config.attributes["connection"], **options())
with context.begin_transaction():
    context.run_migrations()
