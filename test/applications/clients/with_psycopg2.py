"""psycopg2: a refusal is IntegrityError; its fields stand in exception.diag, warnings as text in connection.notices."""

import os

import scenario
from tap import skip

try:
    import psycopg2
except ImportError:
    skip("python3-psycopg2 is not installed")


class Session:
    def __init__(self, database):
        port = os.environ["POOL_PORT"] if database.endswith("_pool") else os.environ["PGPORT"]
        self.connection = psycopg2.connect(dbname=database, port=port)

    def rows(self, sql):
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            found = cursor.fetchall()
        self.end()
        return found

    def book(self, amount, service="ict"):
        self.write("INSERT INTO invoice_line (service, participant, booked_on, amount) VALUES (%s, 'leiden', '2026-02-03', %s)",
                   (service, amount))

    def lower(self, row, amount):
        self.write("UPDATE invoice_line SET amount = %s WHERE id = %s", (amount, row))

    def write(self, sql, values):
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(sql, values)
        except psycopg2.Error:
            self.connection.rollback()
            raise
        self.end()

    in_transaction = False

    def end(self):
        if not self.in_transaction:
            self.connection.commit()

    def transaction(self, work, isolation=None):
        self.connection.set_session(isolation_level=isolation or "READ COMMITTED")
        self.in_transaction = True
        try:
            with self.connection:
                work(self)
        finally:
            self.in_transaction = False

    def warnings(self):
        found = [split(text) for text in self.connection.notices]
        self.connection.notices.clear()
        return found


def split(text):
    """A notice is what psql would print: a text of lines."""
    message, _, rest = text.partition("\n")
    return {"message": message.removeprefix("WARNING:  "), "detail": rest.strip().removeprefix("DETAIL:  ")}


class Client:
    open = Session
    error = psycopg2.IntegrityError
    unknown = psycopg2.IntegrityError
    retryable = psycopg2.extensions.TransactionRollbackError
    lacking = ()
    lacking_in_warnings = ("sqlstate", "table", "constraint")

    @staticmethod
    def fields(exception):
        diag = exception.diag
        return {"sqlstate": exception.pgcode, "message": diag.message_primary, "detail": diag.message_detail,
                "hint": diag.message_hint, "schema": diag.schema_name, "table": diag.table_name,
                "constraint": diag.constraint_name}


scenario.run(Client)
