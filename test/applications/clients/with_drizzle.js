/*
 * drizzle: a refusal is DrizzleQueryError;
 * pg's error with all fields is its .cause, warnings are 'notice' events of the pool's connections.
 */
'use strict';
const { DrizzleQueryError, eq, sql } = require('drizzle-orm');
const { drizzle } = require('drizzle-orm/node-postgres');
const { bigserial, date, numeric, pgTable, text } = require('drizzle-orm/pg-core');
const { Pool } = require('pg');
const { address, pgFields, run } = require('./scenario.js');

const invoiceLine = pgTable('invoice_line', {
	id: bigserial({ mode: 'number' }).primaryKey(),
	service: text(), participant: text(), bookedOn: date('booked_on'), amount: numeric(),
});

async function open(database) {
	const pool = new Pool({ ...address(database), max: 1 });
	let notices = [];
	pool.on('connect', (connection) => connection.on('notice', (notice) => notices.push(pgFields(notice))));
	const db = drizzle(pool);
	let current = db;
	return {
		book: (amount, service = 'ict') => current.insert(invoiceLine)
			.values({ service, participant: 'leiden', bookedOn: '2026-02-03', amount: String(amount) }),
		lower: (id, amount) => current.update(invoiceLine).set({ amount: String(amount) }).where(eq(invoiceLine.id, Number(id))),
		rows: async (text) => (await current.execute(sql.raw(text))).rows,
		transaction: async (work, isolation = 'READ COMMITTED') => {
			try {
				await db.transaction(async (begun) => {
					current = begun;
					await work();
				}, { isolationLevel: isolation.toLowerCase() });
			} finally {
				current = db;
			}
		},
		warnings: () => {
			const found = notices;
			notices = [];
			return found;
		},
		close: () => pool.end(),
	};
}

const fields = (error) => pgFields(error.cause ?? error);

run({ open, error: DrizzleQueryError, fields, lacking: [], lackingInWarnings: [] });
