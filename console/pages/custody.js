// Custody: everything that was acknowledged is stored, a repeat, a dead letter, or on its way. The counts come from the
// ledger; the proof looks for each receipt and names those that are missing; a repair sends them again.
import {html, useState} from './parts/dom.js';
import {useAnswer} from './parts/api.js';
import {Act} from './parts/act.js';
import {number} from './parts/format.js';
import {may} from './parts/rights.js';
import {Task, useTask} from './parts/task.js';
import {t} from './parts/texts.js';
import {Answer, Badge, Filter, Findings, Page, Panel, Table, Time} from './parts/ui.js';
import {address} from './parts/url.js';
import {accountName, accountOptions} from './parts/words.js';
import {asked} from './events.js';

const kCounts = ['acknowledged', 'stored', 'duplicates', 'dead_letters', 'rest'];

export function Custody({session, query}) {
  const filter = asked(query, ['account', 'from', 'to']);
  const answer = useAnswer('/custody', filter, {every: 10});
  const proof = useTask();
  const [repair, setRepair] = useState(false);
  const fields = [
    {name: 'account', label: t('account'), options: accountOptions(session)},
    {name: 'span', span: true, otherwise: t('span.1h')},
  ];
  const bounds = {...(filter.account ? {account: filter.account} : {}), from: filter.from ?? '1h',
    ...(filter.to ? {to: filter.to} : {})};
  const actions = html`
    <button type="button" class="first" disabled=${proof.busy} onClick=${() => proof.begin('/custody/audit', bounds)}>
      ${t('custody.prove')}</button>
    ${may(session, 'operator') && html`<button type="button" onClick=${() => setRepair(true)}>
      ${t('custody.repair')}</button>`}`;
  const missing = proof.task?.report?.missing ?? [];
  return html`<${Page} title=${t('nav.custody')} about=${t('custody.about')} actions=${actions}>
    <${Panel}><${Filter} path="/custody" query=${query} fields=${fields} /><//>
    ${(proof.task || proof.error || proof.busy) && html`<${Panel} title=${t('custody.proof')}>
      ${proof.task?.report && html`<${Equation} of=${{...proof.task.report, rest: undefined}} />`}
      ${missing.length > 0 && html`<${Missing} of=${missing} />`}
      <${Task} of=${proof} report=${false} />
      ${proof.task?.report && html`<${Findings} of=${proof.task.report.findings} />`}
    <//>`}
    <${Answer} of=${answer}>${(data) => {
      const sum = Object.fromEntries(kCounts.map((name) => [name,
        data.by_account.reduce((all, one) => all + one[name], 0)]));
      const odd = data.by_minute.filter((one) => one.rest > 0);
      return html`
        <${Findings} of=${data.findings} quiet />
        <${Panel} title=${t('custody.ledger')} aside=${html`<${Time} of=${data.from} /> – <${Time} of=${data.to} />`}>
          <${Equation} of=${sum} /><//>
        <div class="columns two">
          <${Panel} title=${t('custody.by_account')} flush><${Counts} rows=${data.by_account}
            first=${{label: t('account'), of: (row) => html`<span title=${accountName(session, row.account)}>
            ${row.account}</span>`, sort: (row) => row.account}}
            link=${(row) => address('/custody', {...filter, account: row.account})} /><//>
          <${Panel} title=${t('custody.boots')} aside=${t('custody.boots.note')} flush>
            <${Table} caption=${t('custody.boots')} rows=${data.boots} columns=${[
            {label: t('custody.instance'), of: (row) => row.instance},
            {label: t('custody.boot'), kind: 'id', of: (row) => row.boot},
            {label: t('custody.marked'), kind: 'tight', of: (row) => html`<${Time} of=${row.marked_at} />`},
            {label: t('state'), of: (row) => html`<${Badge} kind=${row.ended ? 'plain' : 'fine'}>
              ${t(row.ended ? 'custody.ended' : 'custody.runs')}<//>`},
            {label: t('word.unaccounted'), kind: 'number', of: (row) => (row.unaccounted ? html`<b class="bad">
              ${number(row.unaccounted)}</b>` : '0')},
          ]} /><//>
        </div>
        <${Panel} title=${t('custody.by_minute')} aside=${odd.length ? t('custody.odd', {count: number(odd.length)})
          : t('custody.even')} flush>
          <${Counts} rows=${[...data.by_minute].reverse()} first=${{label: t('minute'), kind: 'tight',
            of: (row) => html`<${Time} of=${row.minute} />`, sort: (row) => row.minute}}
            second=${{label: t('account'), of: (row) => row.account, sort: (row) => row.account}} />
        <//>`;
    }}<//>
    ${repair && html`<${Act} title=${t('custody.repair.title')} path="/custody/repair" look=${bounds}
      verb=${t('custody.repair')}
      word=${(report) => {
        const found = (report.repair ?? []).filter((one) => one.outcome === 'found').length;
        return found ? String(found) : null;
      }} onClose=${() => setRepair(false)} onDone=${() => answer.again()} />`}
  <//>`;
}

// acknowledged = stored + repeats + dead letters + the rest. Less than nothing is left while rows are there before the
// mark that tells of their acknowledgement.
function Equation({of}) {
  const proven = of.rest === undefined;
  const parts = proven
    ? [['stored', of.stored], ['duplicates', of.duplicates], ['dead_letters', of.dead_letters],
      ['in_flight', of.in_flight], ['unaccounted', of.unaccounted]]
    : [['stored', of.stored], ['duplicates', of.duplicates], ['dead_letters', of.dead_letters],
      of.rest < 0 ? ['unmarked', -of.rest] : ['rest', of.rest]];
  return html`<div class="equation" role="group" aria-label=${t('custody.equation')}>
    <div><span>${t('word.acknowledged')}</span><b>${number(of.acknowledged)}</b></div>
    ${parts.map(([name, value], place) => html`
      <div class="sign" aria-hidden="true">${place === 0 ? '=' : name === 'unmarked' ? '−' : '+'}</div>
      <div class=${name === 'unaccounted' && value ? 'error' : ''}><span>${t(`word.${name}`)}</span><b>
        ${number(value)}</b></div>`)}
  </div>`;
}

const Missing = ({of}) => html`
  <${Table} caption=${t('custody.missing')} rows=${of} columns=${[
    {label: t('receipt'), kind: 'id', of: (row) => html`<a href=${address('/events', {key: row.receipt})}>
      ${row.receipt}</a>`},
    {label: t('account'), of: (row) => row.account},
    {label: t('minute'), of: (row) => html`<${Time} of=${row.minute} />`},
  ]} />`;

const Counts = ({rows, first, second, link}) => html`
  <${Table} sortable caption=${t('custody.ledger')} rows=${rows.slice(0, 500)} link=${link}
    marked=${(row) => (row.rest > 0 ? 'warning' : '')}
    columns=${[{name: 'first', ...first}, second && {name: 'second', ...second},
      ...kCounts.map((name) => ({name, label: t(`word.${name}`), kind: 'number', sort: (row) => row[name],
        of: (row) => number(row[name])}))].filter(Boolean)} />
  ${rows.length > 500 && html`<p class="more">${t('shown_of', {shown: 500, all: number(rows.length)})}</p>`}`;
