"""
Keys join: each code of a service or a participant that a view or a report shows a reader stands in named_service or
named_participant, each number of a cap that stands now in cap_status; no row is doubled by joining.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "applications", "clients"))

import psycopg2

from tap import done, equal, ok

# The register of each key, which has it once; and what remembers caps that are gone.
REGISTERS = {"service": ("steering.named_service", "code"), "participant": ("steering.named_participant", "code"),
             "cap_id": ("steering.cap_status", "cap_id")}
REMEMBERS = ("event", "budget_history", "amendment", "carry_forward_proof", "refusal", "override_status", "override_draw")
REPORTS = ("cost_versus_result('2026')", "cost_versus_result_below('2026')", "outlook('2026-09-30')", "cap_outlook('2026-09-30')",
           "compare_services('2026')", "outlook_by_method('2026-09-30')", "deviation('2026')", "scorecard('2026')", "outlook_risk('2026-09-30')")

cursor = psycopg2.connect(dbname="demo_year", user="bi").cursor()


def rows(sql):
    cursor.execute(sql)
    return cursor.fetchall()


def views():
    """What everybody may select from."""
    return [name for name, in rows("""SELECT relname FROM pg_class WHERE relnamespace = 'steering'::regnamespace AND relkind = 'v'
        AND has_table_privilege('public', oid, 'SELECT') ORDER BY 1""")]


def columns(thing):
    cursor.execute(f"SELECT * FROM steering.{thing} LIMIT 0")
    return {column.name for column in cursor.description}


def stray(thing, key):
    register, code = REGISTERS[key]
    return rows(f"""SELECT DISTINCT asked.{key} FROM steering.{thing} AS asked LEFT JOIN {register} AS register ON register.{code} = asked.{key}
        WHERE asked.{key} IS NOT NULL AND register.{code} IS NULL""")


checked = 0
for thing in (*views(), *REPORTS):
    for key in sorted(columns(thing) & set(REGISTERS)):
        if not (key == "cap_id" and thing in REMEMBERS):
            equal(stray(thing, key), [], f"{thing}: {key} stands in {REGISTERS[key][0]}")
            checked += 1
ok(checked > 50, "they are many", checked)
for register, code in REGISTERS.values():
    equal(rows(f"SELECT {code} FROM {register} GROUP BY 1 HAVING count(*) > 1"), [], f"{register} has each once")
done()
