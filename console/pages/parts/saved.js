// Filters that a reader keeps on this browser, and the page's address to share. The address holds all of a filter.
import {html, useState} from './dom.js';
import {keep, recall} from './choices.js';
import {t} from './texts.js';
import {Copy, Dialog, Field} from './ui.js';
import {address, go} from './url.js';

export function Saved({path, query}) {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState('');
  const list = recall('filters', []).filter((one) => one.path === path);
  const write = (rest) => keep('filters', [...recall('filters', []).filter((one) => one.path !== path), ...rest]);
  const [, redraw] = useState(0);
  const save = (event) => {
    event.preventDefault();
    write([...list.filter((one) => one.name !== name), {path, name, query}]);
    setName('');
    redraw((count) => count + 1);
  };
  const forget = (one) => {
    write(list.filter((other) => other !== one));
    redraw((count) => count + 1);
  };
  const filled = Object.values(query).some(Boolean);
  return html`
    <button type="button" onClick=${() => setOpen(true)}>${t('saved')}${list.length ? ` (${list.length})` : ''}</button>
    ${open && html`<${Dialog} title=${t('saved')} onClose=${() => setOpen(false)}>
      <div class="stack">
        ${list.length === 0 && html`<p class="muted">${t('saved.none')}</p>`}
        <ul class="stack">${list.map((one) => html`<li class="copyable">
          <a href=${address(path, one.query)} onClick=${(event) => (event.preventDefault(), setOpen(false),
            go(address(path, one.query)))}>${one.name}</a>
          <span class="muted mono">${new URLSearchParams(one.query).toString()}</span>
          <button type="button" class="quiet" aria-label=${t('saved.forget', {name: one.name})}
            onClick=${() => forget(one)}>✕</button></li>`)}</ul>
        ${filled && html`<form class="form" onSubmit=${save}>
          <${Field} label=${t('saved.name')} name="filter-name" value=${name} onInput=${setName} required />
          <button type="submit" class="first">${t('saved.save')}</button></form>`}
        <div class="copyable"><code>${location.href}</code><${Copy} text=${location.href} label=${t('saved.share')} />
          </div>
      </div>
    <//>`}
  `;
}
