"""
LibreOffice without a window, through ODBC: the data source of README is registered as people do it, a view and a function are
imported into a sheet, and saved as CSV; the queries of README by parameters; a refusal arrives with its SQLSTATE.
"""

import csv
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "applications", "clients"))

import asked
from odbc_source import write_source
from tap import done, equal, ok, skip

try:
    import uno
    from com.sun.star.beans import PropertyValue
    from com.sun.star.sdbc import SQLException
    from com.sun.star.sheet.DataImportMode import QUERY, TABLE
except ImportError:
    skip("python3-uno is not installed")

FOLDER = os.environ["BI_FOLDER"]


def properties(**values):
    return tuple(PropertyValue(name, 0, value, 0) for name, value in values.items())


def start():
    """LibreOffice with a profile of its own, and the way to its objects."""
    pipe = f"sp71_{os.getpid()}"
    process = subprocess.Popen(["soffice", "--headless", "--norestore", "--nologo", f"-env:UserInstallation=file://{FOLDER}/profile",
                                f"--accept=pipe,name={pipe};urp;"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               start_new_session=True)
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(600):
        try:
            return process, resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except Exception:
            if process.poll() not in (None, 81):
                break
            time.sleep(0.1)
    raise SystemExit("LibreOffice did not start")


def register(context):
    """File, New, Database, Connect to an existing database, ODBC; and register it."""
    sources = context.ServiceManager.createInstanceWithContext("com.sun.star.sdb.DatabaseContext", context)
    source = sources.createInstance()
    source.URL = "sdbc:odbc:steering"
    source.User = "bi"
    source.TableFilter = ("%",)
    source.DatabaseDocument.storeAsURL(f"file://{FOLDER}/steering.odb", ())
    sources.registerObject("steering", source)
    ok(sources.hasByName("steering"), "the data source is registered")
    return sources.getByName("steering")


def write_query(source, name, sql):
    """A query in SQL view, with Run SQL command directly: LibreOffice does not parse functions in FROM."""
    queries = source.QueryDefinitions
    query = queries.createInstance()
    query.Command = sql
    query.EscapeProcessing = False
    queries.insertByName(name, query)


def fill(sheet, kind, what):
    """As dragging from the data sources does; the cells that are used then."""
    sheet.clearContents(1 | 2 | 4 | 16)
    sheet.getCellRangeByName("A1").doImport(properties(DatabaseName="steering", SourceType=kind, SourceObject=what, IsNative=False))
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(True)
    return sheet.getCellRangeByPosition(0, 0, cursor.RangeAddress.EndColumn, cursor.RangeAddress.EndRow).DataArray


def sheets(context, source):
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    document = desktop.loadComponentFromURL("private:factory/scalc", "_blank", 0, properties(Hidden=True))
    sheet = document.Sheets.getByIndex(0)
    cells = fill(sheet, TABLE, "demo_year.steering.cap_status")
    equal(cells[0][:4], ("cap_id", "service", "participant", "metric"), "a view comes into a sheet with the names of its columns")
    equal(len(cells), 57, "and all of its rows that the role may read")
    row = next(row for row in cells if row[0] == 1)
    equal((row[1], row[2], row[6], row[4]), ("ict", "GM0547", 1340000.0, 46023.0), "with numbers that are numbers, and days")
    for number, sql in enumerate(asked.questions("Excel and LibreOffice"), 1):
        write_query(source, f"query {number}", asked.of_odbc(sql, asked.VALUES))
        cells = fill(sheet, QUERY, f"query {number}")
        ok(len(cells) > 1, f"query {number}, into a sheet: it answers", cells)
    write_query(source, "missing", "SELECT service, measured FROM steering.cost_versus_result('2026') WHERE service = 'hr.advice'")
    cells = fill(sheet, QUERY, "missing")
    equal(cells[1], ("hr.advice", ""), "what is not known is an empty cell")
    document.storeToURL(f"file://{FOLDER}/sheet.csv", properties(FilterName="Text - txt - csv (StarCalc)"))
    with open(f"{FOLDER}/sheet.csv", encoding="utf-8", newline="") as file:
        equal(list(csv.reader(file))[:2], [["service", "measured"], ["hr.advice", ""]], "and so it is in a file")
    document.close(True)


def parameters(connection):
    for number, sql in enumerate(asked.questions("Excel and LibreOffice"), 1):
        statement = connection.prepareStatement(re.sub(r"--.*\n", "", sql))
        for place, name in enumerate(re.search(r"-- (.*)", sql)[1].split(", "), 1):
            statement.setString(place, asked.VALUES[name])
        ok(statement.executeQuery().next(), f"query {number}, by parameters: it answers")


def refusal(source):
    try:
        source.getConnection("app", "app").createStatement().executeUpdate(
            "INSERT INTO finance.invoice VALUES ('BI-3', 'finance.invoice', 'GM0546', '2027-02-01', 9000000, 1, 'approved')")
        ok(False, "a booking above a cap is refused")
    except SQLException as error:
        equal(error.SQLState, "23S71", "a booking above a cap is refused: SQLSTATE")
        ok('budget cap of service "finance" for participant "GM0546" is exceeded' in error.Message, "and its message", error.Message)


write_source()
process, context = start()
try:
    source = register(context)
    connection = source.getConnection("bi", "bi")
    listed = {name.split(".")[-1] for name in connection.Tables.ElementNames}
    equal({"alert", "cap_status", "named_service"} - listed, set(), "its views are listed")
    sheets(context, source)
    parameters(connection)
    refusal(source)
finally:
    os.killpg(process.pid, signal.SIGKILL)
done()
