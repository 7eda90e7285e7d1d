"""
Django: a refusal is django.db.IntegrityError; the driver's exception with all fields is its __cause__, warnings stand in
the driver's connection.
"""

import os

import scenario
from tap import skip

try:
    import psycopg2  # noqa: F401
    import django
    from django.conf import settings
except ImportError:
    skip("python3-django or python3-psycopg2 is not installed")


def database(name, port):
    return {"ENGINE": "django.db.backends.postgresql", "NAME": name, "HOST": os.environ["PGHOST"], "PORT": port,
            "USER": os.environ["PGUSER"], "PASSWORD": os.environ["PGPASSWORD"]}


name = os.environ["PGDATABASE"]
settings.configure(
    DATABASES={"default": database(name, os.environ["PGPORT"]), "other": database(name, os.environ["PGPORT"]),
               "pool": database(name + "_pool", os.environ.get("POOL_PORT", "0"))},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", USE_TZ=True)
django.setup()

from django.db import IntegrityError, OperationalError, connections, models, transaction  # noqa: E402


class InvoiceLine(models.Model):
    service = models.TextField()
    participant = models.TextField()
    booked_on = models.DateField()
    amount = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        app_label = "finance"
        db_table = "invoice_line"
        managed = False


class Session:
    opened = 0

    def __init__(self, database):
        # Django has a connection for each alias and thread.
        if database.endswith("_pool"):
            self.alias = "pool"
        else:
            self.alias = "default" if Session.opened != 1 else "other"
            Session.opened += 1

    def rows(self, sql):
        with connections[self.alias].cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def book(self, amount, service="ict"):
        InvoiceLine.objects.using(self.alias).create(service=service, participant="leiden", booked_on="2026-02-03", amount=amount)

    def lower(self, row, amount):
        InvoiceLine.objects.using(self.alias).filter(pk=row).update(amount=amount)

    def transaction(self, work, isolation=None):
        with transaction.atomic(using=self.alias):
            if isolation:
                with connections[self.alias].cursor() as cursor:
                    cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}")
            work(self)

    def warnings(self):
        notices = connections[self.alias].connection.notices
        found = [notice.partition("\n") for notice in notices]
        notices.clear()
        return [{"message": message.removeprefix("WARNING:  "), "detail": detail.strip().removeprefix("DETAIL:  ")}
                for message, _, detail in found]


class Client:
    open = Session
    error = IntegrityError
    unknown = IntegrityError
    retryable = OperationalError
    lacking = ()
    lacking_in_warnings = ("sqlstate", "table", "constraint")

    @staticmethod
    def fields(exception):
        cause = exception.__cause__
        return {"sqlstate": cause.pgcode, "message": cause.diag.message_primary, "detail": cause.diag.message_detail,
                "hint": cause.diag.message_hint, "schema": cause.diag.schema_name, "table": cause.diag.table_name,
                "constraint": cause.diag.constraint_name}


scenario.run(Client)
