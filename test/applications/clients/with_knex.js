/*
 * knex: a refusal is pg's DatabaseError with its fields, the statement before its message;
 * warnings are 'notice' events of what pool.afterCreate gets.
 */
'use strict';
const { DatabaseError } = require('pg');
const { knex } = require('knex');
const { address, pgFields, run } = require('./scenario.js');

async function open(database) {
	let notices = [];
	const db = knex({
		client: 'pg', connection: address(database),
		pool: {
			min: 0, max: 2, afterCreate: (connection, done) => {
				connection.on('notice', (notice) => notices.push(pgFields(notice)));
				done(null, connection);
			},
		},
	});
	let current = db;
	return {
		book: (amount, service = 'ict') => current('invoice_line')
			.insert({ service, participant: 'leiden', booked_on: '2026-02-03', amount }),
		lower: (id, amount) => current('invoice_line').where({ id }).update({ amount }),
		rows: async (sql) => (await current.raw(sql)).rows,
		transaction: async (work, isolation) => {
			try {
				await db.transaction(async (transaction) => {
					current = transaction;
					await work();
				}, { isolationLevel: isolation && isolation.toLowerCase() });
			} finally {
				current = db;
			}
		},
		warnings: () => {
			const found = notices;
			notices = [];
			return found;
		},
		close: () => db.destroy(),
	};
}

/* "insert into ... - budget cap of ..." */
const fields = (error) => ({ ...pgFields(error), message: error.message.replace(/^.* - /s, '') });

run({ open, error: DatabaseError, fields, lacking: [], lackingInWarnings: [] });
