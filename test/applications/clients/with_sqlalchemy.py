"""
SQLAlchemy: a refusal is sqlalchemy.exc.IntegrityError; the driver's exception with all fields is its .orig, warnings go
to a logger.
"""

import logging
import os

import scenario
from tap import skip

try:
    import psycopg2  # noqa: F401
    from sqlalchemy import Column, Date, Integer, Numeric, Text, create_engine, exc, orm, text
except ImportError:
    skip("python3-sqlalchemy or python3-psycopg2 is not installed")

Base = orm.declarative_base()


class InvoiceLine(Base):
    __tablename__ = "invoice_line"
    id = Column(Integer, primary_key=True)
    service = Column(Text)
    participant = Column(Text)
    booked_on = Column(Date)
    amount = Column(Numeric)


class Notices(logging.Handler):
    """Where SQLAlchemy leaves the server's warnings, where its level is INFO."""

    def __init__(self):
        super().__init__()
        self.found = []

    def emit(self, record):
        message, _, detail = record.getMessage().partition("\n")
        self.found.append({"message": message.removeprefix("WARNING:  "), "detail": detail.strip().removeprefix("DETAIL:  ")})


logger = logging.getLogger("sqlalchemy.dialects.postgresql")
logger.setLevel(logging.INFO)
logger.propagate = False


class Session:
    def __init__(self, database):
        port = os.environ["POOL_PORT"] if database.endswith("_pool") else os.environ["PGPORT"]
        self.engine = create_engine(f"postgresql+psycopg2:///{database}?host={os.environ['PGHOST']}&port={port}")
        self.current = None
        self.notices = Notices()
        logger.addHandler(self.notices)

    def do(self, work):
        """In the transaction that is open, or in one of its own."""
        if self.current:
            return work(self.current)
        with orm.Session(self.engine) as current, current.begin():
            return work(current)

    def rows(self, sql):
        return self.do(lambda current: [tuple(row) for row in current.execute(text(sql))])

    def book(self, amount, service="ict"):
        def work(current):
            current.add(InvoiceLine(service=service, participant="leiden", booked_on="2026-02-03", amount=amount))
            current.flush()
        self.do(work)

    def lower(self, row, amount):
        def work(current):
            current.get(InvoiceLine, row).amount = amount
            current.flush()
        self.do(work)

    def transaction(self, work, isolation=None):
        engine = self.engine.execution_options(isolation_level=isolation or "READ COMMITTED")
        try:
            with orm.Session(engine) as self.current, self.current.begin():
                work(self)
        finally:
            self.current = None

    def warnings(self):
        found, self.notices.found = self.notices.found, []
        return found


class Client:
    open = Session
    error = exc.IntegrityError
    unknown = exc.IntegrityError
    retryable = exc.OperationalError
    lacking = ()
    lacking_in_warnings = ("sqlstate", "table", "constraint")

    @staticmethod
    def fields(exception):
        diag = exception.orig.diag
        return {"sqlstate": exception.orig.pgcode, "message": diag.message_primary, "detail": diag.message_detail,
                "hint": diag.message_hint, "schema": diag.schema_name, "table": diag.table_name,
                "constraint": diag.constraint_name}


scenario.run(Client)
