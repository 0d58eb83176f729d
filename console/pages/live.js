// Callbacks as they come, each with its fate. What isn't shown is counted: by the server when more come than it sends,
// here when the list is full or paused.
import {html, useEffect, useMemo, useRef, useState} from './parts/dom.js';
import {ask, kBase} from './parts/api.js';
import {clock, number, rate} from './parts/format.js';
import {Saved} from './parts/saved.js';
import {language, t, term} from './parts/texts.js';
import {Filter, Notice, Page, Panel, Table} from './parts/ui.js';
import {address} from './parts/url.js';
import {asked} from './events.js';
import {accountOptions, Reason, Said, Type, TypeList, Word} from './parts/words.js';

const kShown = 250;  // rows on the page
const kShownInBurst = 60;  // … while more than kBurst a second come: a screenful, which nobody can read anyway
const kBurst = 50;
const kHeld = 5_000;  // rows that a pause keeps
const kRedraw = 250;  // ms between two changes of the page

const empty = () => ({rows: [], came: 0, hidden: 0, paused: 0, lost: 0, leftOut: 0, leftOutBefore: 0, behind: 0,
  known: new Set(), rate: null});

// Where each question was left on this visit: coming back to the page goes on there.
const left = new Map();

// Owns the connection; tells the page at most four times a second.
function useLive(parts, fate, paused) {
  const question = new URLSearchParams(parts).toString();
  const [shown, setShown] = useState({...empty(), state: 'connecting'});
  const [turn, setTurn] = useState(0);
  const pausedNow = useRef(paused);
  const show = useRef(() => {});
  pausedNow.current = paused;
  useEffect(() => {
    let all = empty();
    let state = 'connecting';
    let trouble = null;
    let changed = true;
    let held = [];  // came while paused
    let forgotten = 0;  // left out before the list was cleared
    const times = [];
    const source = new EventSource(kBase + address('/live', {...Object.fromEntries(new URLSearchParams(question)),
      last_event_id: left.get(question)}));
    const put = (one) => {
      if (fate && one.fate !== fate) {
        all.hidden += 1;
        return;
      }
      all.rows.unshift(one);
      if (all.rows.length > kShown) all.rows.length = kShown;
    };
    source.onopen = () => {
      state = 'open';
      all.leftOutBefore += all.leftOut;  // the server counts for each connection
      all.leftOut = forgotten = 0;
      changed = true;
    };
    source.addEventListener('callback', (event) => {
      const one = JSON.parse(event.data);
      const key = `${one.receipt} ${one.fate}`;
      if (all.known.has(key)) return;  // a reconnect told it again
      all.known.add(key);
      if (all.known.size > 20_000) all.known = new Set([...all.known].slice(-10_000));
      all.came += 1;
      times.push(performance.now());
      if (pausedNow.current) {
        held.push(one);
        if (held.length > kHeld) {
          held.shift();
          all.lost += 1;
        }
      } else {
        put(one);
      }
      changed = true;
    });
    source.addEventListener('state', (event) => {
      const told = JSON.parse(event.data);
      all.leftOut = told.left_out - forgotten;
      all.behind = told.behind;
      if (event.lastEventId) left.set(question, event.lastEventId);
      trouble = null;
      changed = true;
    });
    source.addEventListener('error', (event) => {
      if (event.data) trouble = JSON.parse(event.data).error;
      state = source.readyState === EventSource.CLOSED ? 'closed' : 'again';
      changed = true;
      if (state === 'closed') ask('/session').catch(() => {});  // signed out: the login form comes
    });
    const draw = () => {
      if (!pausedNow.current && held.length) {
        held.forEach(put);
        held = [];
        changed = true;
      }
      const now = performance.now();
      const before = times.length;
      while (times.length && now - times[0] > 5_000) times.shift();
      if (!changed && before === times.length) return;
      changed = false;
      const speed = times.length / 5;
      const rows = all.rows.slice(0, speed > kBurst ? kShownInBurst : kShown);
      setShown({...all, rows, paused: held.length, rate: speed, state, trouble});
    };
    const timer = setInterval(draw, kRedraw);
    show.current = () => {
      forgotten += all.leftOut;
      all = {...empty(), known: all.known};
      held = [];
      changed = true;
      draw();
    };
    return () => {
      clearInterval(timer);
      source.close();
    };
  }, [question, fate, turn]);
  return {...shown, clear: () => show.current(), again: () => setTurn(turn + 1)};
}

const filled = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value));

// The parts of `where`, as `wxpipe tail --where` has them.
const whereOf = ({account, type, person}) =>
  [account && `account=${account}`, type && `type=${type}`, person && `subject=${person}`].filter(Boolean).join(',');

const columnsOf = () => [
  {label: t('received'), kind: 'tight', of: (row) => html`<time datetime=${row.received_at} title=${row.received_at}>
    ${clock(row.received_at)}</time>`},
  {label: t('fate'), kind: 'tight', of: (row) => html`<${Word} list="fate" of=${row.fate} />`},
  {label: t('type'), of: (row) => html`<${Type} of=${row.type} />`},
  {label: t('content'), kind: 'text', of: (row) => (row.fate === 'dead_letter'
    ? html`<${Reason} of=${row.detail.split(': ').pop()} />` : html`<span class="clip"><${Said} text=${row.content} />
    </span>`)},
  {label: t('person'), kind: 'id', of: (row) => row.subject},
  {label: t('account'), kind: 'tight', of: (row) => row.account},
];

export function Live({session, query}) {
  const [paused, setPaused] = useState(false);
  const live = useLive(filled({where: whereOf(query), match: query.match, since: query.since}), query.fate, paused);
  const fields = [
    {name: 'account', label: t('account'), options: accountOptions(session)},
    {name: 'type', label: t('type'), placeholder: 'message.*', list: 'types'},
    {name: 'person', label: t('person'), placeholder: 'openid, external_userid'},
    {name: 'match', label: t('live.match'), placeholder: '/attributes/EventKey=PRICE'},
    {name: 'fate', label: t('fate'), options: [['', t('any')],
      ...['stored', 'repeat', 'dead_letter', 'on_its_way'].map((one) => [one, term('fate', one)])]},
    {name: 'since', label: t('live.since'), options: [['', t('live.since.now')], ['5m', t('span.5m')],
      ['15m', t('span.15m')], ['1h', t('span.1h')]]},
  ];
  const actions = html`
    <button type="button" aria-pressed=${String(paused)} onClick=${() => setPaused(!paused)}>
      ${paused ? t('live.resume') : t('live.pause')}</button>
    <button type="button" onClick=${live.clear}>${t('live.clear')}</button>
    <${Saved} path="/live" query=${asked(query, fields.map((one) => one.name))} />`;
  const columns = useMemo(columnsOf, [language()]);
  const leftOut = live.leftOut + live.leftOutBefore + live.lost;
  const gone = live.came - live.hidden - live.paused - live.lost - live.rows.length;
  return html`<${Page} title=${t('nav.live')} about=${t('live.about')} actions=${actions}>
    <${Panel}><${Filter} path="/live" query=${query} fields=${fields} /><${TypeList} /><//>
    ${live.trouble && html`<${Notice} text=${live.trouble.text} remedy=${live.trouble.remedy} />`}
    ${!live.trouble && live.state === 'closed' && html`<${Notice} text=${t('live.closed')} remedy=${t('live.closed.do')}
      again=${live.again} />`}
    <${Panel} kind="live" flush>
      <header class="panel-head">
        <h2 role="status"><span class=${`pulse ${live.state === 'open' ? 'on' : live.state === 'connecting' ? ''
          : 'off'}`}></span>${paused ? t('live.state.paused', {count: number(live.paused)})
          : t(`live.state.${live.state}`)}</h2>
        <div class="aside live-counts">
          <span>${rate(live.rate)}</span>
          <span>${t('live.came', {count: number(live.came)})}</span>
          ${live.hidden > 0 && html`<span>${t('live.hidden', {count: number(live.hidden)})}</span>`}
          ${gone > 0 && html`<span>${t('live.gone', {count: number(gone)})}</span>`}
          ${leftOut > 0 && html`<strong>${t('live.left_out', {count: number(leftOut)})}</strong>`}
          ${live.behind > 0 && html`<span>${t('live.behind', {count: number(live.behind)})}</span>`}
        </div>
      </header>
      <${Table} caption=${t('nav.live')} rows=${live.rows} rowKey=${(row) => `${row.receipt} ${row.fate}`}
        empty=${t('live.none')}
        link=${(row) => row.event_id && `/e/${encodeURIComponent(row.event_id)}`}
        marked=${(row) => (row.fate === 'dead_letter' ? 'error' : row.fate === 'on_its_way' ? 'warning' : '')}
          columns=${columns} />
    <//>
  <//>`;
}
