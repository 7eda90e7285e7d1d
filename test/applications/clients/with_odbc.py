"""
pyodbc over psqlODBC: a refusal is pyodbc.IntegrityError; SQLSTATE is its first argument, all else one text: the message,
and DETAIL after it.
"""

import os
import re

import scenario
from tap import skip

try:
    import pyodbc
except ImportError:
    skip("python3-pyodbc is not installed")
if "PostgreSQL Unicode" not in pyodbc.drivers():
    skip("odbc-postgresql is not installed")


class Session:
    def __init__(self, database):
        port = os.environ["POOL_PORT"] if database.endswith("_pool") else os.environ["PGPORT"]
        self.connection = pyodbc.connect(
            f"Driver={{PostgreSQL Unicode}};Servername={os.environ['PGHOST']};Port={port};Database={database};"
            f"Uid={os.environ['PGUSER']};Pwd={os.environ['PGPASSWORD']}", autocommit=True)
        self.notices = []

    def rows(self, sql):
        return [tuple(row) for row in self.connection.execute(sql).fetchall()]

    def write(self, sql, *values):
        cursor = self.connection.cursor()
        cursor.execute(sql, values)
        self.notices += getattr(cursor, "messages", None) or []

    def book(self, amount, service="ict"):
        self.write("INSERT INTO invoice_line (service, participant, booked_on, amount) VALUES (?, 'leiden', '2026-02-03', ?)",
                   service, amount)

    def lower(self, row, amount):
        self.write("UPDATE invoice_line SET amount = ? WHERE id = ?", amount, row)

    def transaction(self, work, isolation=None):
        self.connection.autocommit = False
        try:
            if isolation:
                self.connection.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}")
            work(self)
            self.connection.commit()
        except Exception:
            self.connection.rollback()
            raise
        finally:
            self.connection.autocommit = True

    def warnings(self):
        found, self.notices = self.notices, []
        return [split(state.lstrip("["), text) for state, text in found]


# psqlODBC writes '[23S71] ERROR: ...', and behind it what it was doing.
TEXT = re.compile(r"(?:\[\w+\] )?(?:ERROR|WARNING): +(?P<message>[^\n;]*)(?:\nDETAIL: +(?P<detail>[^\n]*?))?(?:;\n.*| \(\d+\) \(SQL\w+\))?",
                  re.DOTALL)


def split(state, text):
    match = TEXT.fullmatch(text)
    return {"sqlstate": state[:5], **(match.groupdict() if match else {"message": text})}


class Client:
    open = Session
    error = pyodbc.IntegrityError
    unknown = pyodbc.IntegrityError
    retryable = pyodbc.Error
    lacking = ("hint", "schema", "table", "constraint")
    lacking_in_warnings = ("table", "constraint")

    @staticmethod
    def fields(exception):
        return split(*exception.args)


scenario.run(Client)
