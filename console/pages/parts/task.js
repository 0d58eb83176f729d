// Work that goes on in the server: begun by a question, followed until its end, shown as its report. A page may be left
// and come back to; the task goes on.
import {html, useEffect, useRef, useState} from './dom.js';
import {ask} from './api.js';
import {duration, moment, none, number, percent, time} from './format.js';
import {t, term} from './texts.js';
import {Facts, Findings, Notice, Table, TroubleNotice} from './ui.js';
import {Word} from './words.js';

const kEvery = 1_000;  // ms between two looks
const kMost = 5;       // looks that may fail in a row

// {task, error, begin(path, body), stop, forget}. `then` gets the task when it has ended.
export function useTask(then) {
  const [state, setState] = useState({task: null, error: null, busy: false});
  const alive = useRef(true);
  const turn = useRef(0);
  useEffect(() => () => {
    alive.current = false;
  }, []);
  const follow = async (first, mine) => {
    let task = first;
    let failed = 0;
    while (alive.current && turn.current === mine && task.state === 'running') {
      await new Promise((ready) => setTimeout(ready, kEvery));
      if (!alive.current || turn.current !== mine) return;
      try {
        task = await ask(`/tasks/${encodeURIComponent(task.id)}`);
        failed = 0;
      } catch (error) {
        if (++failed >= kMost || error.status === 404) {
          setState({task, error, busy: false});
          return;
        }
        continue;
      }
      if (alive.current && turn.current === mine) setState({task, error: null, busy: task.state === 'running'});
    }
    if (alive.current && turn.current === mine) then?.(task);
  };
  const begin = async (path, body) => {
    const mine = ++turn.current;
    setState({task: null, error: null, busy: true});
    try {
      const task = await ask(path, {method: 'POST', body});
      if (!alive.current || turn.current !== mine) return;
      setState({task, error: null, busy: task.state === 'running'});
      await follow(task, mine);
    } catch (error) {
      if (alive.current && turn.current === mine) setState({task: null, error, busy: false});
    }
  };
  const resume = (task) => {
    const mine = ++turn.current;
    setState({task, error: null, busy: task.state === 'running'});
    follow(task, mine);
  };
  const stop = async () => {
    try {
      await ask(`/tasks/${encodeURIComponent(state.task.id)}/stop`, {method: 'POST', body: {}});
    } catch (error) {
      setState((now) => ({...now, error}));
    }
  };
  const forget = () => {
    turn.current += 1;
    setState({task: null, error: null, busy: false});
  };
  return {...state, begin, resume, stop, forget};
}

export function Task({of, report = true}) {
  const {task, error, busy} = of;
  return html`
    <div class="stack" aria-live="polite">
      ${error && html`<${TroubleNotice} error=${error} />`}
      ${task && html`
        <div class="panel-head">
          <span><${Word} list="task" of=${task.state} /> ${task.about}</span>
          <span class="aside">${took(task)}${busy && html`<button type="button" onClick=${of.stop}>
            ${t('task.stop')}</button>`}</span>
        </div>`}
      ${busy && html`<${Progress} of=${task?.progress} />`}
      ${task?.error && html`<${Notice} text=${task.error.text} remedy=${task.error.remedy} />`}
      ${report && task?.report && html`<${Report} of=${task.report} />`}
    </div>
  `;
}

function took(task) {
  const end = moment(task.ended_at) ?? new Date();
  return t('task.took', {time: duration(Math.max(0, (end - moment(task.began_at)) / 1000)), who: task.by});
}

function Progress({of}) {
  const share = of && of.of > 0 ? Math.min(1, of.done / of.of) : null;
  return html`
    <div class="progress" role="progressbar" aria-valuemin="0" aria-valuemax="100"
      aria-valuenow=${share === null ? undefined : Math.round(share * 100)} aria-label=${t('task.progress')}>
      <span style=${{width: `${(share ?? 0.04) * 100}%`}}></span></div>
    <p class="muted">${of ? `${number(of.done)}${of.of > 0 ? ` / ${number(of.of)} · ${percent(share)}`
      : ''} ${term('unit', of.unit)}` : t('task.begins')}</p>
  `;
}

function cell(name, value) {
  if (value === null || value === undefined || value === '') return none;
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  if (typeof value === 'number') return name.endsWith('_us') ? duration(value / 1e6) : name === 'seconds'
    ? duration(value) : number(value, 1);
  if (typeof value === 'object') return JSON.stringify(value);
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) ? time(value) : value;
}

const kTold = ['findings', 'filter', 'order', 'dry_run', 'account', 'from', 'to',
  'into'];  // stands in the task's own words

// Any report of a command: its findings, its numbers, its tables.
function Report({of}) {
  const entries = Object.entries(of).filter(([name]) => !kTold.includes(name));
  const facts = entries.filter(([, value]) => !Array.isArray(value) && value !== null && value !== '');
  const tables = entries.filter(([, value]) => Array.isArray(value) && value.length);
  return html`
    <${Findings} of=${of.findings} />
    ${facts.length > 0 && html`<${Facts} of=${facts.map(([name, value]) => [term('column', name),
      cell(name, value)])} />`}
    ${tables.map(([name, rows]) => html`<section><h3>${term('column', name)}</h3>
      ${typeof rows[0] === 'object'
        ? html`<${Table} caption=${term('column', name)} rows=${rows.slice(0, 200)}
          columns=${Object.keys(rows[0]).map((column) => ({
            label: term('column', column),
            kind: typeof rows[0][column] === 'number' ? 'number' : '',
            of: (row) => cell(column, row[column]),
          }))} />`
        : html`<ul>${rows.slice(0, 200).map((one) => html`<li>${one}</li>`)}</ul>`}
      ${rows.length > 200 && html`<p class="muted">${t('task.more',
        {count: number(rows.length - 200)})}</p>`}</section>`)}
  `;
}
