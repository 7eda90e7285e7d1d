"""
What BI tools ask, taken from where people take it: the queries of README by tool, and those of the dashboard; with values in
place of what the tool puts there, in its own notation.
"""

import json
import os
import re

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FIRST, LAST = "2026-01-01T00:00:00Z", "2026-12-31T23:59:59.999Z"
EVER = "BETWEEN '2000-01-01T00:00:00Z' AND '2100-01-01T00:00:00Z'"  # what is of the day on which the demo was played, too
VALUES = {"period": "2026", "as_of": "2026-09-30", "service": "ict.workplace", "participant": "GM0547"}


def quoted(value):
    """As Grafana's sqlstring, Metabase and psql write a text into SQL."""
    return ", ".join("'" + one.replace("'", "''") + "'" for one in ([value] if isinstance(value, str) else value))


def of_grafana(sql, values):
    """https://grafana.com/docs/grafana/latest/datasources/postgres/: macros of the range of time, then variables."""
    sql = re.sub(r"\$__timeFilter\(([^()]*)\)", rf"\1 {EVER}", sql).replace("current_date", f"date '{VALUES['as_of']}'")
    sql = sql.replace("$__timeFrom()", f"'{FIRST}'").replace("$__timeTo()", f"'{LAST}'")
    return re.sub(r"\$\{(\w+):sqlstring\}", lambda found: quoted(values[found[1]]), sql)


def of_metabase(sql, values):
    """https://www.metabase.com/docs/latest/questions/native-editor/sql-parameters: an optional clause goes without its value."""
    sql = re.sub(r"\[\[(.*?)\]\]", lambda found: found[1] if re.search(r"{{(\w+)}}", found[1])[1] in values else "", sql, flags=re.DOTALL)
    return re.sub(r"{{(\w+)}}", lambda found: quoted(values[found[1]]), sql)


def of_power_bi(sql, values):
    """Text.Format() of M, with values that were quoted."""
    return re.sub(r"#\[(\w+)\]", lambda found: quoted(values[found[1].lower()]), sql)


def of_odbc(sql, values):
    """A question mark for each parameter, in order; a comment says which."""
    names = iter(re.search(r"-- (.*)", sql)[1].split(", "))
    return re.sub(r"\?", lambda found: quoted(values[next(names)]), re.sub(r"--.*", "", sql))


def of_psql(sql, values):
    return re.sub(r":'(\w+)'", lambda found: quoted(values[found[1]]), sql)


TOOLS = {"Grafana": of_grafana, "Metabase": of_metabase, "Power BI": of_power_bi, "Excel and LibreOffice": of_odbc, "psql": of_psql}


def section(title):
    """What README says below a title."""
    with open(os.path.join(TOP, "README.md"), encoding="utf-8") as file:
        text = file.read()
    found = re.search(rf"^#+ {title}\n(.*?)(?=^#|\Z)", re.sub(r"^(```.*?^```)", lambda code: code[1].replace("\n#", "\n #"), text,
                                                               flags=re.DOTALL | re.MULTILINE), re.DOTALL | re.MULTILINE)
    assert found, f"README has nothing under {title}"
    return found[1]


def blocks(title, language="sql"):
    """The pieces of code below a title, of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", section(title), re.DOTALL | re.MULTILINE)


def questions(tool):
    """The queries that README has for a tool: what ends with a semicolon in its SQL."""
    return [one.strip() for block in blocks(tool) for one in re.split(r";\n", block) if "SELECT" in one]


def dashboard():
    with open(os.path.join(TOP, "src", "dashboards", "sp71_steering_grafana.json"), encoding="utf-8") as file:
        return json.load(file)


def panels(of):
    """All panels of a dashboard, also those in rows that are closed, without the rows."""
    for panel in of["panels"]:
        if panel["type"] != "row":
            yield panel
        yield from panel.get("panels", [])
