/*
 * JDBC: a refusal is PSQLException, a SQLException, with its fields in getServerErrorMessage(); warnings are a chain at the
 * statement. Spring makes DataIntegrityViolationException of class 23.
 */
import java.math.BigDecimal;
import java.sql.*;
import java.util.concurrent.*;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLWarning;
import org.postgresql.util.ServerErrorMessage;

class WithJdbc {
	static int count;
	static boolean failed;

	static void ok(boolean passed, String what, Object found) {
		count++;
		System.out.println((passed ? "ok " : "not ok ") + count + " - " + what);
		if (!passed) {
			failed = true;
			System.err.println("# found " + found);
		}
	}

	static void equal(Object found, Object expected, String what) {
		ok(expected.equals(found), what, found + ", not " + expected);
	}

	interface Work {
		void run() throws Exception;
	}

	/* The driver speaks TCP only: so it is always behind pgbouncer. With prepareThreshold = 0 nothing outlives a transaction. */
	static Connection open(String database) throws SQLException {
		return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + System.getenv("POOL_PORT") + "/" + database
			+ "?prepareThreshold=0", System.getenv("PGUSER"), System.getenv("PGPASSWORD"));
	}

	static SQLWarning book(Connection session, int amount, String service) throws SQLException {
		try (PreparedStatement statement = session.prepareStatement(
				"INSERT INTO invoice_line (service, participant, booked_on, amount) VALUES (?, 'leiden', '2026-02-03', ?)")) {
			statement.setString(1, service);
			statement.setBigDecimal(2, BigDecimal.valueOf(amount));
			statement.executeUpdate();
			return statement.getWarnings();
		}
	}

	static String value(Connection session, String sql) throws SQLException {
		try (Statement statement = session.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
			return rows.next() ? rows.getString(1) : null;
		}
	}

	static String total(Connection session) throws SQLException {
		return value(session, "SELECT coalesce(sum(amount), 0) FROM invoice_line");
	}

	static void run(Connection session, String sql) throws SQLException {
		try (Statement statement = session.createStatement()) {
			statement.execute(sql);
		}
	}

	static SQLException caught(Work work) throws Exception {
		try {
			work.run();
			return null;
		} catch (SQLException exception) {
			return exception;
		}
	}

	static String state(SQLException exception) {
		return exception == null ? "none" : exception.getSQLState();
	}

	static void transaction(Connection session, int isolation, Work work) throws Exception {
		session.setTransactionIsolation(isolation);
		session.setAutoCommit(false);
		try {
			work.run();
			session.commit();
		} catch (Exception exception) {
			session.rollback();
			throw exception;
		} finally {
			session.setAutoCommit(true);
		}
	}

	/* Does it again while the server asks for it; returns how often. */
	static int retry(Work work) throws Exception {
		for (int attempt = 1;; attempt++) {
			try {
				work.run();
				return attempt;
			} catch (SQLException exception) {
				if (attempt == 5 || !exception.getSQLState().matches("40001|40P01"))
					throw exception;
			}
		}
	}

	static void exchange(Connection session, int amount, int lowered) throws Exception {
		String first = value(session, "SELECT min(id) FROM invoice_line");

		transaction(session, Connection.TRANSACTION_READ_COMMITTED, () -> {
			run(session, "SET LOCAL sp71_steering.check_at = 'commit'");
			book(session, amount, "ict");
			run(session, "UPDATE invoice_line SET amount = " + lowered + " WHERE id = " + first);
		});
	}

	static void tooMuch(Connection session, String where) throws Exception {
		boolean[] reached = new boolean[1];
		SQLException refusal = caught(() -> transaction(session, Connection.TRANSACTION_READ_COMMITTED, () -> {
			run(session, "SET LOCAL sp71_steering.check_at = 'commit'");
			book(session, 300, "ict");
			reached[0] = true;
		}));

		ok(reached[0], where + "what is too much passes until the transaction ends", refusal);
		equal(state(refusal), "23S71", where + "then COMMIT is refused");
	}

	static void expect(ServerErrorMessage message, String state, String text, String detail) {
		equal(message.getSQLState(), state, state + ": SQLSTATE");
		equal(message.getMessage(), text, state + ": message");
		equal(message.getDetail(), detail, state + ": detail");
		equal(message.getSchema(), "public", state + ": schema");
		equal(message.getTable(), "invoice_line", state + ": table");
		equal(message.getConstraint(), "1", state + ": constraint");
	}

	static void refuseAndWarn(Connection session) throws Exception {
		equal(String.valueOf(book(session, 700, "ict")), "null", "a booking below all steps gives no warning");
		SQLException refusal = caught(() -> book(session, 500, "ict"));
		ok(refusal instanceof PSQLException, "a refusal is PSQLException", refusal);
		expect(((PSQLException) refusal).getServerErrorMessage(), "23S71",
			"budget cap of service \"ict\" for participant \"leiden\" is exceeded",
			"Cap 1 (2026-01-01 to 2026-12-31) blocks above 1000.00; used 700.00, this statement adds 500.00, 200.00 too much.");
		ok(((PSQLException) refusal).getServerErrorMessage().getHint().endsWith("steering.set_cap()."), "23S71: hint", refusal);
		equal(total(session), "700.00", "what was refused is not there, and the session goes on");

		SQLWarning warning = book(session, 150, "ict");
		ok(warning instanceof PSQLWarning, "a warning stands at the statement", warning);
		expect(((PSQLWarning) warning).getServerErrorMessage(), "01S71",
			"budget cap of service \"ict\" for participant \"leiden\" has reached a step that warns",
			"Cap 1 (2026-01-01 to 2026-12-31) has a limit of 1000.00 and warns from 800.00; used now 850.00.");
	}

	static void retries(Connection session, Connection other) throws Exception {
		int[] attempts = new int[1];
		Work overtaken = () -> transaction(session, Connection.TRANSACTION_REPEATABLE_READ, () -> {
			total(session);
			if (++attempts[0] == 1)
				book(other, 10, "ict");
			book(session, 10, "ict");
		});

		equal(state(caught(overtaken)), "40001", "a stale snapshot asks for another try");
		attempts[0] = 0;
		equal(retry(overtaken), 2, "the second attempt passes");
		equal(total(session), "880.00", "and has booked once");
	}

	/* Two transactions take two locks in opposite order: one is asked to try again, both book. */
	static void deadlock(String database) throws Exception {
		CyclicBarrier barrier = new CyclicBarrier(2);
		ExecutorService threads = Executors.newFixedThreadPool(2);
		ConcurrentLinkedQueue<Future<Integer>> found = new ConcurrentLinkedQueue<>();

		for (int first = 1; first <= 2; first++) {
			int mine = first;
			found.add(threads.submit(() -> {
				int[] tries = new int[1];
				try (Connection session = open(database)) {
					return retry(() -> transaction(session, Connection.TRANSACTION_READ_COMMITTED, () -> {
						run(session, "SELECT pg_advisory_xact_lock(" + mine + ")");
						if (++tries[0] == 1)
							barrier.await(30, TimeUnit.SECONDS);
						run(session, "SELECT pg_advisory_xact_lock(" + (3 - mine) + ")");
						book(session, 5, "ict");
					}));
				}
			}));
		}
		int attempts = 0;
		for (Future<Integer> future : found)
			attempts += future.get();
		threads.shutdown();
		equal(attempts, 3, "a deadlock ends in another attempt of one of the two");
	}

	public static void main(String[] arguments) throws Exception {
		if (System.getenv("POOL_PORT") == null) {
			System.out.println("1..0 # SKIP pgbouncer is not installed, and the driver speaks TCP only");
			return;
		}
		String database = System.getenv("PGDATABASE");
		Connection session = open(database);

		refuseAndWarn(session);
		equal(value(session, "SELECT verdict FROM steering.check_booking('ict', 'leiden', '2026-05-01', 500)"), "block",
			"a dry run tells what would be refused");
		exchange(session, 300, 400);
		equal(total(session), "850.00", "with check_at = 'commit' what goes up may come before what goes down");
		tooMuch(session, "");
		equal(total(session), "850.00", "and nothing of it is there");
		equal(state(caught(() -> book(session, 1, "itc"))), "23S73", "an unknown service is refused");
		retries(session, open(database));
		deadlock(database);

		Connection pooled = open(database + "_pool");
		exchange(pooled, 200, 200);
		tooMuch(pooled, "behind a pool ");
		equal(value(pooled, "SHOW sp71_steering.check_at"), "statement", "and the setting ends with the transaction");
		equal(state(caught(() -> book(pooled, 500, "ict"))), "23S71", "so that a statement is refused at once");

		equal(total(session), value(session,
			"SELECT used::numeric(12,2) FROM steering.check_booking('ict', 'leiden', '2026-05-01')"), "the cap has what the rows come to");
		equal(String.valueOf(value(session, "SELECT kind::text FROM (SELECT 1 AS kind FROM steering.verify()) AS d")), "null",
			"verify() finds nothing");
		System.out.println("1.." + count);
		System.exit(failed ? 1 : 0);
	}
}
