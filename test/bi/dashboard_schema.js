/*
 * dashboard_schema.js
 *	  Checks the dashboard against what Grafana publishes of its form, in TAP.
 *
 * That is the package @grafana/schema: types in TypeScript of a dashboard, and of the options and fields of each kind of
 * panel. So the dashboard is written as a program that says of which types its parts are, and the compiler is the judge:
 * what is missing, misspelt, not known or of another type is an error. Enumerations are compared by their values. What
 * Grafana publishes nothing of, the targets of a data source, dashboard.py looks at.
 */
'use strict';

const fs = require('fs');
const path = require('path');
const ts = require('typescript');

const modules = process.env.NODE_PATH;
const dashboardFile = path.join(__dirname, '../../src/dashboards/sp71_steering_grafana.json');
const types = '@grafana/schema/dist/types/raw';
let count = 0;
let failed = 0;

function report(faults, name) {
	console.log(`${faults.length === 0 ? 'ok' : 'not ok'} ${++count} - ${name}`);
	failed += faults.length === 0 ? 0 : 1;
	for (const fault of faults)
		console.error(`#   ${fault}`);
}

/* The value of an enumeration in place of the enumeration, at any depth. */
const PLAIN = `type Plain<T> = unknown extends T ? T : T extends string ? \`\${T}\` : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;\n`;

/* A program that compiles if value is of the type. */
function program(value, type, from) {
	return `import type * as Types from ${JSON.stringify(`./${from}`)};\n${PLAIN}`
		+ `export const value = ${JSON.stringify(value, null, '\t')} satisfies ${type};\n`;
}

const checks = [];

/* Writes a program, to be judged with the others. */
function check(name, text, mustFail = false) {
	const file = path.join(modules, `dashboard_${checks.length}.ts`);

	fs.writeFileSync(file, text);
	checks.push({ name, file, mustFail });
}

/* What the compiler says of a program, with the line that it says it of. */
function faults(compiled, { file, mustFail }) {
	const found = ts.getPreEmitDiagnostics(compiled, compiled.getSourceFile(file)).map(({ file, start, messageText }) => {
		const line = file ? file.text.split('\n')[file.getLineAndCharacterOfPosition(start).line].trim() : '';
		return `${ts.flattenDiagnosticMessageText(messageText, ' ')}: ${line}`;
	});
	return mustFail ? found.length === 0 ? ['it passed'] : [] : found;
}

const dashboard = JSON.parse(fs.readFileSync(dashboardFile, 'utf8'));
const panels = dashboard.panels.flatMap((panel) => [panel, ...panel.panels ?? []]).filter(({ type }) => type !== 'row');
const whole = (value) => program(value, 'Plain<Types.Dashboard>', `${types}/dashboard/x/types.gen`);

check('the dashboard is one', whole(dashboard));
for (const { title, type, options, fieldConfig } of panels) {
	const from = `${types}/composable/${type}/panelcfg/x/types.gen`;

	check(`${title}: options of a ${type}`, program(options, 'Partial<Plain<Types.Options>>', from));
	if (fieldConfig.defaults.custom !== undefined)
		check(`${title}: fields of a ${type}`, program(fieldConfig.defaults.custom, 'Partial<Plain<Types.FieldConfig>>', from));
}

/* That the judge bites. */
for (const [what, change] of [
	['a part that is misspelt', { tittle: 'Steering' }],
	['a value of another type', { schemaVersion: '39' }],
	['a value that is not of its enumeration', { graphTooltip: 7 }],
	['a panel without its kind', { panels: [{ title: 'no kind' }] }],
])
	check(`${what} is found`, whole({ ...dashboard, ...change }), true);

const compiled = ts.createProgram(checks.map(({ file }) => file), { strict: true, noEmit: true, skipLibCheck: true, types: [],
	target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler });
for (const one of checks)
	report(faults(compiled, one), one.name);
console.log(`1..${count}`);
process.exit(failed === 0 ? 0 : 1);
