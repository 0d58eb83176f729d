// What is known about one callback, on one page: its way with the time at each station, the body, the row, its facts
// and points, side by side.
import {html, useState} from './parts/dom.js';
import {useAnswer} from './parts/api.js';
import {bytes, duration, moment, number} from './parts/format.js';
import {seesBodies} from './parts/rights.js';
import {said, t, term, told} from './parts/texts.js';
import {Answer, Badge, Copy, Facts, Findings, Notice, Page, Panel, Table, Time, Verbatim} from './parts/ui.js';
import {address} from './parts/url.js';
import {accountName, Person, Reason, Said, Type, Word} from './parts/words.js';

export function Event({session, id}) {
  const [hops, setHops] = useState(false);
  const answer = useAnswer(`/events/${encodeURIComponent(id)}`, {hops: hops ? 'true' : ''}, {limit: 30_000});
  const plain = useAnswer(hops ? `/events/${encodeURIComponent(id)}` : null);  // stays while the topics are looked at
  const shown = answer.data ? answer : plain.data ? {...plain, error: answer.error} : answer;
  return html`<${Page} title=${t('event')} about=${html`<span class="copyable"><span class="mono">${id}</span>
    <${Copy} text=${id} /></span>`}>
    <${Answer} of=${shown}>${(data) => html`<${Story} data=${data} session=${session} hops=${hops}
      looking=${hops && !answer.data && !answer.error} ask=${() => setHops(true)} />`}<//>
  <//>`;
}

function json(text) {
  try {
    const value = JSON.parse(text);
    return value && typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

const kHead = ['type', 'account', 'tenant', 'subject', 'content', 'occurred_at', 'received_at', 'reply', 'stage',
  'reason', 'detail', 'state'];
const kElsewhere = ['body', 'attributes', 'context', 'history'];

function Story({data, session, hops, looking, ask}) {
  const row = Object.fromEntries(data.row.map((one) => [one.name, one.value]));
  const letter = data.kind === 'dead_letter';
  const {stations} = data;
  const made = stations.filter((one) => ['fact', 'score'].includes(one.station));
  const received = stations.find((one) => one.station === 'received')?.at ?? row.received_at;
  const seen = seesBodies(session) && data.row.length > 0;
  return html`
    ${data.masked && html`<${Notice} kind="note" text=${t('masked.page')} remedy=${t('masked.page.do')} />`}
    <${Panel}>
      <${Facts} of=${[
        letter ? [t('state'), html`<${Badge} kind="error">${t('word.dead_letter')}<//> <${Word} list="letter"
          of=${row.state} />`] : [t('type'), html`<${Type} of=${row.type} />`],
        letter && [t('reason'), html`<${Reason} of=${row.reason} />`],
        letter && [t('stage'), row.stage],
        [t('account'), accountName(session, row.account)],
        row.tenant && [t('tenant'), html`<span class="mono">${row.tenant}</span>`],
        !letter && [t('person'), html`<${Person} of=${row.subject} account=${row.account} />`],
        [t('received'), html`<${Time} of=${received ?? row.failed_at} fraction />`],
        !letter && [t('content'), html`<${Said} text=${row.content} />`],
        row.reply && [t('event.reply'), html`<${Said} text=${row.reply} />`],
      ]} />
      ${letter && html`<p class="muted lead">${said(row.detail)} ${told('reason.do', row.reason)}</p><p>
        <a href=${address('/dead-letters', {id: data.id, state: 'any'})}>${t('event.to_letters')}</a></p>`}
    <//>
    <${Findings} of=${data.findings} quiet />
    <div class="columns two">
      <div class="stack">
        <${Panel} title=${t('event.way')} aside=${hops
          ? looking ? t('event.hops.looking') : t('event.hops.shown')
          : html`<button type="button" class="quiet" onClick=${ask}>${t('event.hops')}</button>`}>
          <${Stations} of=${stations} />
        <//>
        ${!letter && html`<${Panel} title=${t('event.made')} flush>
          <${Table} caption=${t('event.made')} rows=${made} empty=${t('event.made.none')} columns=${[
            {label: t('event.fact'), of: (one) => term('station', one.station)},
            {label: t('event.where'), kind: 'id', of: (one) => one.where},
            {label: t('event.what'), kind: 'text', of: (one) => said(one.what)},
          ]} /><//>`}
        <${Panel} title=${t('event.batches')} aside=${t('event.batches.note')} flush>
          <${Table} caption=${t('event.batches')} rows=${data.batches} columns=${[
            {label: t('event.began'), kind: 'tight', of: (one) => html`<${Time} of=${one.began_at} fraction />`},
            {label: t('event.rows'), kind: 'number', of: (one) => `≥ ${number(one.rows_at_least)}`},
            {label: t('event.where'), kind: 'id', of: (one) => one.table},
            {label: t('event.writer'), kind: 'id', of: (one) => one.writer},
          ]} /><//>
        ${hops && !looking && html`<${Panel} title=${t('event.replays')} aside=${t('event.replays.note')} flush>
          <${Table} caption=${t('event.replays')} rows=${data.replays} empty=${t('event.replays.none')} columns=${[
            {label: t('event.begun'), kind: 'tight', of: (one) => html`<${Time} of=${one.begun_at} />`},
            {label: t('event.into'), kind: 'id', of: (one) => one.into},
            {label: t('event.taken'), of: (one) => t(one.takes === null ? 'event.taken.unknown'
              : one.takes ? 'event.taken.yes' : 'event.taken.no')},
            {label: t('event.finished'), of: (one) => t(one.finished ? 'yes' : 'no')},
            {label: t('event.asked_by'), of: (one) => one.asked_by},
            {label: t('event.order'), kind: 'text', of: (one) => one.order},
            {label: t('event.record'), kind: 'id', of: (one) => one.record},
          ]} /><//>`}
      </div>
      <div class="stack">
        ${seen ? html`<${Body} id=${data.id} letter=${letter} />` : html`<${Panel} title=${t('event.body')}>
          <p class="muted">${t('event.body.hidden')}</p><//>`}
        ${row.attributes && html`<${Panel} title=${t('event.attributes')} aside=${t('event.attributes.note')}>
          <${Attributes} text=${row.attributes} /><//>`}
        ${row.context && html`<${Panel} title=${t('event.context')}><${Attributes} text=${row.context} /><//>`}
        <${Panel} title=${t('event.row')} aside=${row.table && html`<span class="mono">${row.table}</span>`}>
          <dl class="facts rows">${data.row.filter((one) => one.name !== 'table'
            && !kElsewhere.includes(one.name)).sort((a, b) => rank(a) - rank(b))
            .map((one) => html`<div><dt>${one.name}</dt><dd class="mono"><${Said} text=${one.value} /></dd>
              </div>`)}</dl>
        <//>
      </div>
    </div>
  `;
}

const rank = (one) => {
  const place = kHead.indexOf(one.name);
  return place < 0 ? kHead.length : place;
};

const bad = {dead_letter: 'error', repeat: 'warning'};

// Each station with the time it took since the one before.
const Stations = ({of}) => html`
  <ol class="stations">
    ${of.map((one, place) => {
      const before = moment(of[place - 1]?.at);
      const step = before ? (moment(one.at) - before) / 1000 : 0;
      return html`<li class=${bad[one.station] ?? ''}>
        <time datetime=${one.at}><${Time} of=${one.at} fraction />${step > 0 && html`<br /> +${duration(step)}`}</time>
        <span class="rail" aria-hidden="true"></span>
        <div class="body"><b>${term('station', one.station)}</b> ${said(one.what)}<span class="where mono">
          ${one.where}</span>
          </div>
      </li>`;
    })}
  </ol>`;

function Attributes({text}) {
  const value = json(text);
  if (!value) return html`<${Verbatim} text=${text} />`;
  return html`<dl class="facts rows">${Object.entries(value).map(([name, one]) => html`<div><dt>${name}</dt>
    <dd><${Said} text=${typeof one === 'string' ? one : JSON.stringify(one)} /></dd></div>`)}</dl>`;
}

// XML and JSON with line breaks, so that it can be read; verbatim on demand. It stays a text.
function indented(text) {
  const value = json(text);
  if (value) return JSON.stringify(value, null, 2);
  const pieces = text.match(/<!\[CDATA\[[\s\S]*?\]\]>|<[^>]*>|[^<]+/g);
  if (!pieces || !/^\s*<[\w?]/.test(text)) return text;
  const lines = [];
  let depth = 0;
  let inline = false;  // the line has an opening tag and its text: the closing tag goes there too
  for (const piece of pieces) {
    const tag = /^<[^!]/.test(piece);
    if (!tag) {
      if (piece.trim() || inline) lines[lines.length - 1] = (lines.at(-1) ?? '') + (piece.trim() ? piece : '');
    } else if (piece.startsWith('</')) {
      depth = Math.max(0, depth - 1);
      if (inline) lines[lines.length - 1] += piece;
      else lines.push('  '.repeat(depth) + piece);
      inline = false;
    } else {
      lines.push('  '.repeat(depth) + piece);
      inline = !piece.endsWith('/>') && !piece.startsWith('<?');
      if (inline) depth += 1;
    }
  }
  return lines.join('\n');
}

function Body({id, letter}) {
  const answer = useAnswer(`/events/${encodeURIComponent(id)}/body`);
  const [raw, setRaw] = useState(letter);
  const aside = html`
    ${answer.data && html`<span>${bytes(answer.data.bytes)}</span>`}
    <button type="button" class="quiet" aria-pressed=${String(raw)} onClick=${() => setRaw(!raw)}>
      ${t('event.body.raw')}</button>
    ${answer.data && html`<${Copy} text=${answer.data.text} />`}`;
  return html`<${Panel} title=${letter ? t('event.body.bytes') : t('event.body')} aside=${aside}>
    <${Answer} of=${answer}>${(data) => html`
      <${Verbatim} label=${t('event.body')} text=${raw ? data.text : indented(data.text)} />
      ${data.base64 && html`<details><summary>${t('event.body.exact', {count: number(data.bytes)})}</summary>
        <${Verbatim} text=${data.base64} /></details>`}`}<//>
  <//>`;
}
