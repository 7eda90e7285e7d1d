/*
 * look.js
 *	  Looks at pages as people do, in TAP: in light and dark, on a telephone, on paper; and hears them.
 *
 *	node look.js PAGE...
 *
 * Reads:	BROWSER		the program (default: chromium)
 *			PICTURES	a folder: pictures of all pages are put there, and the two small ones that README shows
 *
 * Contrast, headings and the like are axe-core's to judge; what overflows and overlaps, looks.js finds.
 */
'use strict';

const fs = require('fs');
const path = require('path');
const { Browser } = require('./browser.js');
const { faultsOfLooks } = require('./looks.js');

const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const ways = [
	{ name: 'light', width: 1200 },
	{ name: 'dark', width: 1200, scheme: 'dark' },
	{ name: 'telephone', width: 360, height: 780 },
	{ name: 'telephone, dark', width: 360, height: 780, scheme: 'dark' },
	{ name: 'paper', width: 703, media: 'print' },
];
let count = 0;
let failed = 0;

function report(ok, name, faults = []) {
	console.log(`${ok ? 'ok' : 'not ok'} ${++count} - ${name}`);
	if (!ok)
		failed++;
	for (const fault of ok ? [] : faults)
		console.log(`#   ${fault}`);
}

/* What README shows: where a page begins, small. */
async function showSmall(browser, files) {
	const file = (name) => files.find((one) => path.basename(one) === `${name}.html`);
	const out = (name) => path.join(process.env.PICTURES, `${name}.png`);

	if (file('region') === undefined || file('leiden') === undefined)
		return;
	await browser.open(file('region'), { width: 1100 });
	await browser.picture(out('page'), 1100, 1240, 0.5);
	await browser.open(file('leiden'), { width: 360, scheme: 'dark' });
	await browser.evaluate('document.querySelectorAll("nav, header dl, .sign").forEach((element) => element.remove())');
	await browser.picture(out('page_on_a_telephone'), 360, 1030, 0.6);
}

async function openAll(browser) {
	await browser.evaluate('document.querySelectorAll("details").forEach((details) => { details.open = true; })');
}

async function judge(browser) {
	const rules = JSON.stringify({ resultTypes: ['violations'], rules: { 'color-contrast': { enabled: true } } });
	const { violations } = await browser.evaluate(`${axe}; axe.run(document, ${rules}).then(({ violations }) =>
		({ violations: violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.slice(0, 3).map((node) => node.html.slice(0, 120) + ' ' + (node.any[0] ? node.any[0].message : '')) })) }))`);

	return violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node}`));
}

async function hear(browser, page) {
	const heard = await browser.heard();
	const drawings = heard.filter(({ role }) => role === 'image' || role === 'img' || role === 'graphics-document');
	const headings = heard.filter(({ role }) => role === 'heading').map(({ level }) => Number(level));

	report(drawings.length > 0 && drawings.every(({ name, description }) => name && description), `${page}: each drawing has a title and a description`,
		drawings.filter(({ name, description }) => !name || !description).map(({ name }) => name || 'without a name'));
	report(headings.filter((level) => level === 1).length === 1 && headings.every((level, i) => i === 0 ? level === 1 : level <= headings[i - 1] + 1),
		`${page}: headings are in order`, [headings.join(' ')]);
}

async function look(browser, file) {
	const page = path.basename(file, '.html');

	for (const way of ways) {
		await browser.open(file, way);
		if (process.env.PICTURES)
			await browser.picture(path.join(process.env.PICTURES, `${page}, ${way.name}.png`), undefined, 16000);
		await openAll(browser);
		const looks = await browser.evaluate(`(${faultsOfLooks})()`);

		report(looks.length === 0, `${page}, ${way.name}: nothing overflows, nothing lies over another`, looks);
		const faults = await judge(browser);

		report(faults.length === 0, `${page}, ${way.name}: contrast, headings, names`, faults);
	}
	await browser.open(file, ways[0]);
	await openAll(browser);
	await hear(browser, page);
}

async function main(files) {
	const browser = new Browser(process.env.BROWSER || 'chromium');

	try {
		await browser.start();
		for (const file of files)
			await look(browser, file);
		if (process.env.PICTURES)
			await showSmall(browser, files);
	} finally {
		await browser.stop();
	}
	console.log(`1..${count}`);
	process.exitCode = failed === 0 ? 0 : 1;
}

main(process.argv.slice(2)).catch((error) => {
	console.log(`Bail out! ${error.stack}`);
	process.exitCode = 1;
});
