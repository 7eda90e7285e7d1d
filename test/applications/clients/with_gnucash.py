"""
GnuCash's own posting code, on its own tables: it writes an entry and each of its splits in a transaction of its own. So
a cap that blocks holds, and leaves a half of the entry that it refuses: below GnuCash caps should warn.
"""

import os
import subprocess

from tap import done, equal, skip

os.environ["HOME"] = os.environ["PRIVATE_FOLDER"]
try:
    import gnucash
    from gnucash import Account, GncNumeric, Session, SessionOpenMode, Split, Transaction
except ImportError:
    skip("gnucash and python3-gnucash are not installed")
if "POOL_PORT" not in os.environ:
    skip("pgbouncer is not installed, and GnuCash speaks TCP only")


def psql(text):
    """What psql prints to the server's superuser."""
    return subprocess.run(["psql", "-U", "postgres", "-qXAt", "-v", "ON_ERROR_STOP=1", "-c", text], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.strip()


ATTACH = """
SET ROLE app;
SELECT steering.attach_query($$
  SELECT s.account_guid::text AS service, 'leiden' AS participant, t.post_date::date AS booked_on,
    round(s.value_num::numeric / s.value_denom, 2) AS amount
  FROM public.splits s JOIN public.transactions t ON t.guid = s.tx_guid
$$, unknown => 'ignore')
"""


class Book:
    """An expense account, whose bookings count, and a bank."""

    def __init__(self):
        self.session = Session(f"postgres://app:app@127.0.0.1:{os.environ['POOL_PORT']}/{os.environ['PGDATABASE']}",
                               SessionOpenMode.SESSION_NEW_STORE)
        self.book = self.session.book
        self.euro = self.book.get_table().lookup("CURRENCY", "EUR")
        self.expense = self.account("ICT", gnucash.ACCT_TYPE_EXPENSE)
        self.bank = self.account("Bank", gnucash.ACCT_TYPE_BANK)
        self.session.save()

    def account(self, name, kind):
        account = Account(self.book)
        self.book.get_root_account().append_child(account)
        account.SetName(name)
        account.SetType(kind)
        account.SetCommodity(self.euro)
        return account

    def post(self, amount, text):
        entry = Transaction(self.book)
        entry.BeginEdit()
        entry.SetCurrency(self.euro)
        entry.SetDescription(text)
        entry.SetDate(3, 2, 2026)
        for account, sign in ((self.expense, 1), (self.bank, -1)):
            split = Split(self.book)
            split.SetParent(entry)
            split.SetAccount(account)
            split.SetValue(GncNumeric(sign * amount * 100, 100))
            split.SetAmount(GncNumeric(sign * amount * 100, 100))
        entry.CommitEdit()
        return entry


def used():
    return float(psql("SELECT used FROM steering.check_booking('ict', 'leiden', '2026-06-01')"))


def stored(text):
    """How many splits an entry has in the database, and what they come to: 0 where it is balanced."""
    return psql("SELECT count(*), sum(value_num)::integer / 100 FROM splits JOIN transactions ON transactions.guid = tx_guid"
                f" WHERE description = '{text}'")


if not psql("SELECT to_regproc('steering.attach_query')"):
    skip("there is no attach_query()")
# GnuCash makes its tables only in a database that has none, in whatever schema: so it comes first.
psql("DROP TABLE invoice_line; DROP EXTENSION sp71_steering; GRANT CREATE ON SCHEMA public TO app")
book = Book()
psql("CREATE EXTENSION sp71_steering; INSERT INTO steering.participant (code, name, reader) VALUES ('leiden', 'Leiden', 'app');"
     "INSERT INTO steering.service (code, name) VALUES ('ict', 'ICT');"
     "SELECT steering.set_cap('ict', 'leiden', 'budget', '2026', 1000, '100% block')")
psql("INSERT INTO steering.alias (kind, value, code) SELECT 'service', guid, 'ict' FROM accounts WHERE name = 'ICT'")
psql("GRANT EXECUTE ON FUNCTION steering.attach_query TO app")
psql(ATTACH)

first = book.post(600, "first")
equal((stored("first"), used()), ("2|0", 600.0), "an entry books, and is balanced")
book.post(500, "refused")
equal(used(), 600.0, "what is too much is refused, which GnuCash only logs")
equal(stored("refused"), "1|-500", "and the other half of the entry stays: GnuCash has committed it by itself")

psql("SELECT steering.set_cap('ict', 'leiden', 'budget', '2026', 1000, '80% notify, 100% warn')")
book.post(500, "warned")
equal((stored("warned"), used()), ("2|0", 1100.0), "under a cap that warns it is whole")
equal(psql("SELECT kind, used FROM steering.event ORDER BY event_id DESC LIMIT 1"), "warn|1100.0000", "and an event tells")
first.Destroy()
equal((stored("first"), used()), ("0|", 500.0), "an entry that is deleted gives back")
equal(psql("SELECT * FROM steering.verify()"), "", "verify() finds nothing")
book.session.end()
done()
