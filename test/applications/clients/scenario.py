"""
What every client in Python does, on a cap of 1000 that warns from 800 on. A client is an object of the test with

    open(database)      a session that can do the following
    error               the class of the exception that a refusal is
    retryable           the class of the exception that asks for another try
    unknown             the class of the exception for an unknown service
    fields(exception)   what the program can read of it: a dict

and a session with

    book(amount, service='ict')     one row, as this client writes rows, in a transaction of its own
    lower(id, amount)               changes one row
    transaction(work, isolation)    calls work(session) in a transaction, which is committed
    rows(sql)                       what a query gives, as a list of tuples
    warnings()                      the warnings since the last call: a list of dicts

A field that a client does not give is not in the dicts; the test says so in a comment, and in `lacking`.
"""

import os
import threading

from tap import done, equal, ok, skip

REFUSAL = {
    "sqlstate": "23S71",
    "message": 'budget cap of service "ict" for participant "leiden" is exceeded',
    "detail": "Cap 1 (2026-01-01 to 2026-12-31) blocks above 1000.00; used 700.00, this statement adds 500.00, 200.00 too much.",
    "hint": "Lower or release other bookings under this cap, or ask whoever steers it to raise cap 1 with steering.set_cap().",
    "schema": "public", "table": "invoice_line", "constraint": "1",
}
WARNING = {
    "sqlstate": "01S71",
    "message": 'budget cap of service "ict" for participant "leiden" has reached a step that warns',
    "detail": "Cap 1 (2026-01-01 to 2026-12-31) has a limit of 1000.00 and warns from 800.00; used now 850.00.",
    "table": "invoice_line", "constraint": "1",
}


def caught(work):
    """The exception that work raises, or None."""
    try:
        work()
    except Exception as exception:
        return exception
    return None


def retry(work, fields, tries=5):
    """Calls work again while the server asks for it: the loop that every program with transactions needs."""
    for attempt in range(1, tries + 1):
        try:
            work()
            return attempt
        except Exception as exception:
            if fields(exception).get("sqlstate") not in ("40001", "40P01") or attempt == tries:
                raise


def expect(found, expected, lacking, what):
    """Compares all fields that the client gives, and sees that it gives all but those that it lacks."""
    for name, value in expected.items():
        if name in lacking:
            ok(name not in found, f"{what}: {name} is not given", found.get(name))
        else:
            equal(found.get(name), value, f"{what}: {name}")


def total(session):
    return float(session.rows("SELECT coalesce(sum(amount), 0) FROM invoice_line")[0][0])


def used(session):
    return float(session.rows("SELECT used FROM steering.check_booking('ict', 'leiden', '2026-05-01')")[0][0])


def refusal(client, session):
    session.book(700)
    equal(session.warnings(), [], "a booking below all steps gives no warning")
    exception = caught(lambda: session.book(500))
    ok(isinstance(exception, client.error), f"a refusal is {client.error.__name__}", exception)
    expect(client.fields(exception), REFUSAL, client.lacking, "refusal")
    equal(total(session), 700.0, "what was refused is not there, and the session goes on")


def warning(client, session):
    session.book(150)
    warnings = session.warnings()
    equal(len(warnings), 1, "a booking over a step that warns gives a warning")
    expect(warnings[0] if warnings else {}, WARNING, client.lacking_in_warnings, "warning")


def dry_run(client, session):
    found = session.rows("SELECT cap_id, verdict FROM steering.check_booking('ict', 'leiden', '2026-05-01', 500)")
    equal([tuple(row) for row in found], [(1, "block")], "a dry run tells what would be refused")
    equal(used(session), 850.0, "and books nothing")


def at_commit(client, session):
    """The order of bookings does not matter, and what is too much is refused by COMMIT."""
    first = session.rows("SELECT min(id) FROM invoice_line")[0][0]
    reached = []

    def exchange(inner):
        inner.rows("SELECT set_config('sp71_steering.check_at', 'commit', true)")
        inner.book(300)
        inner.lower(first, 400)

    def too_much(inner):
        inner.rows("SELECT set_config('sp71_steering.check_at', 'commit', true)")
        inner.book(300)
        reached.append("end")

    session.transaction(exchange)
    equal(total(session), 850.0, "with check_at = 'commit' what goes up may come before what goes down")
    exception = caught(lambda: session.transaction(too_much))
    equal(reached, ["end"], "what is too much passes until the transaction ends")
    ok(isinstance(exception, client.error), f"then COMMIT is refused by {client.error.__name__}", exception)
    equal(client.fields(exception).get("sqlstate"), "23S71", "COMMIT is refused: sqlstate")
    equal(total(session), 850.0, "and nothing of it is there")


def unknown_key(client, session):
    exception = caught(lambda: session.book(1, service="itc"))
    ok(isinstance(exception, client.unknown), f"an unknown service is {client.unknown.__name__}", exception)
    found = client.fields(exception)
    equal(found.get("sqlstate"), "23S73", "unknown service: sqlstate")
    ok('"itc"' in found["message"], "unknown service: the message names it", found)


def stale_snapshot(client, session, other):
    """Another session books between the snapshot and the booking: the second attempt passes."""
    attempts = []

    def book(inner):
        inner.rows("SELECT count(*) FROM invoice_line")
        attempts.append(1)
        if len(attempts) == 1:
            other.book(10)
        inner.book(10)

    exception = caught(lambda: session.transaction(book, "REPEATABLE READ"))
    ok(isinstance(exception, client.retryable), f"a stale snapshot is {client.retryable.__name__}", exception)
    equal(client.fields(exception).get("sqlstate"), "40001", "a stale snapshot: sqlstate")
    attempts.clear()
    equal(retry(lambda: session.transaction(book, "REPEATABLE READ"), client.fields), 2, "the second attempt passes")
    equal(total(session), 880.0, "and has booked once")


def deadlock(client, database):
    """Two transactions take two locks in opposite order: one is asked to try again, both book."""
    barrier = threading.Barrier(2)
    attempts, errors = [], []

    def run(first, second):
        mine = client.open(database)
        tries = []

        def book(inner):
            tries.append(1)
            inner.rows(f"SELECT pg_advisory_xact_lock({first})::text")
            if len(tries) == 1:
                barrier.wait(30)
            inner.rows(f"SELECT pg_advisory_xact_lock({second})::text")
            inner.book(5)

        try:
            attempts.append(retry(lambda: mine.transaction(book), client.fields))
        except Exception as exception:
            errors.append(exception)

    threads = [threading.Thread(target=run, args=order) for order in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    equal(errors, [], "a deadlock ends in no error")
    equal(sorted(attempts), [1, 2], "but in another attempt of one of the two")


def pooled(client, database):
    """Behind a pool that gives the server's session back at each COMMIT, check_at is set in the transaction."""
    session = client.open(database + "_pool")
    first = session.rows("SELECT min(id) FROM invoice_line")[0][0]

    def exchange(inner):
        inner.rows("SELECT set_config('sp71_steering.check_at', 'commit', true)")
        inner.book(200)
        inner.lower(first, 200)

    def too_much(inner):
        inner.rows("SELECT set_config('sp71_steering.check_at', 'commit', true)")
        inner.book(300)

    session.transaction(exchange)
    exception = caught(lambda: session.transaction(too_much))
    equal(client.fields(exception).get("sqlstate"), "23S71", "behind a pool COMMIT is refused likewise")
    equal(session.rows("SELECT current_setting('sp71_steering.check_at')")[0][0], "statement",
          "and the setting ends with the transaction")
    equal(client.fields(caught(lambda: session.book(500))).get("sqlstate"), "23S71", "so that a statement is refused at once")


def run(client):
    database = os.environ["PGDATABASE"]
    session, other = client.open(database), client.open(database)
    refusal(client, session)
    warning(client, session)
    dry_run(client, session)
    at_commit(client, session)
    unknown_key(client, session)
    stale_snapshot(client, session, other)
    deadlock(client, database)
    if "POOL_PORT" in os.environ:
        pooled(client, database)
    equal(total(session), used(session), "the cap has what the rows come to")
    equal(session.rows("SELECT * FROM steering.verify()"), [], "verify() finds nothing")
    done()
