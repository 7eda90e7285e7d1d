"""
Caps below Tryton where its ledger is the source: one analytic account stands for a service and a participant, which
aliases say. What is booked are the analytic lines that Tryton writes for an invoice that it validates.
"""

from decimal import Decimal

from company import Company, psql, refusal, state
from scenes import bulk, closed_month, right_in_the_end, sessions_at_once, used
from tap import done, equal, ok

KEYS = {"SP71": "ict/leiden"}
ours = Company({"SP71": ["ict/leiden", "unknown"]})

ATTACH = """
CREATE EXTENSION sp71_steering;
INSERT INTO steering.participant (code, name, reader) VALUES ('leiden', 'Leiden', 'tryton');
INSERT INTO steering.service (code, name) VALUES ('ict', 'ICT');
SELECT steering.set_cap('ict', 'leiden', 'budget', '2025', 1000, '80% warn, 100% block');
INSERT INTO steering.alias (kind, value, code)
SELECT kind, id, split_part(code, '/', number)
FROM analytic_account_account, (VALUES (1, 'service'), (2, 'participant')) AS part (number, kind)
WHERE code LIKE '%/%';
SELECT steering.attach('public.analytic_account_line', service => 'account::text', participant => 'account::text',
  booked_on => 'date', amount => 'debit - credit');
"""


def post_books():
    posted = ours.invoice(600, "02-03", **KEYS)
    equal(used(), 0.0, "a draft books nothing")
    posted.click("post")
    equal((state(posted), used()), ("posted", 600.0), "an invoice that is posted books")

    draft = ours.invoice(500, "02-04", **KEYS)
    shown = refusal(lambda: draft.click("post"))
    ok('budget cap of service "ict" for participant "leiden" is exceeded' in shown and "100.00 too much" in shown,
       "the user is shown what is exceeded, and by how much", shown)
    equal((state(draft), used()), ("draft", 600.0), "and the invoice is a draft as it was")

    draft.lines[0].unit_price = Decimal(300)
    draft.save()
    draft.click("post")
    equal((state(draft), used()), ("posted", 900.0), "what fits is posted then")
    equal(psql("SELECT kind FROM steering.event ORDER BY event_id DESC LIMIT 1"), "warn",
          "the step that it reached is an event: Tryton shows no warnings of the server")
    return posted, draft


def unknown_account():
    draft = ours.invoice(5, "02-04", SP71="unknown")
    shown = refusal(lambda: draft.click("post"))
    ok("is unknown" in shown and "steering.alias" in shown, "an account without alias is refused, with what to do", shown)
    psql("INSERT INTO steering.alias (kind, value, code) SELECT kind, id, means FROM analytic_account_account,"
         " (VALUES ('service', 'ict'), ('participant', 'leiden')) AS part (kind, means) WHERE code = 'unknown'")
    draft.click("post")
    equal((state(draft), used()), ("posted", 905.0), "and books when it has one")
    draft.click("cancel")


def credit_and_cancel(posted, other):
    ours.credit(posted)
    equal(used(), 300.0, "a credit note gives back")
    other.click("cancel")
    equal((state(other), used()), ("cancelled", 0.0), "so does an invoice that is cancelled")
    validated = ours.invoice(300, "02-05", **KEYS)
    validated.click("validate_invoice")
    equal(used(), 300.0, "one that is validated has its lines in the ledger already")
    validated.click("cancel")
    equal(used(), 0.0, "and loses them when it is cancelled")


psql(ATTACH)
kept = post_books()
unknown_account()
credit_and_cancel(*kept)
bulk(ours, KEYS)
sessions_at_once(ours, KEYS)
closed_month(ours, KEYS)
right_in_the_end("SELECT sum(debit - credit) FROM analytic_account_line")
done()
