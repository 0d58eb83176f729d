// One person: relations, lead and score with its parts, and all that they said and did, the newest first.
import {html, useEffect, useState} from './parts/dom.js';
import {ask, useAnswer} from './parts/api.js';
import {number, short} from './parts/format.js';
import {t, term} from './parts/texts.js';
import {Answer, Copy, Facts, Filter, Findings, Notice, Page, Panel, Table, Time, TroubleNotice} from './parts/ui.js';
import {address} from './parts/url.js';
import {accountName, accountOptions, Said, Type, Word} from './parts/words.js';
import {asked} from './events.js';

export function People({session, query}) {
  const answer = useAnswer(query.person ? '/people' : null, asked(query, ['person', 'account']));
  const fields = [
    {name: 'person', label: t('person'), placeholder: t('people.hint'), wide: true},
    {name: 'account', label: t('account'), options: accountOptions(session)},
  ];
  return html`<${Page} title=${t('nav.people')} about=${t('people.about')}>
    <${Panel}><${Filter} path="/people" query=${query} fields=${fields} /><//>
    ${query.person
      ? html`<${Answer} of=${answer}>${(data) => html`<${Found} data=${data} session=${session} query=${query} />`}<//>`
      : html`<${Panel}><p class="muted">${t('people.none')}</p><p><a href=${address('/events', {type: 'follower.*'})}>
        ${t('people.followers')}</a> · <a href=${address('/events', {type: 'message.*'})}>${t('people.messages')}</a>
        </p><//>`}
  <//>`;
}

function Found({data, session, query}) {
  const nobody = !data.followers.length && !data.leads.length && !data.time_line.length;
  return html`
    ${data.masked && html`<${Notice} kind="note" text=${t('masked.page')} remedy=${t('masked.page.do')} />`}
    <${Findings} of=${data.findings} quiet />
    ${nobody && html`<${Notice} kind="note" text=${t('people.unknown')} remedy=${t('people.unknown.do')} />`}
    <div class="columns two">
      <div class="stack">
        ${data.leads.map((lead) => html`<${Lead} lead=${lead} session=${session}
          parts=${data.score_parts.filter((one) => one.account === lead.account)} />`)}
        ${data.followers.map((one) => html`<${Relation} of=${one} session=${session} />`)}
        ${data.linked.length > 0 && html`<${Panel} title=${t('people.linked')} flush>
          <${Table} caption=${t('people.linked')} rows=${data.linked}
            link=${(row) => address('/people', {person: row.subject, account: row.account})} columns=${[
            {label: t('person'), kind: 'id', of: (row) => row.subject},
            {label: t('people.name'), of: (row) => row.contact_name},
            {label: t('account'), of: (row) => row.account},
            {label: t('people.score'), kind: 'number', of: (row) => number(row.score)},
          ]} /><//>`}
      </div>
      <${TimeLine} key=${JSON.stringify(query)} first=${data} query=${query} />
    </div>
  `;
}

const place = (lead) => [lead.province, lead.city].filter(Boolean).join(' ');

function Lead({lead, session, parts}) {
  const source = [lead.utm_source, lead.utm_campaign].filter(Boolean).join(' / ');
  return html`<${Panel} title=${t('people.lead', {account: accountName(session, lead.account)})}
    aside=${html`<span class="mono">${lead.subject}</span><${Copy} text=${lead.subject} />`}>
    <div class="stack">
      <div class="score">
        <strong>${number(lead.score_today)}</strong>
        <div class="stack"><meter min="0" max="100" value=${lead.score_today} aria-label=${t('people.score')}></meter>
          <span class="muted">${t('people.score.note', {score: number(lead.score), day: lead.scored_on})}</span></div>
      </div>
      <${Facts} of=${[
        [t('people.name'), html`<${Said} text=${lead.contact_name} />`],
        [t('people.phone'), html`<${Said} text=${lead.contact_phone} />`],
        [t('people.wechat'), html`<${Said} text=${lead.contact_wechat} />`],
        [t('people.email'), html`<${Said} text=${lead.contact_email} />`],
        lead.company_name && [t('people.company'), lead.company_name],
        place(lead) && [t('people.place'), place(lead)],
        source && [t('people.source'), source],
        [t('people.activities'), number(lead.activity_count)],
        [t('people.first'), html`<${Time} of=${lead.first_activity_at} />`],
        [t('people.last'), html`<${Time} of=${lead.last_activity_at} />`],
      ]} />
      <h3>${t('people.parts')}</h3>
      <${Table} caption=${t('people.parts')} rows=${parts} empty=${t('people.parts.none')} columns=${[
        {label: t('people.day'), kind: 'tight', of: (row) => row.day},
        {label: t('people.rule'), of: (row) => html`<span>${row.rule}</span><span class="gloss">
          ${term('dimension', row.dimension)}</span>`},
        {label: t('people.points'), kind: 'number', of: (row) => number(row.points)},
        {label: t('people.cap'), kind: 'number', of: (row) => (row.daily_cap ? number(row.daily_cap) : '–')},
        {label: t('people.half_life'), kind: 'number', of: (row) => (row.half_life_days
          ? t('people.days', {count: number(row.half_life_days)}) : t('people.never'))},
        {label: t('people.counts'), kind: 'number', of: (row) => html`<b>${short(row.counts_today)}</b>`},
      ]} />
    </div>
  <//>`;
}

const Relation = ({of, session}) => html`
  <${Panel} title=${t('people.relation', {account: accountName(session, of.account)})}
    aside=${html`<${Word} list="relation" of=${of.state ?? ''} />`}>
    <${Facts} of=${[
      of.owner && [t('people.owner'), of.owner],
      of.tenant && [t('tenant'), of.tenant],
      [t('people.since'), html`<${Time} of=${of.subscribed_at} />`],
      of.unsubscribed_at && [t('people.left'), html`<${Time} of=${of.unsubscribed_at} />`],
      [t('people.channel'), of.channel ?? of.scene],
      [t('people.change'), of.change && html`${term('change', of.change)} <span class="muted">
        <${Time} of=${of.changed_at} /></span>`],
      [t('people.changes'), number(of.change_count)],
    ]} />
  <//>`;

const kinds = {message: 'note', follower: 'fine', lead: 'warning'};

function TimeLine({first, query}) {
  const [more, setMore] = useState({rows: [], next: first.next, error: null, busy: false});
  useEffect(() => setMore({rows: [], next: first.next, error: null, busy: false}), [first.next]);
  const older = async () => {
    setMore({...more, busy: true, error: null});
    try {
      const next = await ask('/people', {query: {...asked(query, ['person', 'account']), after: more.next}});
      setMore({rows: [...more.rows, ...next.time_line], next: next.next, error: null, busy: false});
    } catch (error) {
      setMore({...more, error, busy: false});
    }
  };
  const rows = [...first.time_line, ...more.rows];
  return html`<${Panel} title=${t('people.time_line')} aside=${html`<a href=${address('/events',
    asked(query, ['person', 'account']))}>${t('people.events')}</a>`} flush>
    <${Table} caption=${t('people.time_line')} rows=${rows} link=${(row) => `/e/${encodeURIComponent(row.event_id)}`}
      marked=${(row) => `kind-${row.kind}`} columns=${[
      {label: t('time'), kind: 'tight', of: (row) => html`<${Time} of=${row.at} />`},
      {label: t('people.kind'), kind: 'tight', of: (row) => html`<span class=${`badge ${kinds[row.kind] ?? 'plain'}`}>
        ${term('line', row.kind)}</span>`},
      {label: t('type'), of: (row) => html`<${Type} of=${row.type} />`},
      {label: t('content'), kind: 'text', of: (row) => html`<${Said} text=${row.what} />`},
    ]} />
    ${more.error && html`<${TroubleNotice} error=${more.error} again=${older} />`}
    ${more.next && html`<div class="more"><button type="button" disabled=${more.busy} onClick=${older}>
      ${t('older')}</button></div>`}
  <//>`;
}
