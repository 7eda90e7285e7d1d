/*
 * browser.js
 *	  A headless Chromium, driven through its debugging pipe: opens a page in a way of looking, evaluates, takes a picture.
 *
 * A message is JSON that ends with a zero byte, on file descriptors 3 (to it) and 4 (from it).
 */
'use strict';

const { spawn } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

class Browser {
	constructor(program) {
		this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'browser.'));
		this.process = spawn(program, ['--headless=new', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--no-first-run',
			'--disable-dev-shm-usage', '--font-render-hinting=none', `--user-data-dir=${this.folder}`, '--remote-debugging-pipe', 'about:blank'],
			{ stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
		this.waiting = new Map();
		this.events = [];
		this.number = 0;
		this.rest = '';
		this.process.stdio[4].setEncoding('utf8');
		this.process.stdio[4].on('data', (data) => this.receive(data));
		this.process.on('exit', () => this.waiting.forEach((call) => call.reject(new Error('the browser is gone'))));
	}

	receive(data) {
		const messages = (this.rest + data).split('\0');

		this.rest = messages.pop();
		for (const message of messages.map((text) => JSON.parse(text))) {
			const call = this.waiting.get(message.id);

			if (message.method !== undefined)
				this.events.forEach((event) => event(message));
			else if (call !== undefined) {
				this.waiting.delete(message.id);
				if (message.error)
					call.reject(new Error(`${call.method}: ${message.error.message}`));
				else
					call.resolve(message.result);
			}
		}
	}

	send(method, params = {}) {
		const id = ++this.number;

		return new Promise((resolve, reject) => {
			this.waiting.set(id, { resolve, reject, method });
			this.process.stdio[3].write(JSON.stringify({ id, method, params, sessionId: this.session }) + '\0');
		});
	}

	event(method) {
		return new Promise((resolve) => {
			const event = (message) => {
				if (message.method === method) {
					this.events.splice(this.events.indexOf(event), 1);
					resolve(message.params);
				}
			};

			this.events.push(event);
		});
	}

	async start() {
		const { targetInfos } = await this.send('Target.getTargets');
		const page = targetInfos.find((target) => target.type === 'page');
		const { sessionId } = await this.send('Target.attachToTarget', { targetId: page.targetId, flatten: true });

		this.session = sessionId;
		await this.send('Page.enable');
		await this.send('Accessibility.enable');
	}

	/* Opens a file as one would see it: way has width, media (screen, print) and scheme (light, dark). */
	async open(file, way) {
		const loaded = this.event('Page.loadEventFired');

		await this.send('Emulation.setDeviceMetricsOverride', { width: way.width, height: way.height || 900, deviceScaleFactor: way.scale || 1,
			mobile: way.width < 500 });
		await this.send('Emulation.setEmulatedMedia', { media: way.media || 'screen',
			features: [{ name: 'prefers-color-scheme', value: way.scheme || 'light' }] });
		await this.send('Page.navigate', { url: 'file://' + path.resolve(file) });
		await loaded;
	}

	async evaluate(expression) {
		const { result, exceptionDetails } = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });

		if (exceptionDetails)
			throw new Error(exceptionDetails.exception ? exceptionDetails.exception.description : exceptionDetails.text);
		return result.value;
	}

	/* A picture of the page from the top to so many pixels, or of all of it, at a scale. */
	async picture(file, width, height, scale = 1) {
		const size = (await this.send('Page.getLayoutMetrics')).cssContentSize;
		const clip = { x: 0, y: 0, width: width || size.width, height: Math.min(height || size.height, size.height), scale };
		const { data } = await this.send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true, clip });

		fs.writeFileSync(file, Buffer.from(data, 'base64'));
	}

	/* What it shows to those who hear the page: role, name and description of each node that is not hidden. */
	async heard() {
		const { nodes } = await this.send('Accessibility.getFullAXTree');
		const value = (field) => (field === undefined ? '' : field.value);

		return nodes.filter((node) => !node.ignored).map((node) => ({ role: value(node.role), name: value(node.name),
			description: value(node.description), level: value((node.properties || []).map((property) =>
				property.name === 'level' ? property.value : undefined).find((level) => level !== undefined)) }));
	}

	async stop() {
		const gone = new Promise((resolve) => this.process.on('exit', resolve));

		this.process.kill();
		await gone;
		fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
	}
}

module.exports = { Browser };
