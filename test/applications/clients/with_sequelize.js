/*
 * sequelize: a refusal is DatabaseError;
 * pg's error with all fields is its .original, warnings are 'notice' events of what the hook afterConnect gets.
 */
'use strict';
const { DataTypes, DatabaseError, Sequelize } = require('sequelize');
const { address, pgFields, run } = require('./scenario.js');

async function open(database) {
	const { user, ...where } = address(database);
	const sequelize = new Sequelize({ dialect: 'postgres', logging: false, username: user, ...where, pool: { max: 1 } });
	let notices = [];
	sequelize.addHook('afterConnect', (connection) => {
		connection.on('notice', (notice) => notices.push(pgFields(notice)));
	});
	const InvoiceLine = sequelize.define('InvoiceLine', {
		service: DataTypes.TEXT, participant: DataTypes.TEXT, booked_on: DataTypes.DATEONLY, amount: DataTypes.DECIMAL(12, 2),
	}, { tableName: 'invoice_line', timestamps: false });
	let transaction;
	return {
		book: (amount, service = 'ict') => InvoiceLine.create(
			{ service, participant: 'leiden', booked_on: '2026-02-03', amount }, { transaction }),
		lower: (id, amount) => InvoiceLine.update({ amount }, { where: { id }, transaction }),
		rows: async (sql) => (await sequelize.query(sql, { transaction }))[0],
		transaction: async (work, isolationLevel) => {
			try {
				await sequelize.transaction({ isolationLevel }, async (begun) => {
					transaction = begun;
					await work();
				});
			} finally {
				transaction = undefined;
			}
		},
		warnings: () => {
			const found = notices;
			notices = [];
			return found;
		},
		close: () => sequelize.close(),
	};
}

const fields = (error) => pgFields(error.original ?? error);

run({ open, error: DatabaseError, fields, lacking: [], lackingInWarnings: [] });
