// Dead letters: how many, why and since when; put back or dropped by a filter, after the count was shown.
import {html, useState} from './parts/dom.js';
import {useAnswer} from './parts/api.js';
import {Act} from './parts/act.js';
import {moment, number} from './parts/format.js';
import {Plot} from './parts/plot.js';
import {Saved} from './parts/saved.js';
import {may} from './parts/rights.js';
import {said, t, term, told} from './parts/texts.js';
import {Answer, Bars, Filter, Findings, Notice, Page, Panel, Table, Time} from './parts/ui.js';
import {address} from './parts/url.js';
import {accountName, accountOptions, Reason, Word} from './parts/words.js';
import {asked} from './events.js';

const kNames = ['id', 'account', 'stage', 'reason', 'state', 'from', 'to'];
const kStates = ['open', 'parked', 'retried', 'dropped', 'any'];
const kStages = ['ingest', 'process', 'sink.messages', 'sink.followers', 'sink.leads', 'sink.logs', 'sink.custody',
  'sink.dead_letters'];
const kReasons = ['undecryptable', 'nul_byte', 'invalid_utf8', 'malformed_xml', 'malformed_json', 'doctype',
  'nested_too_deep', 'missing_field',
  'implausible_time', 'too_large', 'unreadable_record', 'invalid_value', 'constraint_violation'];

export function DeadLetters({session, query}) {
  const filter = asked(query, kNames);
  const {id, ...listed} = filter;
  const counts = useAnswer('/dead-letters', listed, {every: 15});
  const hours = useAnswer('/dead-letters', {...listed, by: 'hour', limit: 1}, {every: 30});
  const [act, setAct] = useState(null);
  const fields = [
    {name: 'reason', label: t('reason'), options: [['', t('any')],
      ...kReasons.map((one) => [one, `${term('reason', one)} (${one})`])]},
    {name: 'account', label: t('account'), options: accountOptions(session)},
    {name: 'stage', label: t('stage'), options: [['', t('any')], ...kStages.map((one) => [one, one])]},
    {name: 'state', label: t('state'), options: kStates.map((one) => [one === 'open' ? '' : one, term('letter', one)])},
    {name: 'span', span: true},
  ];
  const operator = may(session, 'operator');
  const actions = html`
    <${Saved} path="/dead-letters" query=${filter} />
    ${operator && html`
      <button type="button" class="first" onClick=${() => setAct({what: 'retry', filter})}>
        ${t('letters.retry')}</button>
      <button type="button" onClick=${() => setAct({what: 'drop', filter})}>${t('letters.drop')}</button>`}`;
  const done = () => {
    counts.again();
    hours.again();
  };
  const by = (name) => (one) => address('/dead-letters', {...listed, [name]: one.word});
  return html`<${Page} title=${t('nav.dead_letters')} about=${t('letters.about')} actions=${actions}>
    <${Panel}><${Filter} path="/dead-letters" query=${query} fields=${fields} /><//>
    ${id && html`<${Letter} id=${id} session=${session} act=${setAct} back=${address('/dead-letters', listed)} />`}
    <${Answer} of=${counts}>${(data) => html`
      <${Findings} of=${data.findings.filter((one) => one.level !== 'note')} quiet />
      <div class="columns two">
        <div class="stack">
          <${Panel} title=${t('letters.count', {count: number(data.letters)})}
            aside=${term('letter', query.state || 'open')}>
            <${Histogram} of=${hours.data} />
          <//>
          <${Panel} title=${t('letters.by_reason')} aside=${t('letters.by_reason.note')}>
            ${data.by_reason?.length ? html`<${Bars} label=${t('letters.by_reason')} link=${by('reason')}
              of=${data.by_reason.map((one) => ({word: one.reason, name: term('reason', one.reason), count: one.letters,
                shown: number(one.letters)}))} />`
              : html`<p class="empty">${t('letters.none')}</p>`}
          <//>
        </div>
        <div class="stack">
          <${Panel} title=${t('letters.by_account')}>
            <${Bars} label=${t('letters.by_account')} link=${by('account')}
              of=${(data.by_account ?? []).map((one) => ({word: one.account, name: one.account
                ? accountName(session, one.account) : t('unknown'), count: one.letters,
                shown: number(one.letters)}))} />
          <//>
          <${Panel} title=${t('letters.by_stage')}>
            <${Bars} label=${t('letters.by_stage')} link=${by('stage')}
              of=${(data.by_stage ?? []).map((one) => ({word: one.stage, name: one.stage, count: one.letters,
              shown: number(one.letters)}))} />
          <//>
        </div>
      </div>
      <${Panel} title=${t('letters.newest')} aside=${t('shown_of',
        {shown: number(data.newest.length), all: number(data.letters)})} flush>
        <${Table} caption=${t('letters.newest')} rows=${data.newest} empty=${t('letters.none')}
          rowKey=${(row) => row.dead_letter_id}
          link=${(row) => address('/dead-letters', {...listed, id: row.dead_letter_id})} columns=${[
            {label: t('letters.failed'), kind: 'tight', of: (row) => html`<${Time} of=${row.failed_at} />`},
            {label: t('state'), kind: 'tight', of: (row) => html`<${Word} list="letter" of=${row.state} />`},
            {label: t('reason'), of: (row) => html`<${Reason} of=${row.reason} />`},
            {label: t('detail'), kind: 'text', of: (row) => html`<span class="clip">${said(row.detail)}</span>`},
            {label: t('account'), of: (row) => row.account},
            {label: t('stage'), of: (row) => row.stage},
          ]} />
      <//>`}<//>
    ${act && html`<${Deed} of=${act} close=${() => setAct(null)} done=${done} />`}
  <//>`;
}

function Histogram({of}) {
  const hours = of?.by_hour ?? [];
  if (!hours.length) return html`<p class="empty">${of ? t('letters.none') : '\u00a0'}</p>`;
  const counted = new Map(hours.map((one) => [Math.floor(moment(one.hour).getTime() / 3_600_000), one.letters]));
  const last = Math.max(...counted.keys());
  const first = Math.max(Math.min(...counted.keys(), last - 23), last - 24 * 31);  // a day at least, a month at most
  const x = Array.from({length: last - first + 2}, (_, place) => (first + place) * 3600);
  return html`<${Plot} title=${t('letters.by_hour')} unit=${t('plot.per', {time: `1 ${t('unit.h')}`})} x=${x} bars whole
    height=${132} format=${(value) => number(value ?? 0)}
    series=${[{label: t('word.dead_letters'), values: x.map((at) => counted.get(at / 3600) ?? 0), colour: 2}]} />`;
}

// Puts back or drops what the filter chooses, never "the page".
function Deed({of, close, done}) {
  const {id, ...rest} = of.filter;
  const filter = of.one ? {id: of.one, state: 'any'} : id ? {...rest} : of.filter;
  const look = {filter, all: Object.keys(filter).length === 0
    || (Object.keys(filter).length === 1 && 'state' in filter)};
  return html`<${Act} title=${t(`letters.${of.what}.title`)} path=${`/dead-letters/${of.what}`} look=${look}
    danger=${of.what === 'drop'} verb=${t(`letters.${of.what}`)} why=${of.what === 'drop' ? 'needed' : 'wanted'}
    word=${(report) => (report.letters > 0 ? String(report.letters) : null)} onClose=${close}
      onDone=${done} />`;
}

function Letter({id, session, act, back}) {
  const answer = useAnswer(`/dead-letters/${encodeURIComponent(id)}`);
  const operator = may(session, 'operator');
  const aside = html`
    <a href=${`/e/${encodeURIComponent(id)}`}>${t('letters.story')}</a>
    ${operator && html`<button type="button" onClick=${() => act({what: 'retry', one: id, filter: {}})}>
      ${t('letters.retry')}</button>
      <button type="button" onClick=${() => act({what: 'drop', one: id, filter: {}})}>${t('letters.drop')}</button>`}
    <a href=${back}>${t('close')}</a>`;
  return html`<${Panel} title=${t('letters.one')} aside=${aside}>
    <${Answer} of=${answer}>${(data) => {
      const row = Object.fromEntries(data.dead_letter.map((one) => [one.name, one.value]));
      return html`
        ${data.masked && html`<p class="muted">${t('event.body.hidden')}</p>`}
        <${Notice} kind="note" text=${term('reason', row.reason)} remedy=${told('reason.do', row.reason)} />
        <dl class="facts rows">${data.dead_letter.filter((one) => one.name !== 'body').map((one) => html`<div><dt>
          ${one.name}</dt><dd class="mono">${one.value}</dd></div>`)}</dl>
        ${row.body && html`<pre class="verbatim" tabindex="0" aria-label=${t('event.body')}>${row.body}</pre>`}`;
    }}<//>
  <//>`;
}
