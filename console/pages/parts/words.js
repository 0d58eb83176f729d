// How wxpipe's own words are shown on every page: types with what they mean, fates, reasons, and what is hidden.
import {html} from './dom.js';
import types from '../texts/types_zh.js';
import {none} from './format.js';
import {t, term} from './texts.js';
import {Badge} from './ui.js';
import {address} from './url.js';

const mask = /•••|\*{4}/;  // as the server hides contents and phone numbers

// What this role may not see stays visible as hidden.
export function Said({text}) {
  if (text === null || text === undefined || text === '') return none;
  return mask.test(String(text)) ? html`<i class="masked" title=${t('masked')}>${text}</i>` : text;
}

export function Type({of}) {
  if (!of) return none;
  const known = term('type', of);
  if (known === of) return of;
  return html`<span class="named">${known}<span class="gloss">${of}</span></span>`;
}

export function Reason({of}) {
  const known = term('reason', of);
  if (known === of) return of;
  return html`<span class="named">${known}<span class="gloss">${of}</span></span>`;
}

const kinds = {
  stored: 'fine', repeat: 'plain', dead_letter: 'error', on_its_way: 'warning',
  open: 'warning', retried: 'fine', dropped: 'plain', parked: 'error',
  running: 'note', done: 'fine', failed: 'error', stopped: 'warning',
  fine: 'fine', note: 'note', warning: 'warning', error: 'error', silent: 'error', never: 'note',
  following: 'fine', left: 'plain', pending: 'note', ready: 'fine',
};
export const Word = ({list, of}) => html`<${Badge} kind=${kinds[of] ?? 'plain'}>${term(list, of)}<//>`;

export const Person = ({of, account}) =>
  of ? html`<a class="mono" href=${address('/people', {person: of, account})}>${of}</a>` : none;

export function accountName(session, name) {
  const title = session?.accounts?.find((one) => one.name === name)?.title;
  return title ? `${title} (${name})` : name;
}

export const accountOptions = (session) => [
  ['', t('any')],
  ...(session?.accounts ?? []).map((one) => [one.name, accountName(session, one.name)]),
];

// What can be chosen in a field for a type: families, then the common types with what they mean.
const typeNames = Object.keys(types).map((name) => name.slice('type.'.length));
const families = [...new Set(typeNames.map((name) => `${name.split('.')[0]}.*`))];

export const TypeList = () => html`<datalist id="types">
  ${families.map((one) => html`<option value=${one} />`)}
  ${typeNames.map((one) => html`<option value=${one} label=${term('type', one)} />`)}
</datalist>`;
