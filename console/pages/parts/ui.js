// The pieces that pages are made of: panels, tables, badges, forms, dialogs. They hold no data of their own.
import {html, useEffect, useLayoutEffect, useMemo, useRef, useState} from './dom.js';
import {ago, none, time, utc} from './format.js';
import {said, t, term} from './texts.js';
import {Span} from './span.js';
import {address, go} from './url.js';

export function Page({title, about, actions, children}) {
  useEffect(() => {
    document.title = `${title} · wxpipe`;
  }, [title]);
  return html`
    <header class="page-head">
      <div>
        <h1 tabindex="-1">${title}</h1>
        ${about && html`<p class="about">${about}</p>`}
      </div>
      ${actions && html`<div class="actions">${actions}</div>`}
    </header>
    ${children}
  `;
}

export const Panel = ({title, aside, children, flush = false, kind = ''}) => html`
  <section class=${`panel ${flush ? 'flush' : ''} ${kind}`} aria-label=${title}>
    ${title && html`<header class="panel-head"><h2>${title}</h2>
      ${aside && html`<div class="aside">${aside}</div>`}</header>`}
    ${children}
  </section>
`;

export const Badge = ({kind = 'plain', children, title}) => html`
  <span class=${`badge ${kind}`} title=${title}>${children}</span>
`;

export const Time = ({of, fraction = false, relative = false}) =>
  of ? html`<time datetime=${of} title=${utc(of)}>${relative ? ago(of) : time(of, {fraction})}</time>` : none;

// The stretch that an answer took is short mostly: what waits is said only after a moment.
export function Waiting() {
  const [long, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return html`<p class="waiting" role="status">${long ? t('waiting') : '\u00a0'}</p>`;
}

// A sentence whose `words` are to be typed.
const Sentence = ({text}) => said(String(text)).split('`').map((part, place) => (place % 2 ? html`<code>${part}</code>`
  : part));

export const Notice = ({kind = 'error', text, remedy, again}) => html`
  <div class=${`notice ${kind}`} role=${kind === 'error' ? 'alert' : 'status'}>
    <p class="what"><${Sentence} text=${text} /></p>
    ${remedy && html`<p class="remedy"><${Sentence} text=${remedy} /></p>`}
    ${again && html`<button type="button" onClick=${again}>${t('again')}</button>`}
  </div>
`;

export const TroubleNotice = ({error, again}) =>
  html`<${Notice} text=${error.text ?? String(error)} remedy=${error.remedy} again=${again} />`;

// Shows what an answer has, the sentence of its failure, or that it is awaited. An older answer stays beside a failure.
export function Answer({of, children}) {
  return html`
    ${of.error && html`<${TroubleNotice} error=${of.error} again=${of.again} />`}
    ${of.data !== null ? children(of.data) : !of.error && html`<${Waiting} />`}
  `;
}

export const Findings = ({of, quiet = false}) => {
  const shown = (of ?? []).filter((one) => !quiet || one.level !== 'fine');
  return shown.length
    ? html`<ul class="findings">
        ${shown.map(
          (one) => html`<li class=${one.level}>
            <${Badge} kind=${one.level}>${term('level', one.level)}<//>
            <div><p class="what"><${Sentence} text=${one.text} /></p>
              ${one.remedy && html`<p class="remedy"><${Sentence} text=${one.remedy} /></p>`}</div>
          </li>`,
        )}
      </ul>`
    : null;
};

// columns: {name, label, of(row), kind: 'number' | 'id' | 'text' | 'tight', sort(row)}. A row's link is where Enter and
// a click lead. On narrow screens each row becomes a card with its labels.
export function Table({columns, rows, link, empty, caption, rowKey, sortable = false, marked}) {
  const [order, setOrder] = useState(null);
  let shown = rows;
  if (order) {
    const value = columns.find((one) => one.name === order.name)?.sort;
    const compare = (a, b) => (a === b ? 0 : a === null || a === undefined ? 1 : b === null || b === undefined ? -1
      : a < b ? -1 : 1);
    shown = [...rows].sort((a, b) => compare(value(a), value(b)) * (order.down ? -1 : 1));
  }
  const arrow = (name) => (!order || order.name !== name ? '' : order.down ? '↓' : '↑');
  const sorted = (name) => setOrder((now) => (now?.name === name ? {name, down: !now.down} : {name, down: true}));
  if (!rows.length) return html`<p class="empty">${empty ?? t('table.empty')}</p>`;
  return html`
    <div class="table-frame">
      <table>
        ${caption && html`<caption class="unseen">${caption}</caption>`}
        <thead>
          <tr>
            ${columns.map(
              (one) => html`<th scope="col" class=${one.kind}
                aria-sort=${order && order.name === one.name ? (order.down ? 'descending' : 'ascending') : undefined}>
                ${sortable && one.sort
                  ? html`<button type="button" class="sort" onClick=${() => sorted(one.name)}>
                    ${one.label}<span aria-hidden="true">${arrow(one.name)}</span></button>`
                  : one.label}
              </th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${shown.map((row, place) => html`<${Row} key=${rowKey ? rowKey(row) : place} row=${row} columns=${columns}
            to=${link?.(row)} marked=${marked?.(row)} />`)}
        </tbody>
      </table>
    </div>
  `;
}

function Row({row, columns, to, marked}) {
  const opened = (event) => {
    if (!to || event.defaultPrevented || event.target.closest('a, button, input, summary')) return;
    if (String(getSelection())) return;  // somebody copies an id
    go(to);
  };
  // The same row of the same columns is not drawn anew: the live page has many.
  return useMemo(() => html`
    <tr class=${[to ? 'linked' : '', marked ?? ''].join(' ')} onClick=${opened}>
      ${columns.map((one, place) => {
        const value = one.of(row);
        const shown = value === null || value === undefined || value === '' ? none : value;
        return html`<td class=${one.kind} data-label=${one.label}>
          ${to && place === 0 ? html`<a href=${to}>${shown}</a>` : shown}
        </td>`;
      })}
    </tr>
  `, [row, columns, to, marked]);
}

// Names and values, in order.
export const Facts = ({of}) => html`
  <dl class="facts">
    ${of.filter(Boolean).map(([name, value]) => html`<div><dt>${name}</dt><dd>
      ${value === null || value === undefined || value === '' ? none : value}</dd></div>`)}
  </dl>
`;

export const Stat = ({label, value, note, kind = '', to}) => {
  const inner = html`<span class="label">${label}</span><span class="value">${value}</span>
    ${note && html`<span class="note">${note}</span>`}`;
  return to ? html`<a class=${`stat ${kind}`} href=${to}>${inner}</a>` : html`<div class=${`stat ${kind}`}>
    ${inner}</div>`;
};

// Shares of a whole, the most first: what `dlq ls` counts.
export function Bars({of, link, label}) {
  const most = Math.max(1, ...of.map((one) => one.count));
  return html`
    <ul class="bars" aria-label=${label}>
      ${of.map((one) => {
        const inner = html`
          <span class="name">${one.name}</span>
          <span class="track" aria-hidden="true"><span class="fill" style=${{width: `${(100 * one.count) / most}%`}}>
            </span></span>
          <span class="count">${one.shown ?? one.count}</span>
        `;
        const to = link?.(one);
        return html`<li>${to ? html`<a href=${to}>${inner}</a>` : html`<span>${inner}</span>`}</li>`;
      })}
    </ul>
  `;
}

export function Field(given) {
  const {label, name, value, type = 'text', options, placeholder, wide, onInput, hint, required, list} = given;
  const id = `field-${name}`;
  const changed = (event) => onInput(event.target.value);
  return html`
    <div class=${wide ? 'field wide' : 'field'}>
      <label for=${id}>${label}</label>
      ${options
        ? html`<select id=${id} name=${name} value=${value ?? ''} onChange=${changed}>
            ${options.map(([word, text]) => html`<option value=${word} selected=${word === (value ?? '')}>
              ${text}</option>`)}
          </select>`
        : html`<input id=${id} name=${name} type=${type} value=${value ?? ''} placeholder=${placeholder}
            required=${required} list=${list} autocomplete=${given.autocomplete ?? 'off'} spellcheck=${false}
            autofocus=${given.autofocus} onInput=${changed} aria-describedby=${hint ? `${id}-hint` : undefined} />`}
      ${hint && html`<small id=${`${id}-hint`}>${hint}</small>`}
    </div>
  `;
}

// A filter whose values stand in the address. What is typed counts on Enter, what is chosen at once. A field of the
// kind `span` is a stretch of time: `from` and `to`.
export function Filter({path, query, fields, children}) {
  const [typed, setTyped] = useState(query);
  const stands = JSON.stringify(query);
  useEffect(() => setTyped(query), [stands]);
  const apply = (values) => go(address(path, {...values, after: undefined}));
  const latest = useRef(typed);  // two keys may come before the page is drawn anew
  latest.current = typed;
  const change = (values, now) => {
    latest.current = {...latest.current, ...values};
    setTyped(latest.current);
    if (now) apply(latest.current);
  };
  const names = fields.flatMap((one) => (one.span ? ['from', 'to'] : [one.name]));
  const any = names.some((name) => query[name]);
  const cleared = Object.fromEntries(Object.entries(query).filter(([name]) => !names.includes(name)));
  return html`
    <form class="filter" role="search" onSubmit=${(event) => (event.preventDefault(), apply(latest.current))}>
      ${fields.map((one) => one.span
        ? html`<${Span} key="span" from=${typed.from} to=${typed.to} otherwise=${one.otherwise}
          onInput=${(values) => change(values, true)} />`
        : html`<${Field} ...${one} key=${one.name} value=${typed[one.name]}
            onInput=${(value) => change({[one.name]: value}, Boolean(one.options))} />`)}
      <div class="filter-actions">
        <button type="submit" class="first">${t('filter.apply')}</button>
        ${any && html`<button type="button" onClick=${() => apply(cleared)}>${t('filter.clear')}</button>`}
        ${children}
      </div>
    </form>
  `;
}

// A dialog of the browser's own: it holds the keyboard, and Escape closes it.
export function Dialog({title, onClose, children}) {
  const element = useRef(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    element.current.showModal();
    return () => before?.focus?.();
  }, []);
  return html`
    <dialog ref=${element} aria-label=${title} onCancel=${(event) => (event.preventDefault(), onClose())}>
      <header class="panel-head"><h2>${title}</h2>
        <button type="button" class="quiet" aria-label=${t('close')} onClick=${onClose}>✕</button></header>
      ${children}
    </dialog>
  `;
}

export function Copy({text, label}) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      setTimeout(() => setDone(false), 1500);
    } catch {
      setDone(false);  // the browser forbids it: the text stands beside, to be marked by hand
    }
  };
  return html`<button type="button" class="quiet" onClick=${copy}>${done ? t('copied') : label ?? t('copy')}</button>`;
}

// A long text by itself: text nodes only, as they came.
export const Verbatim = ({text, label}) => html`<pre class="verbatim" tabindex="0" aria-label=${label}>${text}</pre>`;
