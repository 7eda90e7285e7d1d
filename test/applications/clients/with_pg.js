/* pg: a refusal is DatabaseError, its fields stand in it; warnings are 'notice' events of the client. */
'use strict';
const { Client, DatabaseError } = require('pg');
const { address, pgFields, run } = require('./scenario.js');

async function open(database) {
	const client = new Client(address(database));
	let notices = [];
	client.on('notice', (notice) => notices.push(pgFields(notice)));
	await client.connect();
	return {
		book: (amount, service = 'ict') => client.query(
			"INSERT INTO invoice_line (service, participant, booked_on, amount) VALUES ($1, 'leiden', '2026-02-03', $2)", [service, amount]),
		lower: (id, amount) => client.query('UPDATE invoice_line SET amount = $2 WHERE id = $1', [id, amount]),
		rows: async (sql) => (await client.query(sql)).rows,
		transaction: async (work, isolation = 'READ COMMITTED') => {
			await client.query(`BEGIN ISOLATION LEVEL ${isolation}`);
			try {
				await work();
				await client.query('COMMIT');
			} catch (exception) {
				await client.query('ROLLBACK');
				throw exception;
			}
		},
		warnings: () => {
			const found = notices;
			notices = [];
			return found;
		},
		close: () => client.end(),
	};
}

run({ open, error: DatabaseError, fields: pgFields, lacking: [], lackingInWarnings: [] });
