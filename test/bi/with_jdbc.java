/*
 * JDBC as BI tools use it: DatabaseMetaData lists views and columns with their comments as remarks and with types that they
 * know; the queries of README for Excel and LibreOffice, by parameters; a refusal has its SQLSTATE and its message.
 */
import java.math.BigDecimal;
import java.nio.file.*;
import java.sql.*;
import java.util.*;
import java.util.regex.*;

class WithJdbc {
	static final Map<String, String> VALUES = Map.of("period", "2026", "as_of", "2026-09-30", "participant", "GM0547");
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

	/* The driver speaks TCP only, so it is behind a pool, of transactions: prepareThreshold = 0. */
	static Connection open(String role) throws SQLException {
		return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + System.getenv("POOL_PORT") + "/demo_year_pool?prepareThreshold=0",
			role, role);
	}

	static void catalogue(DatabaseMetaData data) throws SQLException {
		Map<String, String> views = new TreeMap<>(), types = new TreeMap<>();
		List<String> bare = new ArrayList<>(), strange = new ArrayList<>();

		try (ResultSet rows = data.getTables(null, "steering", "%", new String[] {"VIEW"})) {
			while (rows.next())
				views.put(rows.getString("TABLE_NAME"), rows.getString("REMARKS"));
		}
		ok(String.valueOf(views.get("alert")).startsWith("what asks for attention"), "views are listed, with their comments", views.get("alert"));
		try (ResultSet rows = data.getColumns(null, "steering", "%", "%")) {
			while (rows.next()) {
				String column = rows.getString("TABLE_NAME") + "." + rows.getString("COLUMN_NAME");

				if (!views.containsKey(rows.getString("TABLE_NAME")))
					continue;
				if (rows.getString("REMARKS") == null)
					bare.add(column);
				types.put(column, rows.getString("TYPE_NAME"));
			}
		}
		equal(bare, List.of(), "all columns of views have comments");
		ok(types.size() > 300, "and they are many", types.size());
		equal(types.get("cap_status.used") + " " + types.get("cap_status.valid_from") + " " + types.get("alert.since"), "numeric date timestamptz",
			"they have types that tools know");
	}

	static void ask(Connection session, int number, String parameters, String sql) throws SQLException {
		int rows = 0;

		try (PreparedStatement statement = session.prepareStatement(sql)) {
			String[] names = parameters.split(", ");

			for (int place = 0; place < names.length; place++)
				statement.setString(place + 1, VALUES.get(names[place]));
			try (ResultSet found = statement.executeQuery()) {
				while (found.next())
					rows++;
			}
		}
		ok(rows > 0, "query " + number + ": it answers", rows);
	}

	static void values(Connection session) throws SQLException {
		try (Statement statement = session.createStatement();
				ResultSet row = statement.executeQuery("SELECT amount, valid_from, (SELECT measured FROM steering.cost_versus_result('2026') "
					+ "WHERE service = 'hr.advice' LIMIT 1) FROM steering.cap_status WHERE cap_id = 1")) {
			row.next();
			equal(row.getObject(1), new BigDecimal("1340000.0000"), "money is a decimal, exact");
			equal(row.getObject(2), java.sql.Date.valueOf("2026-01-01"), "a day is a day");
			ok(row.getObject(3) == null, "what is not known is null", row.getObject(3));
		}
	}

	static void refused(String role, String sql, String state, String message) throws SQLException {
		try (Connection session = open(role); Statement statement = session.createStatement()) {
			statement.execute(sql);
			ok(false, role + " is refused", "nothing");
		} catch (SQLException exception) {
			equal(exception.getSQLState(), state, role + " is refused: SQLSTATE");
			ok(exception.getMessage().contains(message), role + " is refused: message", exception.getMessage());
		}
	}

	public static void main(String[] arguments) throws Exception {
		if (System.getenv("POOL_PORT") == null) {
			System.out.println("1..0 # SKIP pgbouncer is not installed, and the driver speaks TCP only");
			return;
		}
		String readme = Files.readString(Path.of("README.md"));
		String page = readme.substring(readme.indexOf("\n### Excel and LibreOffice\n"), readme.indexOf("\n### psql\n"));
		Matcher queries = Pattern.compile("^-- (.*)\n([^;]*);", Pattern.MULTILINE).matcher(page);
		Connection session = open("bi");

		catalogue(session.getMetaData());
		for (int number = 1; queries.find(); number++)
			ask(session, number, queries.group(1), queries.group(2));
		values(session);
		refused("bi", "CREATE TEMPORARY TABLE kept (n integer)", "25006", "read-only transaction");
		refused("app", "INSERT INTO finance.invoice VALUES ('BI-2', 'finance.invoice', 'GM0546', '2027-02-01', 9000000, 1, 'approved')",
			"23S71", "budget cap of service \"finance\" for participant \"GM0546\" is exceeded");
		System.out.println("1.." + count);
		System.exit(failed ? 1 : 0);
	}
}
