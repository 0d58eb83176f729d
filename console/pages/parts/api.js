// Questions to the server. Each ends within its time limit, and a failure is a sentence with what to do about it, never
// an endless wait.
import {useCallback, useEffect, useRef, useState} from './dom.js';
import {t} from './texts.js';
import {address} from './url.js';

export const kBase = '/api/v1';
const kLimit = 15_000;  // ms; the server's own limit for a question to Postgres is shorter

// status 0: no answer came. text and remedy are for people.
export class Trouble extends Error {
  constructor(status, text, remedy = '', code = '') {
    super(text);
    Object.assign(this, {status, text, remedy, code});
  }
}

let signedOut = () => {};
export const whenSignedOut = (what) => (signedOut = what);

function troubleOf(status, body) {
  const told = body?.error ?? body;
  const text = told?.text ?? told?.message;
  if (status === 403 && !text) return new Trouble(status, t('error.forbidden'), t('error.forbidden.do'));
  if (status === 429 && !text) return new Trouble(status, t('error.busy'), t('error.busy.do'));
  if (text) return new Trouble(status, text, told.remedy ?? '', told.code ?? '');
  return new Trouble(status, t('error.status', {status}), t('error.status.do'));
}

export async function ask(path, {query, method = 'GET', body, signal, limit = kLimit} = {}) {
  const clock = new AbortController();
  const timer = setTimeout(() => clock.abort(), limit);
  signal?.addEventListener('abort', () => clock.abort());
  try {
    const response = await fetch(address(kBase + path, query), {
      method,
      signal: clock.signal,
      credentials: 'same-origin',
      headers: body === undefined ? {} : {'content-type': 'application/json'},
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    let value = null;
    try {
      value = text ? JSON.parse(text) : null;
    } catch {
      if (response.ok) throw new Trouble(response.status, t('error.not_json'), t('error.not_json.do'));
    }
    if (response.status === 401 && path !== '/login') signedOut();
    if (!response.ok) throw troubleOf(response.status, value);
    return value;
  } catch (failure) {
    if (failure instanceof Trouble || signal?.aborted) throw failure;
    if (clock.signal.aborted) throw new Trouble(0, t('error.slow', {seconds: limit / 1000}), t('error.slow.do'));
    throw new Trouble(0, t('error.away'), t('error.away.do'));
  } finally {
    clearTimeout(timer);
  }
}

// {data, error, asking, again}. Asks anew when the path or query changes, and every so many seconds if wanted: then the
// newest answer stays on the page while the next is awaited, and what is out of date is said beside it.
export function useAnswer(path, query = {}, {every = 0, limit} = {}) {
  const [state, setState] = useState({data: null, error: null, asking: true, of: ''});
  const question = path === null ? null : address(path, query);
  const running = useRef(null);
  const busy = useRef(false);
  const again = useCallback(async () => {
    running.current?.abort();
    if (question === null) return;
    const mine = new AbortController();
    running.current = mine;
    busy.current = true;
    setState((now) => ({...now, asking: true, ...(now.of === question ? {} : {data: null, error: null})}));
    try {
      const data = await ask(question, {signal: mine.signal, limit});
      if (!mine.signal.aborted) setState({data, error: null, asking: false, of: question, at: Date.now()});
    } catch (error) {
      if (mine.signal.aborted) return;
      setState((now) => ({...now, error, asking: false, of: question}));
    } finally {
      if (running.current === mine) busy.current = false;
    }
  }, [question, limit]);
  useEffect(() => {
    again();
    return () => running.current?.abort();
  }, [again]);
  useEffect(() => {
    if (!every) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden && !busy.current) again();  // a slow answer is awaited, not asked for anew
    }, every * 1000);
    return () => clearInterval(timer);
  }, [again, every]);
  const current = state.of === question;
  return {...state, data: current ? state.data : null, error: current ? state.error : null, again};
}
