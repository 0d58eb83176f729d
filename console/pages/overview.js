// Everything at a glance: what comes in, how fast it is answered and stored, what waits, what is wrong.
import {html} from './parts/dom.js';
import {useAnswer} from './parts/api.js';
import {duration, number, rate, short, time} from './parts/format.js';
import {Plot} from './parts/plot.js';
import {t, term} from './parts/texts.js';
import {Answer, Bars, Findings, Page, Panel, Stat, Table} from './parts/ui.js';
import {address, go} from './parts/url.js';
import {accountOptions, Word} from './parts/words.js';

function dayBegan() {
  const now = new Date();
  return new Date(now.getFullYear(), now.getMonth(), now.getDate()).toISOString().replace(/\.\d+Z$/, 'Z');
}

const seconds = (us) => (us === null || us === undefined ? null : us / 1e6);
const most = (values) => (values.length ? Math.max(...values) : null);

export function Overview({session, query}) {
  const range = ['hour', 'day', 'month'].includes(query.range) ? query.range : 'hour';
  const answer = useAnswer('/overview', {range, account: query.account, today: dayBegan()}, {every: 5});
  const to = (changes) => go(address('/', {...query, ...changes}));
  const actions = html`
    <select aria-label=${t('account')} value=${query.account ?? ''}
      onChange=${(event) => to({account: event.target.value})}>
      ${accountOptions(session).map(([name, text]) => html`<option value=${name}
        selected=${name === (query.account ?? '')}>${text}</option>`)}
    </select>
    <div class="group" role="group" aria-label=${t('span')}>
      ${['hour', 'day', 'month'].map((one) => html`<button type="button" aria-pressed=${String(one === range)}
        onClick=${() => to({range: one === 'hour' ? '' : one})}>${t(`range.${one}`)}</button>`)}
    </div>`;
  return html`<${Page} title=${t('nav.overview')} actions=${actions}>
    <${Answer} of=${answer}>${(data) => html`<${Glance} data=${data} query=${query} />`}<//>
  <//>`;
}

function Glance({data, query}) {
  const account = query.account;
  const ingest = data.roles.filter((one) => one.role === 'ingest');
  const sinks = data.roles.filter((one) => one.role === 'sink');
  const lag = data.readers.length ? Math.max(...data.readers.map((one) => one.age_us)) / 1e6 : null;
  const answered = most(ingest.map((one) => one.p99_us).filter((one) => one !== null));
  const visible = most(sinks.map((one) => one.p99_us).filter((one) => one !== null));
  const whole = data.minutes.slice(0, -1);  // the last step isn't over yet
  const x = whole.map((one) => Date.parse(one.at) / 1000);
  const each = (name) => whole.map((one) => one[name] / data.step_s);
  const per = (name) => whole.map((one) => one[name]);
  const step = t('plot.per', {time: duration(data.step_s)});
  return html`
    <div class="stats">
      <${Stat} label=${t('overview.rate')} value=${ingest.length
        ? rate(ingest.reduce((sum, one) => sum + one.per_second, 0)) : '–'} to="/live" />
      <${Stat} label=${t('overview.answer')} value=${duration(seconds(answered))} note=${t('overview.answer.note')}
        kind=${answered > 2e6 ? 'error' : ''} />
      <${Stat} label=${t('overview.visible')} value=${duration(seconds(visible))} note=${t('overview.visible.note')} />
      <${Stat} label=${t('overview.lag')} value=${duration(lag)} note=${t('overview.lag.note')}
        kind=${lag > 60 ? 'error' : lag > 10 ? 'warning' : ''} to="/groups" />
      <${Stat} label=${t('overview.today')} value=${number(data.acknowledged_today)} note=${t('overview.today.note')}
        to=${address('/events', {account, from: data.today})} />
      <${Stat} label=${t('overview.followers')} value=${`+${number(data.followers_gained_today)}`}
        note=${t('overview.followers.note', {count: number(data.followers_lost_today)})} />
      <${Stat} label=${t('overview.leads')} value=${`+${number(data.leads_gained_today)}`}
        note=${t('overview.leads.note')} />
      <${Stat} label=${t('overview.spool')} value=${number(data.spool_events)} note=${t('overview.spool.note')}
        kind=${data.spool_events ? 'warning' : ''} />
      <${Stat} label=${t('overview.letters')} value=${number(data.open_dead_letters)} note=${t('overview.letters.note')}
        kind=${data.open_dead_letters ? 'warning' : ''} to=${address('/dead-letters', {account})} />
      <${Stat} label=${t('overview.unaccounted')} value=${number(data.unaccounted)}
        note=${t('overview.unaccounted.note')} to="/custody"
        kind=${data.unaccounted === null ? '' : data.unaccounted ? 'error' : 'fine'} />
    </div>
    ${data.findings.some((one) => one.level !== 'fine') && html`<${Panel} title=${t('findings')}>
      <${Findings} of=${data.findings} quiet /><//>`}
    <div class="columns two">
      <${Panel}><${Plot} title=${t('overview.plot.callbacks')} unit=${t('plot.per_second')} x=${x} format=${short}
        series=${[{label: t('word.acknowledged'), values: each('acknowledged')},
          {label: t('word.stored'), values: each('stored')}]} /><//>
      <${Panel}><${Plot} title=${t('overview.plot.odd')} unit=${step} x=${x} whole format=${short}
        series=${[{label: t('word.duplicates'), values: per('duplicates'), colour: 2},
          {label: t('word.dead_letters'), values: per('dead_letters'), colour: 3}]} /><//>
    </div>
    <div class="columns">
      <${Panel} title=${t('overview.types')} aside=${data.types_since
        && t('overview.types.since', {count: number(data.types_of), time: time(data.types_since, {seconds: false})})}>
        ${data.types.length
          ? html`<${Bars} label=${t('overview.types')}
            of=${data.types.slice(0, 12).map((one) => ({name: named(one.type), type: one.type, count: one.events,
            shown: number(one.events)}))}
              link=${(one) => address('/events', {type: one.type, account})} />`
          : html`<p class="empty">${t('table.empty')}</p>`}
      <//>
      <${Panel} title=${t('overview.roles')} flush>
        <${Table} caption=${t('overview.roles')} rows=${data.roles}
          marked=${(row) => (row.state === 'ready' ? '' : 'error')} columns=${[
          {label: t('role'), of: (row) => term('process', row.role)},
          {label: t('state'), of: (row) => html`<${Word} list="state" of=${row.state} />`},
          {label: t('rate'), kind: 'number', of: (row) => rate(row.per_second)},
          {label: t('overview.bad'), kind: 'number', of: (row) => rate(row.bad_per_second)},
          {label: t('overview.p50'), kind: 'number', of: (row) => duration(seconds(row.median_us))},
          {label: t('overview.p99'), kind: 'number', of: (row) => duration(seconds(row.p99_us))},
          {label: t('waiting.count'), kind: 'number', of: (row) => number(row.waiting)},
        ]} />
      <//>
    </div>
  `;
}

function named(type) {
  const known = term('type', type);
  return known === type ? type : `${known} · ${type}`;
}
