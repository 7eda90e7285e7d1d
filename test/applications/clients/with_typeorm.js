/*
 * typeorm: a refusal is QueryFailedError;
 * pg's error with all fields is its .driverError, warnings are 'notice' events of the driver's pool.
 */
'use strict';
const { DataSource, EntitySchema, QueryFailedError } = require('typeorm');
const { address, pgFields, run } = require('./scenario.js');

const InvoiceLine = new EntitySchema({
	name: 'InvoiceLine', tableName: 'invoice_line',
	columns: {
		id: { type: 'bigint', primary: true, generated: 'identity' },
		service: { type: 'text' }, participant: { type: 'text' }, booked_on: { type: 'date' }, amount: { type: 'numeric' },
	},
});

async function open(database) {
	const { user, ...where } = address(database);
	const source = new DataSource({ type: 'postgres', username: user, ...where, entities: [InvoiceLine], poolSize: 1 });
	let notices = [];
	await source.initialize();
	const listen = (connection) => connection.on('notice', (notice) => notices.push(pgFields(notice)));
	const connection = await source.driver.master.connect();
	listen(connection);
	connection.release();
	source.driver.master.on('connect', listen);
	let manager = source.manager;
	return {
		book: (amount, service = 'ict') => manager.insert(InvoiceLine, { service, participant: 'leiden', booked_on: '2026-02-03', amount }),
		lower: (id, amount) => manager.update(InvoiceLine, { id }, { amount }),
		rows: (sql) => manager.query(sql),
		transaction: async (work, isolation = 'READ COMMITTED') => {
			try {
				await source.transaction(isolation, async (begun) => {
					manager = begun;
					await work();
				});
			} finally {
				manager = source.manager;
			}
		},
		warnings: () => {
			const found = notices;
			notices = [];
			return found;
		},
		close: () => source.destroy(),
	};
}

const fields = (error) => pgFields(error.driverError ?? error);

run({ open, error: QueryFailedError, fields, lacking: [], lackingInWarnings: [] });
