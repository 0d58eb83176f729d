// A stretch of time in a filter: how long ago, or from and to on the browser's clock. The address has it in UTC.
import {html, useState} from './dom.js';
import {moment} from './format.js';
import {t} from './texts.js';

const agos = ['15m', '1h', '6h', '24h', '7d', '30d'];
const two = (value) => String(value).padStart(2, '0');

function local(text) {
  const at = moment(text);
  if (!at) return '';
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

const utc = (text) => (text ? new Date(text).toISOString().replace(/\.\d+Z$/, 'Z') : '');

export function Span({from, to, onInput, otherwise}) {
  const relative = !to && (!from || agos.includes(from));
  const [own, setOwn] = useState(!relative);
  const shown = own || !relative;
  const chosen = (word) => {
    setOwn(word === 'own');
    if (word !== 'own') onInput({from: word, to: ''});
  };
  return html`
    <div class="field">
      <label for="field-span">${t('span')}</label>
      <select id="field-span" value=${shown ? 'own' : from ?? ''} onChange=${(event) => chosen(event.target.value)}>
        <option value="">${otherwise ?? t('span.any')}</option>
        ${agos.map((one) => html`<option value=${one} selected=${!shown && one === from}>${t(`span.${one}`)}</option>`)}
        <option value="own" selected=${shown}>${t('span.own')}</option>
      </select>
    </div>
    ${shown && [['from', from], ['to', to]].map(([name, value]) => html`
      <div class="field">
        <label for=${`field-${name}`}>${t(`span.${name}`)}</label>
        <input id=${`field-${name}`} type="datetime-local" value=${local(value)}
          onChange=${(event) => onInput({from, to, [name]: utc(event.target.value)})} />
      </div>`)}
  `;
}
