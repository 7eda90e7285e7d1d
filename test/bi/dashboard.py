"""
The dashboard of Grafana: its parts fit together, and each of its queries runs on the demo's year, as a reader of all, as the
reader of one participant, who finds nothing of others, and as a role that may read nothing.

That the file has the form that Grafana publishes dashboard_schema.js says. What it publishes nothing of is here: the targets
of its PostgreSQL data source (rawSql, rawQuery, editorMode, format, refId), columns that panels name, the grid of 24 columns,
numbers of panels, and variables.
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "applications", "clients"))

import psycopg2

import asked
from tap import done, equal, ok

BOARD = asked.dashboard()
PANELS = list(asked.panels(BOARD))
VARIABLES = {one["name"]: one for one in BOARD["templating"]["list"]}


def session(role):
    connection = psycopg2.connect(dbname="demo_year", user=role)
    connection.autocommit = True
    return connection.cursor()


def rows(cursor, sql):
    cursor.execute(sql)
    return cursor.fetchall()


def overlaps(panels):
    places = [(panel["title"], panel["gridPos"]) for panel in panels]
    return [(one, other) for index, (one, a) in enumerate(places) for other, b in places[index + 1:]
            if a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]]


def whole():
    """What the parts say of each other is so."""
    numbers = [panel["id"] for panel in BOARD["panels"]] + [inner["id"] for panel in BOARD["panels"] for inner in panel.get("panels", [])]
    equal(len(numbers), len(set(numbers)), "each panel has a number of its own")
    equal(overlaps(BOARD["panels"]), [], "panels do not overlap")
    equal([panel["title"] for panel in PANELS if panel["gridPos"]["x"] + panel["gridPos"]["w"] > 24], [], "nor stand beside the grid")
    equal([panel["title"] for panel in PANELS if not panel["description"]], [], "each says what it shows")
    used = set(re.findall(r"\$\{(\w+)", str(BOARD)))
    equal(used, set(VARIABLES), "variables that are used are there, and the others are not")
    sources = [panel["datasource"] for panel in PANELS] + [target["datasource"] for panel in PANELS for target in panel["targets"]]
    equal([source for source in sources if source != {"type": "grafana-postgresql-datasource", "uid": "${datasource}"}], [],
          "all is asked of the data source that is chosen")
    for panel in PANELS:
        equal([(target["refId"], target["rawQuery"], target["editorMode"], target["format"] in ("table", "time_series"))
               for target in panel["targets"]], [("A", True, "code", True)], f"{panel['title']}: its target is SQL")


def values(cursor):
    """What the variables offer, each of them all."""
    offered = {name: [row[-1] for row in rows(cursor, one["query"])] for name, one in VARIABLES.items() if one["type"] == "query"}
    return {**offered, "period": "2026"}


def ask(role, cursor, panel, chosen):
    """Runs the query of a panel; the names of its columns and its rows."""
    target = panel["targets"][0]
    try:
        found = rows(cursor, asked.of_grafana(target["rawSql"], chosen))
        columns = [column.name for column in cursor.description]
        ok(True, f"{role}, {panel['title']}: it runs")
        return columns, found
    except psycopg2.Error as error:
        ok(False, f"{role}, {panel['title']}: it runs", str(error))
        return [], []


def columns_are_there(panel, columns):
    named = {one["matcher"]["options"] for one in panel["fieldConfig"]["overrides"]} | set(filter(None, [panel["options"].get("xField")]))
    equal(named - set(columns), set(), f"{panel['title']}: the columns that it names are there")
    if panel["targets"][0]["format"] == "time_series":
        ok("time" in columns, f"{panel['title']}: a series has its time", columns)


def reader_of_all():
    cursor = session("bi")
    chosen = values(cursor)
    ok(len(chosen["participant"]) == 5 and len(chosen["service"]) > 20 and VARIABLES["period"]["query"], "the variables offer what there is", chosen)
    for panel in PANELS:
        columns, found = ask("reader", cursor, panel, chosen)
        columns_are_there(panel, columns)
        if not panel["title"].startswith("Health"):
            ok(found, f"{panel['title']}: and has something to show")
    one = {**chosen, "service": ["ict"], "participant": ["GM0547"]}
    for panel in PANELS:
        ask("reader, one service and participant", cursor, panel, one)


def reader_of_one():
    cursor = session("leiderdorp_controller")
    chosen = values(cursor)
    equal(chosen["participant"], ["GM0547"], "the reader of one participant is offered that one")
    everything = {**values(session("bi")), "period": "2026"}
    for panel in PANELS:
        _, found = ask("reader of one", cursor, panel, everything)
        equal(re.findall(r"GM0546|GM0579|GM0638|sp71|Zoeterwoude|Oegstgeest", str(found)), [], f"{panel['title']}: and has nothing of another")


def health():
    """Who may execute health() sees it in the same panel, in a transaction that may write nothing."""
    panel = next(one for one in PANELS if one["title"].startswith("Health"))
    _, found = ask("reader", session("bi"), panel, {})
    equal(found, [], "who may not execute health() sees nothing of it")
    _, found = ask("bi_health", session("bi_health"), panel, {})
    ok(found, "who may sees what is not enforced")


def nobody():
    cursor = session("bi_nobody")
    everything = {**values(session("bi")), "period": "2026"}
    for panel in PANELS:
        _, found = ask("nobody", cursor, panel, everything)
        equal([row for row in found if set(row) - {0}], [], f"{panel['title']}: and shows nothing")


whole()
reader_of_all()
reader_of_one()
health()
nobody()
done()
