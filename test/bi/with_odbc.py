"""
The queries of README for Excel over psqlODBC, by the data source that README describes: in isql, as README says to try it, and
in pyodbc with values for the question marks. The driver gives no comments. A refusal has its SQLSTATE and its text.
"""

import datetime
import decimal
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "applications", "clients"))

import asked
from odbc_source import write_source
from tap import done, equal, ok, skip

try:
    import pyodbc
except ImportError:
    skip("python3-pyodbc is not installed")
if "PostgreSQL Unicode" not in pyodbc.drivers():
    skip("odbc-postgresql is not installed")


def values(sql):
    return [asked.VALUES[name] for name in re.search(r"-- (.*)", sql)[1].split(", ")]


def in_isql():
    """Each query as isql is given it: one line, with values in it."""
    for number, sql in enumerate(asked.questions("Excel and LibreOffice"), 1):
        line = " ".join(asked.of_odbc(sql, asked.VALUES).split())
        found = subprocess.run(["isql", "-b", "-d,", "steering"], input=line + "\n", capture_output=True, text=True)
        ok(found.returncode == 0 and len(found.stdout.splitlines()) > 0, f"isql, query {number}: it answers", found)


def catalogue(session):
    tables = {row.table_name for row in session.cursor().tables(schema="steering", tableType="VIEW")}
    equal({"alert", "cap_status", "named_service"} - tables, set(), "views are listed")
    columns = {row.column_name: row.type_name for row in session.cursor().columns(schema="steering", table="cap_status")}
    equal([columns[name] for name in ("cap_id", "service", "valid_from", "used")], ["int4", "text", "date", "numeric"],
          "columns have types that the driver knows")


def queries(session):
    for number, sql in enumerate(asked.questions("Excel and LibreOffice"), 1):
        found = session.execute(sql, values(sql)).fetchall()
        ok(found, f"query {number}: it answers")
    row = session.execute("SELECT amount, valid_from, headroom, override_room FROM steering.cap_status WHERE cap_id = 1").fetchone()
    equal((type(row.amount), type(row.valid_from), row.amount), (decimal.Decimal, datetime.date, decimal.Decimal("1340000.0000")),
          "money is a decimal, exact, and a day a day")
    missing = session.execute("SELECT target, measured FROM steering.cost_versus_result('2026') WHERE service = 'hr.advice'").fetchone()
    equal(tuple(missing), (None, None), "what is not known is null")


def refusals():
    """A reader writes nothing; and who books is told why not, as README's table of clients says."""
    try:
        pyodbc.connect("DSN=steering", autocommit=True).execute("CREATE TEMPORARY TABLE kept (n integer)")
        ok(False, "a reader writes nothing")
    except pyodbc.Error as error:
        equal(error.args[0], "25006", "a reader writes nothing")
    try:
        pyodbc.connect("DSN=steering;Uid=app;Pwd=app;ReadOnly=No", autocommit=True).execute(
            "INSERT INTO finance.invoice VALUES ('BI-1', 'finance.invoice', 'GM0546', '2027-02-01', 9000000, 1, 'approved')")
        ok(False, "a booking above a cap is refused")
    except pyodbc.IntegrityError as error:
        equal(error.args[0], "23S71", "a booking above a cap is refused")
        ok('budget cap of service "finance" for participant "GM0546" is exceeded' in error.args[1], "and its text arrives", error.args[1])


write_source()
session = pyodbc.connect("DSN=steering", autocommit=True)
in_isql()
catalogue(session)
queries(session)
refusals()
done()
