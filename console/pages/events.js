// Finding events: by any id, person, text, type and time. The filter stands in the address; what was found can be taken
// away as a file by those who may.
import {html, useEffect, useState} from './parts/dom.js';
import {kBase, useAnswer} from './parts/api.js';
import {number, time} from './parts/format.js';
import {Saved} from './parts/saved.js';
import {t} from './parts/texts.js';
import {Answer, Badge, Filter, Findings, Notice, Page, Panel, Table, Time} from './parts/ui.js';
import {address, go} from './parts/url.js';
import {accountName, accountOptions, Reason, Said, Type, TypeList} from './parts/words.js';

export const asked = (query, names) => Object.fromEntries(names.map((name) => [name,
  query[name]]).filter(([, value]) => value));
const kNames = ['key', 'account', 'type', 'person', 'text', 'from', 'to'];

export function Events({session, query}) {
  const filter = asked(query, kNames);
  const answer = useAnswer('/events', {...filter, after: query.after});
  const found = answer.data;
  // One thing has this id: its page is what was looked for.
  useEffect(() => {
    if (found && query.key && !query.after && found.matches.length === 1
      && !found.next) go(`/e/${encodeURIComponent(found.matches[0].id)}`, {replace: true});
  }, [found]);
  const fields = [
    {name: 'key', label: t('events.key'), placeholder: t('events.key.hint'), wide: true},
    {name: 'text', label: t('events.text'), placeholder: t('events.text.hint')},
    {name: 'type', label: t('type'), placeholder: 'message.*', list: 'types'},
    {name: 'person', label: t('person'), placeholder: 'openid, external_userid'},
    {name: 'account', label: t('account'), options: accountOptions(session)},
    {name: 'span', span: true},
  ];
  const actions = html`<${Saved} path="/events" query=${filter} />
    ${session.export && html`<${Export} filter=${filter} />`}`;
  return html`<${Page} title=${t('nav.events')} about=${t('events.about')} actions=${actions}>
    <${Panel}><${Filter} path="/events" query=${query} fields=${fields} /><${TypeList} /><//>
    <${Panel} flush>
      <${Answer} of=${answer}>${(data) => html`
        ${data.findings.some((one) => one.level !== 'fine') && html`<div class="more">
          <${Findings} of=${data.findings} quiet /></div>`}
        ${query.key && data.matches.length > 0 && data.matches.every((one) => one.subject === query.key) &&
          html`<div class="more"><a href=${address('/people', {person: query.key})}>${t('events.as_person')}</a></div>`}
        <${EventTable} rows=${data.matches} session=${session} />
        <div class="more">
          ${query.after && html`<a class="button" href=${address('/events', filter)}>${t('newest')}</a>`}
          ${data.next && html`<a class="button" href=${address('/events', {...filter, after: data.next})}>
            ${t('older')}</a>`}
          <span>${t('events.looked_at', {count: number(data.looked_at)})}${data.back_to
            ? ` ${t('events.back_to', {time: time(data.back_to)})}` : ''}</span>
        </div>`}<//>
    <//>
  <//>`;
}

const EventTable = ({rows, session}) => html`
  <${Table} caption=${t('nav.events')} rows=${rows} rowKey=${(row) => row.id}
    link=${(row) => `/e/${encodeURIComponent(row.id)}`}
    empty=${t('events.none')} marked=${(row) => (row.kind === 'dead_letter' ? 'error' : '')} columns=${[
      {label: t('happened'), kind: 'tight', of: (row) => html`<${Time} of=${row.occurred_at ?? row.received_at} />`},
      {label: t('type'), of: (row) => (row.kind === 'dead_letter' ? html`<${Badge} kind="error">
        ${t('word.dead_letter')}<//> ${row.type}` : html`<${Type} of=${row.type} />`)},
      {label: t('content'), kind: 'text', of: (row) => row.summary && html`<span class="clip">
        ${row.kind === 'dead_letter' ? html`<${Reason} of=${row.summary} />`
        : html`<${Said} text=${row.summary} />`}</span>`},
      {label: t('person'), kind: 'id', of: (row) => row.subject},
      {label: t('account'), kind: 'tight', of: (row) => html`<span title=${accountName(session, row.account)}>
        ${row.account}</span>`},
    ]} />`;

// A file of at most 10,000 rows. The rest is one more click.
function Export({filter}) {
  const [state, setState] = useState({});
  const take = async (format, after) => {
    setState({busy: true});
    try {
      const response = await fetch(address(`${kBase}/events/export`, {...filter, format, after}),
        {signal: AbortSignal.timeout(60_000)});
      if (!response.ok) {
        const told = await response.json().catch(() => null);
        setState({trouble: told?.error ?? {text: t('error.status', {status: response.status}),
          remedy: t('error.status.do')}});
        return;
      }
      const link = document.createElement('a');
      link.href = URL.createObjectURL(await response.blob());
      link.download = `wxpipe-events-${new Date().toISOString().slice(0, 16).replace(':', '')}.${format}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
      setState({format, next: response.headers.get('x-wxpipe-next')});
    } catch {
      setState({trouble: {text: t('error.away'), remedy: t('error.away.do')}});
    }
  };
  return html`
    <div class="group" role="group" aria-label=${t('export')}>
      <button type="button" disabled=${state.busy} onClick=${() => take('csv')}>${t('export.csv')}</button>
      <button type="button" disabled=${state.busy} onClick=${() => take('ndjson')}>NDJSON</button>
      ${state.next && html`<button type="button" onClick=${() => take(state.format, state.next)}>
        ${t('export.rest')}</button>`}
    </div>
    ${state.trouble && html`<${Notice} text=${state.trouble.text} remedy=${state.trouble.remedy} />`}
  `;
}
