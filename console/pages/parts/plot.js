// A plot over time by uPlot, with units on its axis, the newest values in its legend, and the same numbers as a table
// for those who can't see it. uPlot and its sheet are fetched when the first plot is shown.
import {html, useEffect, useRef, useState} from './dom.js';
import {none, time} from './format.js';
import {t} from './texts.js';

let library = null;
function uplot() {
  library ??= new Promise((resolve, reject) => {
    const sheet = document.createElement('link');
    sheet.rel = 'stylesheet';
    sheet.href = '/vendor/uplot.css';
    const script = document.createElement('script');
    script.src = '/vendor/uplot.js';
    script.onload = () => resolve(window.uPlot);
    script.onerror = () => {
      library = null;
      reject(new Error(t('plot.unavailable')));
    };
    document.head.append(sheet, script);
  });
  return library;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const two = (value) => String(value).padStart(2, '0');

function timeLabels(_, splits, axis, space, step) {
  return splits.map((at) => {
    const when = new Date(at * 1000);
    const day = `${when.getMonth() + 1}-${two(when.getDate())}`;
    if (step >= 86400) return day;
    const clock = `${two(when.getHours())}:${two(when.getMinutes())}`;
    return when.getHours() === 0 && when.getMinutes() === 0 ? day : clock;
  });
}

const kSteps = Array.from({length: 30}, (_, place) => [1, 2, 5][place % 3] * 10 ** Math.floor(place / 3));

// series: {label, values}; x: seconds since 1970. format writes a value with its unit. bars: a histogram, whose last x
// only ends the last bar. whole: counts, which have no halves.
export function Plot({title, unit, x, series, format, height = 168, bars = false, whole = false, floor = 0}) {
  const place = useRef(null);
  const [at, setAt] = useState(null);
  const [trouble, setTrouble] = useState('');
  const theme = document.documentElement.dataset.theme;
  const shape = JSON.stringify([x.length, x[0], x.at(-1), series.map((one) => one.label), theme, bars]);
  const drawn = useRef(null);
  useEffect(() => {
    let ended = false;
    let chart = null;
    const sizes = new ResizeObserver(([entry]) => chart?.setSize({width: Math.floor(entry.contentRect.width), height}));
    uplot().then((make) => {
      if (ended || !place.current) return;
      const font = `11px ${colour('--sans')}`;
      const grid = {stroke: colour('--line'), width: 1};
      const axis = {stroke: colour('--muted'), font, grid, ticks: {show: false}, gap: 6};
      chart = new make(
        {
          width: Math.max(120, Math.floor(place.current.clientWidth)),
          height,
          padding: [8, 8, 0, 0],
          legend: {show: false},
          cursor: {y: false, drag: {x: false, y: false}, points: {size: 7}},
          hooks: {setCursor: [(u) => setAt(u.cursor.idx ?? null)]},
          scales: {x: {time: true}, y: {range: (_, low, high) => [Math.min(floor, low ?? 0), high > floor ? high * 1.08
            : floor + 1]}},
          axes: [
            {...axis, space: 64, size: 26, grid: {show: false}, values: timeLabels},
            {...axis, space: 34, size: 62, incrs: whole ? kSteps : undefined,
              values: (_, splits) => splits.map((value) => format(value))},
          ],
          series: [
            {},
            ...series.map((one, index) => {
              const stroke = colour(`--series-${(one.colour ?? index) % 4 + 1}`);
              return {
                label: one.label,
                stroke,
                width: bars ? 0 : 1.6,
                fill: bars || (index === 0 && series.length === 1) ? `${stroke}${bars ? 'b0' : '1c'}` : undefined,
                paths: bars ? make.paths.bars({size: [0.82, 60], align: 1}) : undefined,
                points: {show: x.length < 3},
                spanGaps: false,
              };
            }),
          ],
        },
        [x, ...series.map((one) => one.values)],
        place.current,
      );
      drawn.current = chart;
      sizes.observe(place.current);
    }, (failure) => setTrouble(failure.message));
    return () => {
      ended = true;
      sizes.disconnect();
      chart?.destroy();
      drawn.current = null;
    };
  }, [shape, height]);
  useEffect(() => {
    drawn.current?.setData([x, ...series.map((one) => one.values)]);
  });
  const newest = x.length - (bars ? 2 : 1);
  const shown = at ?? newest;
  const value = (one) => (one.values[shown] === null || one.values[shown] === undefined ? none
    : format(one.values[shown]));
  return html`
    <figure class="plot">
      <div class="plot-head">
        <h2>${title}<small>${unit}</small></h2>
        <div class="legend">
          ${x.length > 0 && html`<span>${time(x[shown], {seconds: false})}</span>`}
          ${series.map((one, index) => html`<span class=${`key s${(one.colour ?? index) % 4 + 1}`}>${one.label}<b>
            ${value(one)}</b></span>`)}
        </div>
      </div>
      ${trouble ? html`<p class="empty">${trouble}</p>` : html`<div class="canvas" style=${{minHeight: `${height}px`}}
        ref=${place} aria-hidden="true"></div>`}
      ${!x.length && html`<p class="empty">${t('plot.empty')}</p>`}
      <details>
        <summary>${t('plot.numbers')}</summary>
        <div class="table-frame numbers"><table>
          <thead><tr><th scope="col">${t('time')}</th>${series.map((one) => html`<th scope="col" class="number">
            ${one.label}</th>`)}</tr></thead>
          <tbody>${x.slice(-60).map((when, index) => html`<tr><td data-label=${t('time')}>
            ${time(when, {seconds: false})}</td>
            ${series.map((one) => html`<td class="number" data-label=${one.label}>
              ${format(one.values[Math.max(0, x.length - 60) + index])}</td>`)}</tr>`)}</tbody>
        </table></div>
      </details>
    </figure>
  `;
}
