"""What is tried in each way to put caps below Tryton: many invoices in one call, sessions at once, a month that is closed."""

from company import CONTEXT, at_once, psql, refusal, server, state, states
from tap import equal, ok


def used():
    return float(psql("SELECT used FROM steering.check_booking('ict', 'leiden', '2025-06-01')"))


def committed():
    return float(psql("SELECT commitments FROM steering.why_refused('ict', 'leiden', '2025-06-01') WHERE reason = 'cap'"))


def leave_room(room):
    """Sets the cap to what is used and so much more; returns what is used."""
    before = used()
    psql(f"SELECT steering.set_cap('ict', 'leiden', 'budget', '2025', {before + room})")
    return before


def bulk(ours, keys):
    """One call of the RPC posts many: all or none."""
    before = leave_room(1000)
    post = server().model.account.invoice.post
    first, second = (ours.invoices(20, 30, "02-10", **keys) for _ in range(2))
    post(first, CONTEXT)
    equal((used() - before, states(first)), (600.0, {"posted": 20}), "20 invoices are posted in one call")
    shown = refusal(lambda: post(second, CONTEXT))
    ok("is exceeded" in shown, "20 more are refused", shown)
    equal((used() - before, states(second)), (600.0, {"draft": 20}), "and none of them is posted")


def sessions_at_once(ours, keys):
    """Six sessions post 24 invoices of 40, one by one, where 10 fit."""
    before = leave_room(400)
    shown = at_once(6, ours.invoices(24, 40, "02-11", **keys))
    equal({text for text in shown if text and "is exceeded" not in text}, set(), "six sessions at once are refused for the cap only")
    equal((shown.count(""), used() - before), (10, 400.0), "and just what fits is posted")


def closed_month(ours, keys):
    """What was posted in a month stays, when the month is closed."""
    before = leave_room(1000)
    january, late = (ours.invoice(50, "01-15", **keys) for _ in range(2))
    january.click("post")
    psql("SELECT steering.close_period('2025-01')")
    for what, work in (("posting in", lambda: late.click("post")), ("cancelling what was posted in", lambda: january.click("cancel"))):
        shown = refusal(work)
        ok("period 2025-01 is closed" in shown, f"{what} a closed month is refused", shown)
    equal((state(late), state(january), used() - before), ("draft", "posted", 50.0), "nothing has changed in it")
    psql("SELECT steering.reopen_period('2025-01', 'a mistake')")
    january.click("cancel")
    equal(used(), before, "until it is reopened")


def right_in_the_end(sum_of_bookings):
    equal(psql("SELECT * FROM steering.verify()"), "", "verify() finds nothing")
    equal(float(psql(sum_of_bookings)), used(), "the cap has what Tryton's tables come to")
