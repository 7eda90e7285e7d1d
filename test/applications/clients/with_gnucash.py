"""
GnuCash's own posting code, on its own tables: entries, bills that are posted, and two of it at once. It writes an entry
and each of its splits in a transaction of its own, and tells a program nothing of what the server refuses but in its log.
So a cap that blocks holds, and leaves a half of the entry that it refuses: below GnuCash caps should warn.
"""

import datetime
import os
import subprocess
import sys
import tempfile

from tap import done, equal, ok, skip

os.environ["HOME"] = os.environ["PRIVATE_FOLDER"]
try:
    import gnucash
    from gnucash import Account, GncNumeric, Session, SessionOpenMode, Split, Transaction
    from gnucash.gnucash_business import Bill, Entry, Vendor
except ImportError:
    skip("gnucash and python3-gnucash are not installed")
if "POOL_PORT" not in os.environ:
    skip("pgbouncer is not installed, and GnuCash speaks TCP only")


def psql(text):
    """What psql prints to the server's superuser."""
    return subprocess.run(["psql", "-U", "postgres", "-qXAt", "-v", "ON_ERROR_STOP=1", "-c", text], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.strip()


def logged(act):
    """What an act gives, and what GnuCash writes to its log meanwhile."""
    kept = os.dup(2)
    with tempfile.TemporaryFile("w+") as log:
        os.dup2(log.fileno(), 2)
        try:
            result = act()
        finally:
            os.dup2(kept, 2)
            os.close(kept)
        log.seek(0)
        return result, log.read()


ATTACH = """
SET ROLE app;
SELECT steering.attach_query($$
  SELECT a.code AS service, 'leiden' AS participant, t.post_date::date AS booked_on,
    round(s.value_num::numeric / s.value_denom, 2) AS amount
  FROM public.splits s
  JOIN public.transactions t ON t.guid = s.tx_guid
  JOIN public.accounts a ON a.guid = s.account_guid
  WHERE a.account_type = 'EXPENSE' $$)
"""
SLOW = """
CREATE FUNCTION public.pause() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.01); RETURN NULL; END $$;
CREATE TRIGGER zz_pause AFTER INSERT ON public.splits FOR EACH ROW EXECUTE FUNCTION public.pause();
"""
# As the README has it.
HALVES = "SELECT tx_guid FROM splits GROUP BY tx_guid HAVING sum(value_num::numeric / value_denom) <> 0"
REFUSED = 'budget cap of service "ict" for participant "leiden" is exceeded'


class Book:
    """An expense account, whose bookings count, a bank, and what is owed to a supplier."""

    def __init__(self, mode):
        self.session = Session(f"postgres://app:app@127.0.0.1:{os.environ['POOL_PORT']}/{os.environ['PGDATABASE']}", mode)
        self.book = self.session.book
        self.euro = self.book.get_table().lookup("CURRENCY", "EUR")
        self.expense = self.account("ICT", "4300", gnucash.ACCT_TYPE_EXPENSE)
        self.bank = self.account("Bank", "1100", gnucash.ACCT_TYPE_BANK)
        self.owed = self.account("Creditors", "1600", gnucash.ACCT_TYPE_PAYABLE)

    def account(self, name, code, kind):
        root = self.book.get_root_account()
        account = root.lookup_by_name(name)
        if account is None:
            account = Account(self.book)
            root.append_child(account)
            account.SetName(name)
            account.SetCode(code)
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

    def bill(self, amount, supplier):
        """A draft."""
        bill = Bill(self.book, supplier, self.euro, Vendor(self.book, supplier, self.euro, supplier))
        line = Entry(self.book, bill, datetime.date(2026, 3, 2))
        line.SetQuantity(GncNumeric(1))
        line.SetBillAccount(self.expense)
        line.SetBillPrice(GncNumeric(amount * 100, 100))
        return bill

    def post_bill(self, bill):
        return bill.PostToAccount(self.owed, datetime.date(2026, 3, 2), datetime.date(2026, 4, 2), "", True, False)


def used(service="ict"):
    return float(psql(f"SELECT used FROM steering.check_booking('{service}', 'leiden', '2026-06-01')"))


def stored(text):
    """How many splits an entry has in the database, and what they come to: 0 where it is balanced."""
    return psql("SELECT count(*), sum(value_num)::integer / 100 FROM splits JOIN transactions ON transactions.guid = tx_guid"
                f" WHERE description = '{text}'")


def set_steps(steps):
    psql(f"SELECT steering.set_cap('ict', 'leiden', 'budget', '2026', 1000, '{steps}')")


def entries():
    first = book.post(600, "first")
    equal((stored("first"), used()), ("2|0", 600.0), "an entry books, and is balanced")

    refused, log = logged(lambda: book.post(500, "refused"))
    equal(used(), 600.0, "what is too much is refused")
    ok(REFUSED in log and "100.00 too much" in log and "commit error" in log,
       "GnuCash's log has what is exceeded, and by how much", log)
    equal((book.session.pop_all_errors(), book.expense.GetBalance().to_double()), ((), 600.0),
          "a program is told of no error, and finds it in the account's balance only")
    equal(stored("refused"), "1|-500", "and the other half of the entry stays: GnuCash has committed it by itself")
    equal(psql(f"SELECT description FROM transactions WHERE guid IN ({HALVES})"), "refused", "which its sum tells")
    refused.Destroy()
    equal((stored("refused"), used(), psql(HALVES)), ("0|", 600.0, ""),
          "an entry that was refused can be deleted, and nothing of it is left")

    # It writes a copy before it turns its signs: the copy is refused, what is to become of it is not.
    log = logged(first.Reverse)[1]
    equal((REFUSED in log, used(), psql("SELECT count(*), sum(value_num), sum(abs(value_num))::integer / 100 FROM splits")),
          (True, 0.0, "4|0|2400"), "an entry that reverses another gives back, and is whole, though it never has room twice")
    return first


def joined_tables(entry):
    """What is joined to a split changes, and the split does not."""
    entry.SetDate(3, 2, 2025)
    equal(used(), -600.0, "an entry that is moved to another year takes its room along")
    entry.SetDate(3, 2, 2026)
    equal(used(), 0.0, "and back")

    log = logged(lambda: book.expense.SetCode("4310"))[1]
    equal(('service "4310" of a booking' in log, psql("SELECT code FROM accounts WHERE name = 'ICT'")), (True, "4300"),
          "an account with bookings gets no code that is unknown")
    psql("INSERT INTO steering.alias (kind, value, code) VALUES ('service', '4320', 'care')")
    book.post(50, "later")
    book.expense.SetCode("4320")
    equal((used(), used("care")), (0.0, 50.0), "with a code of another service all bookings of the account go there")
    book.expense.SetCode("4300")
    equal((used(), used("care")), (50.0, 0.0), "and back")


def bills():
    bill = book.bill(750, "one")
    equal(used(), 50.0, "a draft of a bill books nothing")
    book.post_bill(bill)
    equal((stored("one"), used()), ("2|0", 800.0), "a bill that is posted books")

    other = book.bill(300, "two")
    log = logged(lambda: book.post_bill(other))[1]
    ok(REFUSED in log and "100.00 too much" in log, "one that is too much is refused, in the log", log)
    equal((other.IsPosted(), stored("two"), used()), (True, "1|-300", 800.0), "GnuCash holds it for posted, and its debt stays")
    logged(lambda: other.Unpost(True))
    equal((other.IsPosted(), stored("two"), used()), (False, "0|", 800.0), "when it is unposted it is a draft as it was")
    bill.Unpost(True)
    equal((stored("one"), used()), ("0|", 50.0), "a bill that is unposted gives back")


def warned():
    set_steps("80% notify, 100% warn")
    entry = book.post(1000, "warned")
    equal((stored("warned"), used()), ("2|0", 1050.0), "under a cap that warns an entry above it is whole")
    equal(psql("SELECT kind, used FROM steering.event ORDER BY event_id DESC LIMIT 1"), "warn|1050.0000", "and an event tells")
    entry.Destroy()
    equal((stored("warned"), used()), ("0|", 50.0), "an entry that is deleted gives back")
    set_steps("100% block")


def post_many(name):
    """Another GnuCash: opens the book, says so, and posts when it is told to."""
    shared = Book(SessionOpenMode.SESSION_BREAK_LOCK)
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(20):
        shared.post(40, name)
    shared.session.end()


def two_at_once():
    """Together they want 1600 where 950 are left, each alone less. Each split takes a while, so that theirs meet."""
    psql(SLOW)
    with open(os.devnull, "w", encoding="utf-8") as nothing:
        others = [subprocess.Popen([sys.executable, __file__, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=nothing, text=True) for name in ("left", "right")]
        for other in others:
            other.stdout.readline()
        for other in others:
            other.stdin.write("go\n")
            other.stdin.flush()
        equal([other.wait(120) for other in others], [0, 0], "two of GnuCash post at once")
    equal(used(), 50 + 23 * 40.0, "together they book what the cap has room for, and not a cent more")
    equal(psql("SELECT sum(value_num)::integer / 100 FROM splits JOIN accounts ON accounts.guid = account_guid WHERE code = '4300'"),
          "970", "which is what their splits come to")
    equal(psql("SELECT count(DISTINCT description) FROM splits JOIN transactions ON transactions.guid = tx_guid"
               " WHERE description IN ('left', 'right') AND value_num > 0"), "2", "and both of them booked")


if len(sys.argv) > 1:
    post_many(sys.argv[1])
    sys.exit()
if not psql("SELECT to_regproc('steering.attach_query')"):
    skip("there is no attach_query()")
# GnuCash makes its tables only in a database that has none, in whatever schema: so it comes first.
psql("DROP TABLE invoice_line; DROP EXTENSION sp71_steering; GRANT CREATE ON SCHEMA public TO app")
book = Book(SessionOpenMode.SESSION_NEW_STORE)
book.session.save()
psql("CREATE EXTENSION sp71_steering; INSERT INTO steering.participant (code, name, reader) VALUES ('leiden', 'Leiden', 'app');"
     "INSERT INTO steering.service (code, name) VALUES ('ict', 'ICT'), ('care', 'Care');"
     "SELECT steering.set_cap('care', 'leiden', 'budget', '2026', 1000, '100% block');"
     "INSERT INTO steering.alias (kind, value, code) VALUES ('service', '4300', 'ict')")
set_steps("100% block")
psql("GRANT EXECUTE ON FUNCTION steering.attach_query TO app")
psql(ATTACH)

joined_tables(entries())
bills()
warned()
two_at_once()
equal(psql("SELECT * FROM steering.verify()"), "", "verify() finds nothing")
# The two have taken the lock of the book over, which GnuCash says.
logged(book.session.end)
done()
