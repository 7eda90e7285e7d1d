"""A company in Tryton, made through its RPC, and what is done in it: orders, invoices, postings."""

import base64
import datetime
import os
import subprocess
import xmlrpc.client
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from proteus import Model, Wizard, config
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, get_accounts
from trytond.modules.account_invoice.tests.tools import create_payment_term, set_fiscalyear_invoice_sequences
from trytond.modules.company.tests.tools import create_company, get_company

YEAR = 2025

# Tryton asks before it does some things; a program says yes.
CONTEXT = {"_skip_warnings": True}


def psql(text, role="postgres"):
    """What psql prints, run as the server's superuser or as another role: what a DBA does."""
    return subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-f", "-"], check=True, text=True,
                          input=f"SET ROLE {role}; {text}", stdout=subprocess.PIPE).stdout.strip()


def day(text):
    return datetime.date.fromisoformat(f"{YEAR}-{text}")


def refusal(work):
    """What a user of Tryton is shown where work fails, or nothing."""
    try:
        work()
    except xmlrpc.client.Fault as fault:

        return f"{fault.faultCode} {fault.faultString}"
    return ""


def log_in():
    """The header of a session: a password in each call would be hashed in each."""
    with xmlrpc.client.ServerProxy(os.environ["TRYTON"], allow_none=True) as anybody:
        user, session = anybody.common.db.login("admin", {"password": "admin"}, "en")
    return [("Authorization", "Session " + base64.b64encode(f"admin:{user}:{session}".encode()).decode())]


class Company:
    """With analytic axes, by name: each a root with accounts by code."""

    def __init__(self, axes):
        config.set_xmlrpc(os.environ["TRYTON"], headers=log_in())
        create_company()
        self.company = get_company()
        config.get_config()._context.update(CONTEXT)
        year = set_fiscalyear_invoice_sequences(create_fiscalyear(self.company, day("06-15")))
        year.save()
        year.click("create_period")
        create_chart(self.company)
        self.expense = get_accounts(self.company)["expense"]
        self.term = create_payment_term()
        self.term.save()
        self.party = Model.get("party.party")(name="Supplier")
        self.party.save()
        self.accounts = {axis: self.make_axis(axis, codes) for axis, codes in axes.items()}
        self.product = self.make_product()

    @staticmethod
    def make_axis(axis, codes):
        Account = Model.get("analytic_account.account")
        root = Account(type="root", name=axis, code=axis)
        root.save()
        found = {}
        for code in codes:
            found[code] = Account(root=root, parent=root, name=code, code=code)
            found[code].save()
        return found

    def make_product(self):
        category = Model.get("product.category")(name="Services", accounting=True, account_expense=self.expense,
                                                 account_revenue=get_accounts(self.company)["revenue"])
        category.save()
        unit, = Model.get("product.uom").find([("name", "=", "Unit")])
        template = Model.get("product.template")(name="Workplace", default_uom=unit, type="service", purchasable=True,
                                                 list_price=Decimal(10), account_category=category)
        template.save()
        return template.products[0]

    def invoice(self, amount, date, **keys):
        """A draft of one line, with an analytic account of each axis."""
        invoice = Model.get("account.invoice")(type="in", party=self.party, payment_term=self.term, invoice_date=day(date))
        line = invoice.lines.new(account=self.expense, quantity=1, unit_price=Decimal(amount), description="Workplaces")
        self.set_keys(line, keys)
        invoice.save()
        return invoice

    def invoices(self, number, amount, date, **keys):
        """The ids of so many drafts: copies of one, in one call."""
        first = self.invoice(amount, date, **keys)
        copies = Model.get("account.invoice")._proxy.copy(
            [first.id] * (number - 1), {"invoice_date": first.invoice_date}, config.get_config().context)
        return [first.id, *copies]

    def order(self, amount, date, **keys):
        """A quotation of one line, invoiced as it was ordered."""
        order = Model.get("purchase.purchase")(party=self.party, payment_term=self.term, invoice_method="order",
                                               purchase_date=day(date))
        line = order.lines.new(product=self.product, quantity=1, description="Workplaces")
        line.unit_price = Decimal(amount)
        self.set_keys(line, keys)
        order.click("quote")
        return order

    def set_keys(self, line, keys):
        for entry in line.analytic_accounts:
            entry.account = self.accounts[entry.root.code].get(keys.get(entry.root.code))

    @staticmethod
    def credit(invoice):
        """The credit note of an invoice, posted, and settled with it."""
        credit = Wizard("account.invoice.credit", [invoice])
        credit.form.with_refund = True
        credit.form.invoice_date = invoice.invoice_date
        credit.execute("credit")


def server():
    """The RPC itself, with a login of its own: for who works in threads."""
    return xmlrpc.client.ServerProxy(os.environ["TRYTON"], allow_none=True, use_builtin_types=True, headers=log_in())


def state(record):
    record.reload()
    return record.state


def states(invoices):
    """How many of these have which state."""
    return dict(Counter(invoice.state for invoice in Model.get("account.invoice").find([("id", "in", invoices)])))


# Tryton tries five times, and then shows what the server said. A user clicks again.
CONTENTION = ("could not serialize access", "could not obtain lock", "deadlock detected")


def at_once(sessions, invoices, tries=100):
    """Posts invoices one by one, in so many sessions; what was shown for each in the end."""
    def post(invoice, call):
        for _ in range(tries):
            shown = refusal(lambda: call([invoice], CONTEXT))
            if not any(text in shown for text in CONTENTION):
                break
        return shown

    def work(mine):
        call = server().model.account.invoice.post
        return [post(invoice, call) for invoice in mine]

    with ThreadPoolExecutor(sessions) as threads:
        return [shown for part in threads.map(work, (invoices[n::sessions] for n in range(sessions))) for shown in part]
