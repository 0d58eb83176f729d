// The frame around every page: who is signed in, where one can go, and the search that is always there.
import {html, useCallback, useEffect, useRef, useState} from './dom.js';
import {ask, useAnswer, whenSignedOut} from './api.js';
import {number, zone} from './format.js';
import {may} from './rights.js';
import {Switches} from './switches.js';
import {locale, t, term} from './texts.js';
import {TroubleNotice, Waiting} from './ui.js';
import {address, go, useHere} from './url.js';
import {Accounts} from '../accounts.js';
import {Actions} from '../actions.js';
import {Custody} from '../custody.js';
import {DeadLetters} from '../dead_letters.js';
import {Doctor} from '../doctor.js';
import {Event} from '../event.js';
import {Events} from '../events.js';
import {Groups} from '../groups.js';
import {Live} from '../live.js';
import {Login} from '../login.js';
import {Overview} from '../overview.js';
import {People} from '../people.js';
import {Replay} from '../replay.js';

const navigation = [
  ['watch', [['/', 'overview'], ['/live', 'live'], ['/events', 'events'], ['/people', 'people']]],
  ['care', [['/dead-letters', 'dead_letters'], ['/custody', 'custody'], ['/replay', 'replay']]],
  ['system', [['/accounts', 'accounts'], ['/groups', 'groups'], ['/doctor', 'doctor'],
    ['/actions', 'actions', 'operator']]],
];

const pages = {
  '/': Overview, '/live': Live, '/events': Events, '/people': People, '/dead-letters': DeadLetters, '/custody': Custody,
  '/replay': Replay, '/accounts': Accounts, '/groups': Groups, '/doctor': Doctor, '/actions': Actions,
};

// /e/ID is one event, /accounts/NAME one account.
function pageOf(path) {
  const [, first, second] = path.split('/');
  if (first === 'e' && second) return [Event, {id: decodeURIComponent(second)}];
  if (first === 'accounts' && second) return [Accounts, {name: decodeURIComponent(second)}];
  return [pages[path.length > 1 ? path.replace(/\/$/, '') : path], {}];
}

export function Shell() {
  const place = useHere();
  const [session, setSession] = useState(undefined);  // undefined: not known yet; null: nobody
  const [trouble, setTrouble] = useState(null);
  const load = useCallback(async () => {
    setTrouble(null);
    try {
      setSession(await ask('/session'));
    } catch (error) {
      if (error.status === 401) setSession(null);
      else setTrouble(error);
    }
  }, []);
  useEffect(() => {
    whenSignedOut(() => setSession(null));
    load();
  }, [load]);
  useEffect(() => {
    document.documentElement.lang = locale();
  });
  if (trouble) return html`<div class="login"><${TroubleNotice} error=${trouble} again=${load} /></div>`;
  if (session === undefined) return html`<div class="login"><${Waiting} /></div>`;
  if (session === null) return html`<${Login} done=${setSession} />`;
  return html`<${Frame} session=${session} place=${place} signOut=${() => setSession(null)} />`;
}

function Frame({session, place, signOut}) {
  const [open, setOpen] = useState(false);
  const main = useRef(null);
  const first = useRef(true);
  const [page, given] = pageOf(place.path);
  useEffect(() => {
    setOpen(false);
    if (first.current) {
      first.current = false;
      return;
    }
    scrollTo(0, 0);
    main.current?.querySelector('h1')?.focus({preventScroll: true});
  }, [place.path]);
  const known = {session, place, query: place.query, ...given};
  return html`
    <a class="skip" href="#main" onClick=${(event) => (event.preventDefault(),
      main.current?.querySelector('h1')?.focus())}>${t('skip')}</a>
    <div class="shell">
      <${Side} session=${session} place=${place} open=${open} signOut=${signOut} />
      <div>
        <div class="topbar">
          <button type="button" class="menu-button" aria-expanded=${open} aria-label=${t('menu')}
            onClick=${() => setOpen(!open)}>☰</button>
          <${Search} />
          <span class="fresh">${t('zone', {zone: zone()})}</span>
        </div>
        <main id="main" ref=${main}>
          ${page ? html`<${page} key=${place.path.split('/').slice(0, 3).join('/')} ...${known} />`
            : html`<h1 tabindex="-1">${t('not_found')}</h1><p><a href="/">${t('nav.overview')}</a></p>`}
        </main>
      </div>
    </div>
  `;
}

function Side({session, place, open, signOut}) {
  const glance = useAnswer('/overview', {range: 'hour'}, {every: 60}).data;
  const tally = {dead_letters: ['', glance?.open_dead_letters], custody: ['error', glance?.unaccounted]};
  const leave = async () => {
    try {
      await ask('/logout', {method: 'POST', body: {}});
    } finally {
      signOut();
    }
  };
  const current = (to) => (to === '/' ? place.path === '/' : place.path.startsWith(to)
    || (to === '/events' && place.path.startsWith('/e/')));
  return html`
    <aside class=${open ? 'side open' : 'side'}>
      <a class="brand" href="/"><img src="/icon.svg" alt="" />wxpipe</a>
      <nav class="nav" aria-label=${t('nav')}>
        ${navigation.map(([group, links]) => html`
          <h3>${t(`nav.${group}`)}</h3>
          ${links.filter(([, , role]) => !role || may(session, role)).map(([to, name]) => html`
            <a href=${to} aria-current=${current(to) ? 'page' : undefined}>${t(`nav.${name}`)}
              ${tally[name]?.[1] > 0 && html`<span class=${`tally ${tally[name][0]}`}>
                ${number(tally[name][1])}</span>`}</a>`)}
        `)}
      </nav>
      <div class="side-foot">
        <div class="who"><span title=${session.instance}>${session.login === 'none' ? t('nobody')
          : session.name} · ${term('role', session.role)}</span>
          ${session.login === 'password' && html`<button type="button" class="quiet" onClick=${leave}>
            ${t('logout')}</button>`}</div>
        <${Switches} />
        <span>wxpipe ${session.version}</span>
      </div>
    </aside>
  `;
}

// Any id, person or receipt. "/" leads here from everywhere.
function Search() {
  const field = useRef(null);
  useEffect(() => {
    const pressed = (event) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey
        || event.target.closest('input, textarea, select, dialog')) return;
      event.preventDefault();
      field.current.focus();
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, []);
  const found = (event) => {
    event.preventDefault();
    const key = field.current.value.trim();
    if (!key) return;
    field.current.value = '';
    field.current.blur();
    go(address('/events', {key}));
  };
  return html`<form role="search" onSubmit=${found}>
    <input ref=${field} name="everything" aria-label=${t('search')} placeholder=${t('search.hint')} autocomplete="off"
      spellcheck=${false} /><kbd aria-hidden="true">/</kbd>
  </form>`;
}
