/*
 * What every client in JavaScript does, on a cap of 1000 that warns from 800 on. A client is an object of the test with
 *
 *	open(database)		a session that can do the following
 *	error				the class of the exception that a refusal is
 *	fields(exception)	what the program can read of it: an object
 *	lacking, lackingInWarnings	names of the fields that it cannot read
 *
 * and a session with
 *
 *	book(amount, service)			one row, as this client writes rows; in the transaction that is open, or in one of its own
 *	lower(id, amount)				changes one row
 *	transaction(work, isolation)	calls work() in a transaction, which is committed
 *	rows(sql)						what a query gives
 *	warnings()						the warnings since the last call
 *	close()
 */
'use strict';
const assert = require('assert');

let count = 0;
let failed = false;

function ok(passed, what, found) {
	count++;
	console.log(`${passed ? 'ok' : 'not ok'} ${count} - ${what}`);
	if (!passed) {
		failed = true;
		console.error(`# found ${found instanceof Error ? found.stack.replace(/\n/g, '\n# ') : JSON.stringify(found)}`);
	}
}

function equal(found, expected, what) {
	let same = true;
	try {
		assert.deepStrictEqual(found, expected);
	} catch {
		same = false;
	}
	ok(same, what, found);
}

const refusalFields = {
	sqlstate: '23S71',
	message: 'budget cap of service "ict" for participant "leiden" is exceeded',
	detail: 'Cap 1 (2026-01-01 to 2026-12-31) blocks above 1000.00; used 700.00, this statement adds 500.00, 200.00 too much.',
	hint: 'Lower or release other bookings under this cap, or ask whoever steers it to raise cap 1 with steering.set_cap().',
	schema: 'public', table: 'invoice_line', constraint: '1',
};
const warningFields = {
	sqlstate: '01S71',
	message: 'budget cap of service "ict" for participant "leiden" has reached a step that warns',
	detail: 'Cap 1 (2026-01-01 to 2026-12-31) has a limit of 1000.00 and warns from 800.00; used now 850.00.',
	schema: 'public', table: 'invoice_line', constraint: '1',
};

/* The fields of an error or a notice of pg, which all five clients use. */
function pgFields(error) {
	return {
		sqlstate: error.code, message: error.message, detail: error.detail, hint: error.hint,
		schema: error.schema, table: error.table, constraint: error.constraint,
	};
}

async function caught(work) {
	try {
		await work();
	} catch (exception) {
		return exception;
	}
	return null;
}

/* Calls work again while the server asks for it: the loop that every program with transactions needs. */
async function retry(work, fields, tries = 5) {
	for (let attempt = 1; ; attempt++) {
		try {
			await work();
			return attempt;
		} catch (exception) {
			if (attempt === tries || !['40001', '40P01'].includes(fields(exception).sqlstate)) {
				throw exception;
			}
		}
	}
}

function expect(found, expected, lacking, what) {
	for (const [name, value] of Object.entries(expected)) {
		if (lacking.includes(name)) {
			ok(found[name] === undefined, `${what}: ${name} is not given`, found[name]);
		} else {
			equal(found[name], value, `${what}: ${name}`);
		}
	}
}

const total = async (session) => Number((await session.rows('SELECT coalesce(sum(amount), 0) AS n FROM invoice_line'))[0].n);
const used = async (session) =>
	Number((await session.rows("SELECT used AS n FROM steering.check_booking('ict', 'leiden', '2026-05-01')"))[0].n);
const first = async (session) => (await session.rows('SELECT min(id) AS n FROM invoice_line'))[0].n;
const checkAtCommit = (session) => session.rows("SELECT set_config('sp71_steering.check_at', 'commit', true)");

async function refusal(client, session) {
	await session.book(700);
	equal(session.warnings(), [], 'a booking below all steps gives no warning');
	const exception = await caught(() => session.book(500));
	ok(exception instanceof client.error, `a refusal is ${client.error.name}`, exception);
	expect(client.fields(exception), refusalFields, client.lacking, 'refusal');
	equal(await total(session), 700, 'what was refused is not there, and the session goes on');
	await session.book(150);
	const warnings = session.warnings();
	equal(warnings.length, 1, 'a booking over a step that warns gives a warning');
	expect(warnings[0] ?? {}, warningFields, client.lackingInWarnings, 'warning');
	equal(await session.rows("SELECT verdict FROM steering.check_booking('ict', 'leiden', '2026-05-01', 500)"),
		[{ verdict: 'block' }], 'a dry run tells what would be refused');
}

async function exchange(session, amount, lowered) {
	const id = await first(session);
	await session.transaction(async () => {
		await checkAtCommit(session);
		await session.book(amount);
		await session.lower(id, lowered);
	});
}

async function tooMuch(client, session, where) {
	let reached = false;
	const exception = await caught(() => session.transaction(async () => {
		await checkAtCommit(session);
		await session.book(300);
		reached = true;
	}));
	ok(reached, `${where}what is too much passes until the transaction ends`, exception);
	ok(exception instanceof client.error, `${where}then COMMIT is refused by ${client.error.name}`, exception);
	equal(client.fields(exception ?? new Error()).sqlstate, '23S71', `${where}COMMIT is refused: sqlstate`);
}

async function atCommit(client, session) {
	await exchange(session, 300, 400);
	equal(await total(session), 850, "with check_at = 'commit' what goes up may come before what goes down");
	await tooMuch(client, session, '');
	equal(await total(session), 850, 'and nothing of it is there');
}

async function unknownKey(client, session) {
	const exception = await caught(() => session.book(1, 'itc'));
	ok(exception instanceof client.error, `an unknown service is ${client.error.name}`, exception);
	equal(client.fields(exception).sqlstate, '23S73', 'unknown service: sqlstate');
}

async function staleSnapshot(client, session, other) {
	let attempts = 0;
	const overtaken = () => session.transaction(async () => {
		await total(session);
		if (++attempts === 1) {
			await other.book(10);
		}
		await session.book(10);
	}, 'REPEATABLE READ');

	equal(client.fields(await caught(overtaken)).sqlstate, '40001', 'a stale snapshot asks for another try');
	attempts = 0;
	equal(await retry(overtaken, client.fields), 2, 'the second attempt passes');
	equal(await total(session), 880, 'and has booked once');
}

/* Two transactions take two locks in opposite order: one is asked to try again, both book. */
async function deadlock(client, database) {
	let waiting = 0;
	let both;
	const bothHold = new Promise((resolve) => { both = resolve; });
	const one = async (mine, theirs) => {
		const session = await client.open(database);
		let tries = 0;
		const attempts = await retry(() => session.transaction(async () => {
			await session.rows(`SELECT pg_advisory_xact_lock(${mine})::text`);
			if (++tries === 1) {
				if (++waiting === 2) {
					both();
				}
				await bothHold;
			}
			await session.rows(`SELECT pg_advisory_xact_lock(${theirs})::text`);
			await session.book(5);
		}), client.fields);
		await session.close();
		return attempts;
	};
	equal((await Promise.all([one(1, 2), one(2, 1)])).sort(), [1, 2], 'a deadlock ends in another attempt of one of the two');
}

async function pooled(client, database) {
	const session = await client.open(`${database}_pool`);
	await exchange(session, 200, 200);
	await tooMuch(client, session, 'behind a pool ');
	equal((await session.rows("SELECT current_setting('sp71_steering.check_at') AS at"))[0].at, 'statement',
		'and the setting ends with the transaction');
	equal(client.fields(await caught(() => session.book(500))).sqlstate, '23S71', 'so that a statement is refused at once');
	await session.close();
}

async function run(client) {
	const database = process.env.PGDATABASE;
	const session = await client.open(database);
	const other = await client.open(database);
	await refusal(client, session);
	await atCommit(client, session);
	await unknownKey(client, session);
	await staleSnapshot(client, session, other);
	await deadlock(client, database);
	if (process.env.POOL_PORT) {
		await pooled(client, database);
	}
	equal(await total(session), await used(session), 'the cap has what the rows come to');
	equal(await session.rows('SELECT * FROM steering.verify()'), [], 'verify() finds nothing');
	await session.close();
	await other.close();
	console.log(`1..${count}`);
	process.exitCode = failed ? 1 : 0;
}

/* Where a database is, or the pool before it. */
function address(database) {
	return {
		host: process.env.PGHOST, port: Number(database.endsWith('_pool') ? process.env.POOL_PORT : process.env.PGPORT),
		user: process.env.PGUSER, password: process.env.PGPASSWORD, database,
	};
}

module.exports = { address, pgFields, run: (client) => run(client).catch((exception) => {
	console.error(exception);
	process.exit(1);
}) };
