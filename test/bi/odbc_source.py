"""
The data source of README, for this server: what README says of it, but for the place of the server and TLS, which a private
server has not. ODBCINI names the file.
"""

import os

import asked

HERE = {"Servername": os.environ.get("PGHOST"), "Port": os.environ.get("PGPORT"), "Database": "demo_year", "SSLmode": "disable"}


def write_source():
    """Writes the file, and tells the driver manager where it is."""
    block, = asked.blocks("Excel and LibreOffice", "ini")
    path = os.path.join(os.environ["BI_FOLDER"], "odbc.ini")
    with open(path, "w", encoding="utf-8") as file:
        for line in block.splitlines():
            name = line.split(" = ")[0]
            file.write(f"{name} = {HERE[name]}\n" if name in HERE else f"{line}\n")
    os.environ["ODBCINI"] = path
