"""
The queries of README for each tool, in its notation: three each, that have something to answer on the demo's year; the same as
the reader of one participant, who finds nothing of others, and as a role that may read nothing. Those of psql in psql itself.
"""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "applications", "clients"))

import psycopg2

import asked
from tap import done, equal, ok

OTHERS = re.compile(r"GM0546|GM0579|GM0638|sp71|Zoeterwoude|Oegstgeest")


def rows(role, sql):
    connection = psycopg2.connect(dbname="demo_year", user=role)
    cursor = connection.cursor()
    cursor.execute(sql)
    return cursor.fetchall()


def answer(role, sql, what):
    """The rows of a query; an error is a test that failed."""
    try:
        found = rows(role, sql)
        ok(True, f"{what}: it runs")
        return found
    except psycopg2.Error as error:
        ok(False, f"{what}: it runs", str(error))
        return []


def ask(tool, number, sql, translate):
    what = f"{tool} {number}"
    values = {**asked.VALUES, "service": "ict", "participant": "GM0547"} if "step" in sql else asked.VALUES
    ok(answer("bi", translate(sql, values), f"{what}, reader"), f"{what}: and has an answer", sql)
    for participant in ("GM0546", "sp71"):
        found = answer("leiderdorp_controller", translate(sql, {**values, "participant": participant}), f"{what}, reader of one")
        equal(OTHERS.findall(str(found)), [], f"{what}: and has nothing of another")
    equal(answer("bi_nobody", translate(sql, values), f"{what}, nobody"), [], f"{what}: and has nothing")


def optional(sql):
    """Without values what is optional goes."""
    found = answer("bi", asked.of_metabase(sql, {name: asked.VALUES[name] for name in ("as_of", "period")}), "Metabase, nothing chosen")
    ok(len({row[1] for row in found}) > 1, "Metabase: of all participants", found)


def in_psql(sql):
    given = [part for name, value in asked.VALUES.items() for part in ("-v", f"{name}={value}")]
    found = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", *given, "-U", "bi", "-d", "demo_year"],
                           input=sql + ";", capture_output=True, text=True)
    ok(found.returncode == 0 and found.stdout, "psql itself answers", found.stderr)


def role():
    """What the role that README makes may do: read, of the schema steering, and no more."""
    for sql, state in [("CREATE TEMPORARY TABLE kept AS SELECT 1", "25006"), ("DELETE FROM finance.invoice", "42501"), ("SELECT * FROM finance.invoice", "42501"), ("SELECT * FROM steering.cap", "42501"),
                       ("SELECT * FROM steering.health()", "42501"), ("SELECT * FROM steering.settle('2026')", "42501")]:
        connection = psycopg2.connect(dbname="demo_year", user="bi")
        try:
            connection.cursor().execute(sql)
            ok(False, f"{sql} is refused")
        except psycopg2.Error as error:
            equal(error.pgcode, state, f"{sql} is refused")


role()
for tool, translate in asked.TOOLS.items():
    queries = asked.questions(tool)
    equal(len(queries), 3, f"README has three queries for {tool}")
    for number, sql in enumerate(queries, 1):
        ask(tool, number, sql, translate)
for sql in asked.questions("Metabase")[:2]:
    optional(sql)
for sql in asked.questions("psql"):
    in_psql(sql)
done()
