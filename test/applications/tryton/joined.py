"""
Caps below Tryton where its documents are the sources: lines of invoices with their header and their analytic entry, and
lines of orders, which count until the invoice of the line does. One analytic account stands for a service and a
participant, and its code says both.
"""

from decimal import Decimal

from company import Company, day, psql, refusal, state
from proteus import Model
from scenes import bulk, closed_month, committed, leave_room, right_in_the_end, sessions_at_once, used
from tap import done, equal, ok, skip

KEYS = {"SP71": "ict/leiden"}
ATTACH = """
CREATE EXTENSION sp71_steering;
INSERT INTO steering.participant (code, name, reader) VALUES ('leiden', 'Leiden', 'tryton');
INSERT INTO steering.service (code, name) VALUES ('ict', 'ICT');
SELECT steering.set_cap('ict', 'leiden', 'budget', '2025', 1000, '100% block');
"""
ATTACH_INVOICES = """
SELECT steering.attach_query($query$
  SELECT split_part(a.code, '/', 1) AS service, split_part(a.code, '/', 2) AS participant,
    coalesce(h.accounting_date, h.invoice_date) AS booked_on,
    round(l.quantity::numeric * l.unit_price, 2) AS amount
  FROM public.account_invoice_line l
  JOIN public.account_invoice h ON h.id = l.invoice
  LEFT JOIN public.account_move hm ON hm.id = h.cancel_move
  LEFT JOIN public.analytic_account_entry e ON e.origin = 'account.invoice.line,' || l.id AND e.root = {root}
  LEFT JOIN public.analytic_account_account a ON a.id = e.account
  WHERE l.type = 'line' AND h.type = 'in' AND {header_counts}
$query$);
"""
ATTACH_ORDERS = """
SELECT steering.attach_query($query$
  SELECT split_part(a.code, '/', 1) AS service, split_part(a.code, '/', 2) AS participant, h.purchase_date AS booked_on,
    round(l.quantity::numeric * l.unit_price, 2) AS amount
  FROM public.purchase_line l
  JOIN public.purchase_purchase h ON h.id = l.purchase
  LEFT JOIN public.analytic_account_entry e ON e.origin = 'purchase.line,' || l.id AND e.root = {root}
  LEFT JOIN public.analytic_account_account a ON a.id = e.account
  LEFT JOIN public.account_invoice_line il ON il.origin = 'purchase.line,' || l.id
  LEFT JOIN public.account_invoice ih ON ih.id = il.invoice
  LEFT JOIN public.account_move im ON im.id = ih.cancel_move
  WHERE l.type = 'line' AND h.state IN ('confirmed', 'processing') AND coalesce(NOT {invoice_counts}, true)
$query$, stage => 'commitment', promise_unique => '{{public.account_invoice_line}}');
"""
# An invoice that was settled with a credit note is cancelled too, in Tryton, and the note counts: so must the invoice.
# It names the move of the note, whose origin is another invoice; one that was cancelled by itself names a move of its own.
COUNTS = """({header}.state IN ('validated', 'posted', 'paid')
    OR {header}.state = 'cancelled' AND {move}.origin LIKE 'account.invoice,%')"""


def orders():
    """An order takes room, and its invoice takes the place of it."""
    order = ours.order(700, "02-03", **KEYS)
    equal((state(order), used()), ("quotation", 0.0), "a quotation takes no room")
    order.click("confirm")
    equal((state(order), used(), committed()), ("processing", 700.0, 700.0), "an order that is confirmed does")
    refused = ours.order(400, "02-03", **KEYS)
    shown = refusal(lambda: refused.click("confirm"))
    ok("is exceeded" in shown and "100.00 too much" in shown, "the next one is refused, and the user is shown why", shown)
    equal((state(refused), used()), ("quotation", 700.0), "and is a quotation as it was")

    full = ours.order(300, "02-03", **KEYS)
    full.click("confirm")
    equal(used(), 1000.0, "one that fits takes the rest")
    invoice = invoice_of(order)
    invoice.click("post")
    equal((state(invoice), used(), committed()), ("posted", 1000.0, 300.0),
          "an invoice takes the place of its order, where there is no room")

    dearer = invoice_of(full)
    dearer.lines[0].unit_price = Decimal(301)
    dearer.save()
    shown = refusal(lambda: dearer.click("post"))
    ok("1.00 too much" in shown, "one that is dearer than its order is refused", shown)
    equal((state(dearer), committed()), ("draft", 300.0), "and its order stands")

    invoice.click("cancel")
    equal((state(invoice), used(), committed()), ("cancelled", 1000.0, 1000.0),
          "an invoice that is cancelled gives the room back to its order")


def invoice_of(order):
    invoice = Model.get("account.invoice")(order.invoices[0].id)
    invoice.invoice_date = day("02-10")
    invoice.save()
    return invoice


def invoices():
    before = leave_room(1000)
    posted = ours.invoice(600, "02-03", **KEYS)
    equal(used(), before, "a draft books nothing")
    posted.click("post")
    equal((state(posted), used() - before), ("posted", 600.0), "an invoice that is posted books")
    draft = ours.invoice(500, "02-04", **KEYS)
    shown = refusal(lambda: draft.click("post"))
    ok("100.00 too much" in shown, "one that is too much is refused", shown)
    equal((state(draft), used() - before), ("draft", 600.0), "and is a draft as it was")
    ours.credit(posted)
    equal((state(posted), used()), ("cancelled", before), "a credit note gives back")


def keys():
    """The key stands in a table that Tryton writes after the line, and its meaning in a third."""
    before = leave_room(1000)
    draft = ours.invoice(5, "02-04", SP71="itc/leiden")
    shown = refusal(lambda: draft.click("post"))
    ok('service "itc"' in shown and "is unknown" in shown, "an unknown service is refused", shown)
    draft.lines[0].analytic_accounts[0].account = ours.accounts["SP71"]["ict/leiden"]
    draft.save()
    draft.click("post")
    equal((state(draft), used() - before), ("posted", 5.0), "and books with another account")
    account = ours.accounts["SP71"]["ict/leiden"]
    account.code = "itc/leiden"
    shown = refusal(account.save)
    ok("is unknown" in shown, "an account with bookings gets no code that means nothing", shown)
    account.reload()


psql(ATTACH)
if not psql("SELECT to_regproc('steering.attach_query')"):
    skip("there is no attach_query()")
ours = Company({"SP71": ["ict/leiden", "itc/leiden"]})
psql("GRANT EXECUTE ON FUNCTION steering.attach_query TO tryton; CREATE INDEX ON public.analytic_account_entry (account);"
     "CREATE INDEX ON public.account_invoice (cancel_move);")
for text in ATTACH_INVOICES, ATTACH_ORDERS:
    psql(text.format(root=ours.accounts["SP71"]["ict/leiden"].root.id, header_counts=COUNTS.format(header="h", move="hm"),
                     invoice_counts=COUNTS.format(header="ih", move="im")), role="tryton")
orders()
invoices()
keys()
bulk(ours, KEYS)
sessions_at_once(ours, KEYS)
closed_month(ours, KEYS)
# What Tryton's ledger says, and what is ordered and not invoiced.
right_in_the_end("""
SELECT (SELECT sum(debit - credit) FROM analytic_account_line)
  + (SELECT sum(l.quantity::numeric * l.unit_price) FROM purchase_line l JOIN purchase_purchase p ON p.id = l.purchase
     WHERE p.state = 'processing' AND NOT EXISTS (SELECT FROM account_invoice_line i JOIN account_invoice h ON h.id = i.invoice
       WHERE i.origin = 'purchase.line,' || l.id AND h.state = 'posted'))""")
done()
