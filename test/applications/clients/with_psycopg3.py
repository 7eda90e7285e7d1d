"""psycopg 3: a refusal is IntegrityError; its fields stand in exception.diag, warnings go to a notice handler, with all fields."""

import os

import scenario
from tap import skip

try:
    import psycopg
except ImportError:
    skip("python3-psycopg is not installed")


def fields(diag):
    return {"sqlstate": diag.sqlstate, "message": diag.message_primary, "detail": diag.message_detail,
            "hint": diag.message_hint, "schema": diag.schema_name, "table": diag.table_name,
            "constraint": diag.constraint_name}


class Session:
    def __init__(self, database):
        port = os.environ["POOL_PORT"] if database.endswith("_pool") else os.environ["PGPORT"]
        # Prepared statements do not outlive a transaction behind a pool, so they are not made.
        self.connection = psycopg.connect(dbname=database, port=port, autocommit=True, prepare_threshold=None)
        self.notices = []
        self.connection.add_notice_handler(lambda diag: self.notices.append(fields(diag)))

    def rows(self, sql):
        return self.connection.execute(sql).fetchall()

    def book(self, amount, service="ict"):
        self.connection.execute("INSERT INTO invoice_line (service, participant, booked_on, amount)"
                                " VALUES (%s, 'leiden', '2026-02-03', %s)", (service, amount))

    def lower(self, row, amount):
        self.connection.execute("UPDATE invoice_line SET amount = %s WHERE id = %s", (amount, row))

    def transaction(self, work, isolation=None):
        self.connection.isolation_level = isolation and psycopg.IsolationLevel[isolation.replace(" ", "_")]
        with self.connection.transaction():
            work(self)

    def warnings(self):
        found, self.notices = self.notices, []
        return found


class Client:
    open = Session
    error = psycopg.IntegrityError
    unknown = psycopg.IntegrityError
    retryable = psycopg.errors.SerializationFailure
    lacking = ()
    lacking_in_warnings = ()

    @staticmethod
    def fields(exception):
        return fields(exception.diag)


scenario.run(Client)
