// Replay: what is on the topics once more, from one place to another, into the tables or a side schema; then the
// difference. Counting comes first and changes nothing.
import {html, useEffect, useRef, useState} from './parts/dom.js';
import {ask, useAnswer} from './parts/api.js';
import {Act} from './parts/act.js';
import {number, percent} from './parts/format.js';
import {may} from './parts/rights.js';
import {Task, useTask} from './parts/task.js';
import {t, term} from './parts/texts.js';
import {Answer, Dialog, Field, Notice, Page, Panel, Table, Time, TroubleNotice} from './parts/ui.js';
import {address, note} from './parts/url.js';
import {accountOptions, TypeList, Word} from './parts/words.js';
import {asked} from './events.js';

const kTopics = ['events', 'messages', 'followers', 'leads', 'logs', 'dead_letters', 'custody'];
const kNames = ['topics', 'from', 'to', 'account', 'type', 'into', 'schema', 'renormalize', 'rate'];

// The order as the server takes it; null with a sentence where something lacks.
function orderOf(query) {
  const where = [query.account && `account=${query.account}`, query.type
    && `type=${query.type}`].filter(Boolean).join(',');
  const into = query.into === 'tables' || !query.into ? 'tables' : `${query.into}:${query.schema ?? ''}`;
  if (query.into && query.into !== 'tables' && !query.schema) return null;
  return {
    topics: (query.topics || 'events').split(','),
    from: query.from ?? '',
    to: query.to ?? '',
    where,
    into,
    renormalize: query.renormalize === 'yes',
    rate: Number(query.rate) || 0,
  };
}

export function Replay({session, query}) {
  const tasks = useAnswer('/tasks', {}, {every: 3});
  const marks = useAnswer('/bookmarks');
  const operator = may(session, 'operator');
  const [counting, setCounting] = useState(null);
  const task = useTask(() => tasks.again());
  const [act, setAct] = useState(false);
  const [values, setValues] = useState(asked(query, kNames));
  const stands = JSON.stringify(asked(query, kNames));
  useEffect(() => setValues(JSON.parse(stands)), [stands]);
  const order = orderOf(values);
  const chosen = new Set((values.topics || 'events').split(','));
  const latest = useRef(values);  // two keys may come before the page is drawn anew
  latest.current = values;
  const set = (name) => (value) => {
    latest.current = {...latest.current, [name]: value};
    setValues(latest.current);
    note(address('/replay', latest.current));
  };
  const toggle = (topic) => {
    const next = kTopics.filter((one) => (one === topic ? !chosen.has(one) : chosen.has(one)));
    set('topics')(next.join(',') === 'events' ? '' : next.join(','));
  };
  const count = (event) => {
    event.preventDefault();
    if (!order) return;
    setCounting(stands);
    task.begin('/replays', {...order, dry_run: true});
  };
  const places = (marks.data?.bookmarks ?? []).map((one) => `bookmark:${one.name}`);
  return html`<${Page} title=${t('nav.replay')} about=${t('replay.about')}>
    ${!operator && html`<${Notice} kind="note" text=${t('replay.viewer')} />`}
    <div class="columns two">
      <${Panel} title=${t('replay.new')}>
        <form class="stack" onSubmit=${count}>
          <div class="form">
            <${Field} label=${t('replay.from')} name="from" value=${values.from} onInput=${set('from')}
              placeholder=${t('replay.from.hint')} list="places" wide />
            <${Field} label=${t('replay.to')} name="to" value=${values.to} onInput=${set('to')}
              placeholder=${t('replay.to.hint')} list="places" wide />
            <${TypeList} />
            <datalist id="places">${['15m', '1h', '24h', '7d',
              ...places].map((one) => html`<option value=${one} />`)}</datalist>
          </div>
          <small class="muted">${t('replay.place')}</small>
          <fieldset class="plain"><legend>${t('replay.topics')}</legend><div class="form">
            ${kTopics.map((one) => html`<label class="check"><input type="checkbox" name=${one}
              checked=${chosen.has(one)} onChange=${() => toggle(one)} />${term('topic', one)}</label>`)}
          </div></fieldset>
          <div class="form">
            <${Field} label=${t('account')} name="account" value=${values.account} options=${accountOptions(session)}
              onInput=${set('account')} />
            <${Field} label=${t('type')} name="type" value=${values.type} placeholder="message.*" list="types"
              onInput=${set('type')} />
          </div>
          <div class="form">
            <${Field} label=${t('replay.into')} name="into" value=${values.into ?? ''} onInput=${set('into')}
              options=${[['', t('replay.into.tables')], ['schema', t('replay.into.schema')],
              ['topic', t('replay.into.topic')]]} />
            ${values.into && html`<${Field} label=${t(`replay.into.${values.into}.name`)} name="schema"
              value=${values.schema} onInput=${set('schema')} required
              placeholder=${values.into === 'schema' ? 'try' : ''} />`}
            <${Field} label=${t('replay.rate')} name="rate" type="number" value=${values.rate} onInput=${set('rate')}
              placeholder=${t('replay.rate.hint')} />
          </div>
          <label class="check"><input type="checkbox" name="renormalize" checked=${values.renormalize === 'yes'}
            onChange=${(event) => set('renormalize')(event.target.checked ? 'yes' : '')} />
            ${t('replay.renormalize')}</label>
          ${operator && html`<div class="actions">
            <button type="submit" class="first" disabled=${!order || task.busy}>${t('replay.count')}</button>
            <button type="button" disabled=${!order || task.busy} onClick=${() => setAct(true)}>
              ${t('replay.start')}</button></div>`}
        </form>
        ${counting !== null && html`<${Task} of=${task} />`}
      <//>
      <div class="stack">
        ${may(session, 'analyst') && html`<${Diff} suggested=${values.into === 'schema' ? values.schema : ''} />`}
        <${Bookmarks} of=${marks} operator=${operator} use=${(name) => set('from')(`bookmark:${name}`)} />
      </div>
    </div>
    <${Panel} title=${t('replay.tasks')} aside=${t('replay.tasks.note')} flush><${Answer} of=${tasks}>
      ${(data) => html`<${Tasks} of=${data.tasks} />`}<//><//>
    ${act && html`<${Act} title=${t('replay.start.title')} path="/replays" look=${order}
      danger=${order.into === 'tables'} verb=${t('replay.start')}
      word=${(report) => (report.taken > 0 ? order.into.split(':').pop() : null)} onClose=${() => setAct(false)}
        onDone=${() => tasks.again()} />`}
  <//>`;
}

function Tasks({of}) {
  const [open, setOpen] = useState(null);
  return html`
    <${Table} caption=${t('replay.tasks')} rows=${of} empty=${t('replay.tasks.none')} rowKey=${(row) => row.id}
      columns=${[
      {label: t('task.began'), kind: 'tight', of: (row) => html`<${Time} of=${row.began_at} />`},
      {label: t('task.what'), of: (row) => term('work', row.what)},
      {label: t('task.about'), kind: 'text', of: (row) => row.about},
      {label: t('task.by'), of: (row) => row.by},
      {label: t('state'), of: (row) => html`<${Word} list="task" of=${row.state} />`},
      {label: t('task.progress'), kind: 'number', of: (row) => row.progress
        && (row.progress.of > 0 ? percent(row.progress.done / row.progress.of) : number(row.progress.done))},
      {label: '', of: (row) => html`<button type="button" onClick=${() => setOpen(row)}>${t('task.show')}</button>`},
    ]} />
    ${open && html`<${Shown} task=${open} close=${() => setOpen(null)} />`}
  `;
}

function Shown({task, close}) {
  const followed = useTask();
  useEffect(() => followed.resume(task), []);
  return html`<${Dialog} title=${term('work', task.what)} onClose=${close}><${Task} of=${followed} /><//>`;
}

function Diff({suggested}) {
  const [schema, setSchema] = useState(suggested ?? '');
  const task = useTask();
  const touched = useRef(false);
  useEffect(() => {
    if (suggested && !touched.current) setSchema(suggested);
  }, [suggested]);
  const compare = (event) => {
    event.preventDefault();
    task.begin('/diffs', {schema: schema.trim()});
  };
  return html`<${Panel} title=${t('diff.title')}>
    <div class="stack">
      <p class="muted">${t('diff.about')}</p>
      <form class="form" onSubmit=${compare}>
        <${Field} label=${t('replay.into.schema.name')} name="diff-schema" value=${schema} required
          onInput=${(value) => {
          touched.current = true;
          setSchema(value);
        }} />
        <button type="submit" class="first" disabled=${task.busy}>${t('diff.compare')}</button>
      </form>
      <${Task} of=${task} />
    </div>
  <//>`;
}

function Bookmarks({of, operator, use}) {
  const [name, setName] = useState('');
  const [trouble, setTrouble] = useState(null);
  const save = async (event) => {
    event.preventDefault();
    setTrouble(null);
    try {
      await ask('/bookmarks', {method: 'POST', body: {name: name.trim()}});
      setName('');
      of.again();
    } catch (error) {
      setTrouble(error);
    }
  };
  return html`<${Panel} title=${t('bookmarks')} flush>
    <${Answer} of=${of}>${(data) => html`<${Table} caption=${t('bookmarks')} rows=${data.bookmarks}
      empty=${t('bookmarks.none')} columns=${[
      {label: t('bookmarks.name'), of: (row) => row.name},
      {label: t('bookmarks.set'), of: (row) => html`<${Time} of=${row.at} />`},
      {label: t('bookmarks.by'), of: (row) => row.set_by},
      {label: '', of: (row) => html`<button type="button" onClick=${() => use(row.name)}>
        ${t('bookmarks.use')}</button>`},
    ]} />`}<//>
    ${operator && html`<form class="form more" onSubmit=${save}>
      <${Field} label=${t('bookmarks.new')} name="bookmark" value=${name} onInput=${setName} required />
      <button type="submit">${t('bookmarks.save')}</button></form>
      ${trouble && html`<${TroubleNotice} error=${trouble} />`}`}
  <//>`;
}
