/*
 * looks.js
 *	  What is wrong with how a page looks, found in the page itself: runs in the browser, and returns a list of faults.
 *
 * Texts are what is drawn of a text node, line by line. What scrolls within a box of its own may be wider than that box.
 */
'use strict';

function faultsOfLooks() {
	const faults = [];
	const seen = (element) => element.checkVisibility({ contentVisibilityAuto: true, opacityProperty: true, visibilityProperty: true });
	const called = (element) => `${element.tagName.toLowerCase()}${element.className && element.className.baseVal === undefined ?
		'.' + element.className : ''} "${element.textContent.trim().slice(0, 40)}"`;
	const scrolls = (element) => element.closest('.wide');
	const lines = [];

	if (document.documentElement.scrollWidth > innerWidth)
		faults.push(`the page is ${document.documentElement.scrollWidth} wide in a window of ${innerWidth}`);
	for (const element of document.body.querySelectorAll('*')) {
		if (!seen(element) || element.closest('caption, .patterns') || element.closest('svg'))
			continue;
		const style = getComputedStyle(element);

		if (style.display !== 'inline' && element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1 && !element.matches('.wide'))
			faults.push(`${called(element)} is ${element.scrollWidth} wide in a box of ${element.clientWidth}`);
	}
	for (let walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); walker.nextNode();) {
		const node = walker.currentNode;
		const element = node.parentElement;

		if (node.data.trim() === '' || !seen(element) || element.closest('caption, title, desc, style'))
			continue;
		const range = document.createRange();

		range.selectNodeContents(node);
		for (const box of range.getClientRects())
			if (box.width > 1 && box.height > 1)
				lines.push({ element, box, top: box.top, text: node.data.trim().slice(0, 40) });
	}
	for (const { element, box, text } of lines)
		if (!scrolls(element) && (box.right > document.documentElement.clientWidth + 1 || box.left < -1))
			faults.push(`"${text}" is outside of the page`);
	for (const { element, box, text } of lines) {
		const drawing = element.closest('svg');

		if (drawing !== null) {
			const frame = drawing.getBoundingClientRect();

			if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
				faults.push(`"${text}" is outside of its drawing`);
		}
	}
	for (const element of document.querySelectorAll('data')) {
		const node = element.firstChild;
		const place = (from) => {
			const range = document.createRange();

			range.setStart(node, from);
			range.setEnd(node, from + 1);
			return range.getBoundingClientRect();
		};

		if (seen(element) && node.data.length > 1 && place(0).top === place(node.data.length - 1).top && place(0).left > place(node.data.length - 1).left)
			faults.push(`"${node.data}" is written backwards`);
	}
	lines.sort((one, other) => one.top - other.top);
	for (let i = 0; i < lines.length; i++)
		for (let j = i + 1; j < lines.length && lines[j].top < lines[i].box.bottom; j++) {
			const one = lines[i].box;
			const other = lines[j].box;
			const width = Math.min(one.right, other.right) - Math.max(one.left, other.left);
			const height = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);

			if (width > 1.5 && height > Math.min(one.height, other.height) * 0.35 && scrolls(lines[i].element) === scrolls(lines[j].element))
				faults.push(`"${lines[i].text}" and "${lines[j].text}" are drawn over each other`);
		}
	return faults.slice(0, 20);
}

module.exports = { faultsOfLooks };
