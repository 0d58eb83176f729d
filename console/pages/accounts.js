// Accounts: is each one alive, what was refused and why; and one account's set-up at its platform, step by step.
import {html, useEffect, useRef, useState} from './parts/dom.js';
import {ask, useAnswer} from './parts/api.js';
import {duration, number, time} from './parts/format.js';
import {may} from './parts/rights.js';
import {t, term, told} from './parts/texts.js';
import {Answer, Copy, Facts, Findings, Notice, Page, Panel, Table, Time, TroubleNotice} from './parts/ui.js';
import {address} from './parts/url.js';
import {Word} from './parts/words.js';

export function Accounts({session, name}) {
  const answer = useAnswer('/accounts', {}, {every: 10});
  if (name) return html`<${One} session=${session} name=${name} answer=${answer} />`;
  return html`<${Page} title=${t('nav.accounts')} about=${t('accounts.about')}>
    <${Answer} of=${answer}>${(data) => html`
      <${Findings} of=${data.findings} quiet />
      <${Panel} flush>
        <${Table} sortable caption=${t('nav.accounts')} rows=${data.accounts} rowKey=${(row) => row.account}
          link=${(row) => `/accounts/${encodeURIComponent(row.account)}`}
            marked=${(row) => (row.state === 'silent' ? 'error' : '')} columns=${[
            {name: 'account', label: t('account'), sort: (row) => row.account, kind: 'tight', of: (row) => html`<b>
              ${row.title || row.account}</b>${row.title && html`<span class="gloss">${row.account}</span>`}`},
            {label: t('state'), of: (row) => html`<${Word} list="account" of=${row.state} />`},
            {label: t('accounts.kind'), of: (row) => (row.kind ? html`<span title=${row.kind}>
              ${term('kind', row.kind)}</span>` : t('accounts.gone'))},
            {name: 'last', label: t('accounts.last'), sort: (row) => row.last_callback_at,
              of: (row) => html`<${Time} of=${row.last_callback_at} relative />`},
            {name: 'hour', label: t('accounts.hour'), kind: 'number', sort: (row) => row.last_hour,
              of: (row) => html`${number(row.last_hour)}<span class="gloss">
              ${t('accounts.before', {count: number(row.same_hour_last_week)})}</span>`},
            {name: 'today', label: t('accounts.today'), kind: 'number', sort: (row) => row.today,
              of: (row) => html`${number(row.today)}<span class="gloss">
              ${t('accounts.before', {count: number(row.same_day_last_week)})}</span>`},
            {name: 'spool', label: t('accounts.spool'), kind: 'number', sort: (row) => row.by_spool_today,
              of: (row) => number(row.by_spool_today)},
            {name: 'silence', label: t('accounts.silence'), kind: 'number', sort: (row) => row.longest_silence_us,
              of: (row) => duration(row.longest_silence_us / 1e6)},
            {name: 'letters', label: t('nav.dead_letters'), kind: 'number', sort: (row) => row.open_dead_letters,
              of: (row) => (row.open_dead_letters ? html`<a href=${address('/dead-letters', {account: row.account})}>
                ${number(row.open_dead_letters)}</a>` : '0')},
          ]} />
      <//>`}<//>
  <//>`;
}

function One({session, name, answer}) {
  const row = answer.data?.accounts.find((one) => one.account === name);
  const refusals = useAnswer(`/accounts/${encodeURIComponent(name)}/refusals`, {}, {every: 2});
  const actions = html`<a class="button" href=${address('/live', {account: name})}>${t('nav.live')}</a>
    <a class="button" href=${address('/events', {account: name})}>${t('nav.events')}</a>
    <a class="button" href="/accounts">${t('accounts.all')}</a>`;
  return html`<${Page} title=${row?.title ? `${row.title} (${name})` : name} about=${row && term('kind', row.kind)}
    actions=${actions}>
    ${answer.data && !row && html`<${Notice} text=${t('accounts.unknown', {name})}
      remedy=${t('accounts.unknown.do')} />`}
    ${answer.error && html`<${TroubleNotice} error=${answer.error} again=${answer.again} />`}
    ${row && html`
      <${Panel} aside=${html`<${Word} list="account" of=${row.state} />`} title=${t('accounts.health')}>
        <${Facts} of=${[
          [t('accounts.last'), html`<${Time} of=${row.last_callback_at} />`],
          [t('accounts.hour'), `${number(row.last_hour)} (${t('accounts.before',
            {count: number(row.same_hour_last_week)})})`],
          [t('accounts.today'), `${number(row.today)} (${t('accounts.before',
            {count: number(row.same_day_last_week)})})`],
          [t('accounts.silence'), duration(row.longest_silence_us / 1e6)],
          [t('accounts.spool'), number(row.by_spool_today)],
          [t('nav.dead_letters'), html`<a href=${address('/dead-letters', {account: name})}>
            ${number(row.open_dead_letters)}</a>`],
        ]} />
        ${row.state === 'silent' && html`<${Notice} text=${t('accounts.silent')} remedy=${t('accounts.silent.do')} />`}
      <//>
      <div class="columns two">
        <${Wizard} row=${row} session=${session} lately=${refusals.data} />
        <${Rotation} name=${name} kind=${row.kind} />
      </div>`}
    <${Panel} title=${t('accounts.refused')} aside=${t('accounts.refused.note')} flush>
      <${Answer} of=${refusals}>${(data) => html`
        <${Table} caption=${t('accounts.refused')} rows=${data.refusals} empty=${t('accounts.refused.none')} columns=${[
          {label: t('time'), kind: 'tight', of: (one) => html`<${Time} of=${one.at} />`},
          {label: t('accounts.times'), kind: 'number', of: (one) => number(one.times)},
          {label: t('accounts.method'), of: (one) => one.method},
          {label: t('reason'), of: (one) => html`<span>${one.reason}</span><span class="gloss">
            ${term('refusal', one.reason)}</span>`},
          {label: t('accounts.wrong'), of: (one) => one.wrong && html`<span>${one.wrong}</span><span class="gloss">
            ${term('wrong', one.wrong)}</span>`},
          {label: t('accounts.from'), kind: 'id', of: (one) => one.address},
          {label: t('accounts.do'), kind: 'text', of: remedyOf},
        ]} />`}<//>
    <//>
  <//>`;
}

// By the part that was wrong, else by the reason.
const remedyOf = ({reason, wrong}) => (wrong && told('wrong.do', wrong)) || told('refusal.do', reason);

const signed = ['wework_instance', 'channel'];  // by a webhook's secret; nobody verifies their address

// "Enter this URL, token and key at the platform; waiting for its GET … verified." What is newest counts: that the GET
// was answered, or that something was refused since the page was opened. All times are the server's, so a clock that is
// wrong in the browser does nothing. They have one form, so they are compared as texts.
function Wizard({row, session, lately}) {
  const opened = useRef(null);  // the newest refusal then
  const [before] = useState(row.last_callback_at);
  const hook = signed.includes(row.kind);
  const newest = lately?.refusals[0];
  if (lately && opened.current === null) opened.current = newest?.at ?? '';
  const verified = lately?.verified[0];
  const failed = newest && newest.at > opened.current && newest.at > (verified?.at ?? '') ? newest : null;
  const came = row.last_callback_at && row.last_callback_at !== before;
  const where = hook ? 'hook' : row.kind.startsWith('wework') ? 'wework' : row.kind.startsWith('open_platform') ? 'open'
    : 'wechat';
  return html`<${Panel} title=${t('wizard')}>
    <ol class="steps">
      <li class=${row.address ? 'done' : ''}><div class="stack"><b>${t('wizard.url')}</b>
        <p class="muted">${t(`wizard.where.${where}`)}</p>
        ${row.address ? html`<div class="copyable"><code>${row.address}</code><${Copy} text=${row.address} />
          </div>` : html`<p>${t('wizard.url.none')}</p>`}
        ${row.address?.includes('<your host>') && html`<small class="muted">${t('wizard.url.host')}</small>`}
        ${row.address?.includes('<secret>') && html`<small class="muted">${t('wizard.url.secret')}</small>`}
        ${row.address?.includes('$') && html`<small class="muted">${t('wizard.url.words')}</small>`}</div></li>
      <li><div class="stack"><b>${t(hook ? 'wizard.secret' : 'wizard.keys')}</b><p class="muted">
        ${t(hook ? 'wizard.secret.note' : 'wizard.keys.note')}</p></div></li>
      <li class=${!failed && (came || verified) ? 'done' : ''}><div class="stack"><b>
        ${t(hook ? 'wizard.first' : 'wizard.verify')}</b>
        <div role="status">${failed ? html`<${Notice} kind="error" text=${t('wizard.failed',
            {time: time(failed.at), reason: term('refusal', failed.reason)})} remedy=${remedyOf(failed)} />`
          : verified ? html`<${Notice} kind="fine" text=${t('wizard.verified',
            {time: time(verified.at), address: verified.address})} />`
          : came ? html`<${Notice} kind="fine" text=${t('wizard.came')} />`
          : html`<p class="muted"><span class="pulse"></span>
            ${t(hook ? 'wizard.waiting.first' : 'wizard.waiting')}${row.last_callback_at ? ` ${t('wizard.before')}`
            : ''}</p>`}</div>
        ${!hook && may(session, 'operator') && html`<${Probe} name=${row.account} />`}</div></li>
    </ol>
  <//>`;
}

// Plays the platform's verification with the account's own keys.
function Probe({name}) {
  const [state, setState] = useState({});
  const alive = useRef(true);
  useEffect(() => () => {
    alive.current = false;
  }, []);
  const play = async () => {
    setState({busy: true});
    let next;
    try {
      next = {data: await ask(`/accounts/${encodeURIComponent(name)}/probe`,
        {method: 'POST', body: {}, limit: 40_000})};
    } catch (error) {
      next = {error};
    }
    if (alive.current) setState(next);
  };
  return html`
    <div class="stack">
      <p class="muted">${t('probe.about')}</p>
      <div><button type="button" disabled=${state.busy} onClick=${play}>
        ${state.busy ? t('probe.busy') : t('probe')}</button></div>
      ${state.error && html`<${TroubleNotice} error=${state.error} />`}
      ${state.data && html`
        <${Table} caption=${t('probe')} rows=${state.data.stations} columns=${[
          {label: t('probe.station'), of: (one) => term('probe', one.station)},
          {label: t('state'), of: (one) => html`<${Word} list="level" of=${one.state} />`},
          {label: t('detail'), kind: 'text', of: (one) => one.text},
        ]} />
        <${Findings} of=${state.data.findings} quiet />`}
    </div>`;
}

const Rotation = ({name, kind}) => html`
  <${Panel} title=${t('rotation')}>
    <p class="muted lead">${t('rotation.about')}</p>
    <ol class="steps">${['1', '2', '3', '4'].map((one) => html`<li><p>
      ${t(signed.includes(kind) ? `rotation.hook.${one}` : `rotation.${one}`, {name})}</p></li>`)}</ol>
  <//>`;
