/*
 * page_style.c
 *	  How a page looks: in light and dark, on paper and on a telephone. Colours are told apart by who sees few of them,
 *	  and nothing is told by colour alone.
 */
#include "postgres.h"

#include "pages/page_section.h"

/* clang-format off */
static const char *const PAGE_STYLE =
	":root { color-scheme: light dark; --paper: #fbfaf7; --card: #ffffff; --ink: #1c2328; --soft: #57626b; --rule: #d9d6cf;\n"
	"  --bar: #16324f; --ground: #eceae4; --notify: #e3edf5; --warn: #f6e2b5; --block: #f0c3ab;\n"
	"  --notify-ink: #5b87ab; --warn-ink: #a06a00; --block-ink: #a33b00; --green: #00805d; --amber: #c98600; --red: #c44500;\n"
	"  --band: #56b4e9; --link: #005b8f; }\n"
	"@media (prefers-color-scheme: dark) { :root { --paper: #14181b; --card: #1d2327; --ink: #e9ecee; --soft: #a5b0b8;\n"
	"  --rule: #363f46; --bar: #cfe3f5; --ground: #2b3339; --notify: #26394a; --warn: #4a3a12; --block: #55281a;\n"
	"  --notify-ink: #7fb0d6; --warn-ink: #e0aa3e; --block-ink: #f08a5d; --green: #2fc39a; --amber: #f0b23c; --red: #ff8652;\n"
	"  --band: #3a86b5; --link: #7cc4f5; } }\n"
	"* { box-sizing: border-box; }\n"
	"html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }\n"
	"body { margin: 0 auto; max-width: 72rem; padding: 1.5rem 1.25rem 4rem; background: var(--paper); color: var(--ink);\n"
	"  font: 16px/1.5 system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif; overflow-wrap: break-word; }\n"
	"h1 { margin: 0 0 .75rem; font-size: clamp(1.5rem, 5vw, 2.25rem); line-height: 1.15; letter-spacing: -.015em; }\n"
	"h2 { margin: 0 0 .5rem; font-size: 1.35rem; line-height: 1.25; letter-spacing: -.01em; }\n"
	"h3 { margin: 1rem 0 .4rem; font-size: 1rem; }\n"
	".facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0; font-size: .9rem; }\n"
	".facts dt { color: var(--soft); } .facts dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }\n"
	"code { font: .85em ui-monospace, 'SF Mono', Consolas, 'Liberation Mono', monospace; color: var(--soft); overflow-wrap: anywhere; }\n"
	".facts.standing { grid-template-columns: minmax(0, max-content) minmax(min-content, 1fr); margin-block: .8rem; } .facts.standing dd { overflow-wrap: normal; } .gauge { max-width: 26rem; }\n"
	".sums tbody tr:last-child > * { font-weight: 600; } #reserve .sums tbody th { white-space: nowrap; }\n"
	".sign, .intro, .rounding { color: var(--soft); font-size: .9rem; max-width: 46rem; margin: .5rem 0 1rem; }\n"
	"nav { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; margin: 1rem 0 1.5rem; padding: .6rem 0; border-block: 1px solid var(--rule);\n"
	"  font-size: .9rem; }\n"
	"a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }\n"
	":focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }\n"
	"section { margin: 0 0 1.5rem; padding: 1.25rem; background: var(--card); border: 1px solid var(--rule); border-radius: .6rem; }\n"
	".tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 13rem), 1fr)); gap: .75rem 2rem; }\n"
	".tile h3 { margin-top: .25rem; } .tile p { margin: .5rem 0 0; color: var(--soft); font-size: .85rem; }\n"
	".lights { list-style: none; margin: 0; padding: 0; } .lights li { display: flex; align-items: baseline; gap: .6rem; padding: .1rem 0; }\n"
	".lights .light { font-size: 1.25rem; font-weight: 650; min-width: 4.2rem; }\n"
	".worst { margin: 0; padding-left: 1.4rem; }\n"
	"data, time, .light, code { unicode-bidi: isolate; }\n"
	".light { display: inline-flex; align-items: center; gap: .4rem; white-space: nowrap; font-variant-numeric: tabular-nums; }\n"
	".light::before { content: ''; flex: none; width: .72rem; height: .72rem; background: var(--green); border-radius: 50%; }\n"
	".light.amber::before { background: var(--amber); border-radius: 0; clip-path: polygon(50% 0, 100% 100%, 0 100%); }\n"
	".light.red::before { background: var(--red); border-radius: 0; }\n"
	".wide { overflow-x: auto; }\n"
	"table { width: 100%; border-collapse: collapse; font-size: .875rem; }\n"
	"caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }\n"
	"th, td { padding: .35rem .6rem; text-align: left; vertical-align: middle; border-bottom: 1px solid var(--rule); }\n"
	"thead th { color: var(--soft); font-weight: 600; font-size: .8rem; white-space: nowrap; vertical-align: bottom; }\n"
	"tbody th { font-weight: 500; } tbody th small { display: block; color: var(--soft); font-weight: 400; }\n"
	"tbody tr:last-child > * { border-bottom: 0; }\n"
	".number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } details .below { color: var(--red); }\n"
	".day, #events tbody th, #refusals tbody th { white-space: nowrap; } .drawing { min-width: 9rem; width: 28%; }\n"
	".nothing { color: var(--soft); font-size: .9rem; margin: .25rem 0; }\n"
	"details table { min-width: 56rem; } details .drawing { width: 18%; min-width: 8.5rem; } details th, details td { padding-inline: .4rem; } details thead th { white-space: normal; }\n"
	"details .drawing small { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 .5rem; color: var(--soft); }\n"
	".deviation { border-top: 1px solid var(--rule); padding: .75rem 0 .5rem; } .deviation h3 { margin: 0; }\n"
	".figures { display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; margin: .15rem 0 .4rem; font-size: .875rem; color: var(--soft); }\n"
	".figures strong { color: var(--ink); font-weight: 600; font-variant-numeric: tabular-nums; }\n"
	".deviation dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); gap: .4rem 1.5rem; margin: 0; font-size: .925rem; }\n"
	".deviation dt { color: var(--soft); font-size: .8rem; font-weight: 600; } .deviation dd { margin: 0; overflow-wrap: anywhere; white-space: pre-line; }\n"
	".deviation .missing { display: flex; gap: .5rem; align-items: baseline; border-left: .2rem dashed var(--red); padding-left: .5rem; } .missing dd { font-style: italic; color: var(--soft); font-size: .85rem; }\n"
	"details { border-top: 1px solid var(--rule); } details details { margin-left: 1rem; }\n"
	"summary { cursor: pointer; padding: .55rem 0; font-weight: 600; }\n"
	"svg { display: block; } svg.bullet { width: 100%; height: 1.15rem; } svg.plain { width: 100%; height: .8rem; } .patterns { position: absolute; }\n"
	".ground { fill: var(--ground); } .bar { fill: var(--bar); } .beyond { fill: var(--red); }\n"
	".limit { stroke: var(--ink); stroke-width: 1.5; vector-effect: non-scaling-stroke; fill: none; }\n"
	".ground-notify { fill: var(--notify); } .ink-notify { fill: var(--notify-ink); } .ground-warn { fill: var(--warn); }\n"
	".ink-warn { fill: var(--warn-ink); } .ground-block { fill: var(--block); } .ink-block { stroke: var(--block-ink); stroke-width: .8; }\n"
	".multiples { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 1rem 2rem; }\n"
	".multiples h3 { margin: 0 0 .25rem; overflow-wrap: anywhere; } .multiple .drawing { min-width: 4rem; width: 34%; } .multiple th { overflow-wrap: anywhere; white-space: normal; }\n"
	"figure { margin: 0; min-width: 0; } figcaption { display: flex; flex-wrap: wrap; gap: .1rem 1rem; font-size: .85rem; color: var(--soft); }\n"
	".course { width: 100%; height: auto; } .course text { font-size: 10.5px; fill: var(--soft); } .course .end { text-anchor: end; }\n"
	"h4 { margin: 0 0 .2rem; font-size: .9rem; font-weight: 600; overflow-wrap: anywhere; } .trend { width: 100%; height: auto; } .dot { fill: var(--card); stroke: var(--bar); stroke-width: 1.6; }\n"
	".flows { width: 100%; min-width: 36rem; max-width: 60rem; height: auto; } .flows text { font-size: 11px; fill: var(--ink); } .flows .end { text-anchor: end; }\n"
	".flow { fill: var(--band); fill-opacity: .35; }\n"
	".grid, .tick { stroke: var(--rule); fill: none; } .line { stroke: var(--bar); stroke-width: 2.2; fill: none; stroke-linejoin: round; }\n"
	".cap { stroke: var(--red); stroke-width: 1.6; stroke-dasharray: 2 4; stroke-linecap: round; fill: none; }\n"
	".band { fill: var(--band); fill-opacity: .4; stroke: var(--band); } .advised { fill: var(--bar); stroke: var(--card); }\n"
	"@media (max-width: 40rem) { body { padding: 1rem .75rem 3rem; } section { padding: 1rem .85rem; }\n"
	"  .facts { grid-template-columns: 1fr; } .facts dd { margin-bottom: .3rem; } details details { margin-left: .4rem; }\n"
	"  th, td { padding: .3rem .45rem; } }\n"
	"@media print { @page { size: A4; margin: 14mm 12mm; } :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --rule: #bbb;\n"
	"  --bar: #16324f; --ground: #eceae4; --notify: #e3edf5; --warn: #f6e2b5; --block: #f0c3ab; --green: #00805d; --amber: #c98600; --red: #c44500; }\n"
	"  html { font-size: 12px; } body { max-width: none; padding: 0; font-size: 1rem; } details table { min-width: 0; font-size: .78rem; } details thead th { font-size: .7rem; white-space: normal; } details th, details td { padding-inline: .16rem; } details .drawing { min-width: 6rem; } details details { margin-left: 0; } .flows { min-width: 0; } nav { display: none; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }\n"
	"  section { border: 0; border-top: 1px solid var(--rule); border-radius: 0; padding: .8rem 0; margin: 0; } .wide { overflow: visible; }\n"
	"  h2, h3, summary { break-after: avoid; } tr, figure, .multiple, .tile, .deviation { break-inside: avoid; } thead { display: table-header-group; }\n"
	"  th, td { padding: .2rem .35rem; overflow-wrap: anywhere; } .word { overflow-wrap: normal; } .sums table { font-size: .78rem; } .sums th, .sums td { padding-inline: .14rem; } .sums thead th { font-size: .66rem; white-space: normal; overflow-wrap: normal; } .drawing { min-width: 4rem; } details::details-content { content-visibility: visible; block-size: auto; } }\n";
/* clang-format on */

/* Writes the style. */
void
page_style(HtmlPage *page)
{
	page_open(page, "style", NULL);
	page_markup(page, PAGE_STYLE);
	page_close(page, "style");
}
