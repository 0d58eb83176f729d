// Groups: how far each reader is behind, in records and in time; who holds which partition; when partitions changed
// hands, and why; how many processes are needed.
import {html, useState} from './parts/dom.js';
import {useAnswer} from './parts/api.js';
import {duration, number, rate} from './parts/format.js';
import {t, term} from './parts/texts.js';
import {Answer, Badge, Findings, Page, Panel, Stat, Table, Time, Waiting} from './parts/ui.js';

const seconds = (us) => (us === null || us === undefined ? null : us / 1e6);

// Who reads a row's partition now. Nobody: while the group is at changing hands, or where no process of it runs.
function holder(data, {reader, partition}) {
  return data.holders.find((one) => one.reader === reader && one.partition === partition);
}

export function Groups() {
  const answer = useAnswer('/groups', {}, {every: 5, limit: 20_000});
  return html`<${Page} title=${t('nav.groups')} about=${t('groups.about')}>
    <${Answer} of=${answer}>${(data) => html`
      <${Findings} of=${data.findings} quiet />
      <${Panel} title=${t('groups.readers')} flush>
        <${Table} sortable caption=${t('groups.readers')} rows=${data.readers}
          marked=${(row) => (row.age_us > 60e6 ? 'error' : row.age_us > 10e6 ? 'warning' : '')} columns=${[
          {name: 'reader', label: t('groups.reader'), sort: (row) => row.reader, of: (row) => html`<span class="named">
            <b>${row.reader}</b><span class="gloss">${term('reader', row.reader)}</span></span>`},
          {name: 'age', label: t('groups.age'), kind: 'number', sort: (row) => row.age_us,
            of: (row) => duration(seconds(row.age_us))},
          {name: 'records', label: t('groups.records'), kind: 'number', sort: (row) => row.records,
            of: (row) => `${row.estimated ? '≈ ' : ''}${number(row.records)}`},
          {name: 'in', label: t('groups.in'), kind: 'number', sort: (row) => row.in_per_second,
            of: (row) => rate(row.in_per_second)},
          {name: 'out', label: t('groups.out'), kind: 'number', sort: (row) => row.out_per_second,
            of: (row) => rate(row.out_per_second)},
          {name: 'caught', label: t('groups.catch_up'), kind: 'number', sort: (row) => row.catch_up_us,
            of: (row) => (row.catch_up_us === null ? html`<${Badge} kind="error">${t('groups.never')}<//>`
              : row.records === 0 ? t('groups.keeps_up') : duration(seconds(row.catch_up_us)))},
          {label: t('groups.partitions'), kind: 'number', of: (row) => number(row.partitions)},
        ]} />
      <//>
      <${Advice} />
      <div class="columns two">
        <${Panel} title=${t('groups.by_partition')} flush><${Table} sortable caption=${t('groups.by_partition')}
          rows=${data.partitions} columns=${[
          {name: 'reader', label: t('groups.reader'), sort: (row) => row.reader, of: (row) => row.reader},
          {name: 'partition', label: t('groups.partition'), kind: 'number', sort: (row) => row.partition,
            of: (row) => row.partition},
          {name: 'holder', label: t('groups.holder'), kind: 'id', sort: (row) => holder(data, row)?.member ?? '',
            of: (row) => {
              const one = holder(data, row);
              return one ? html`<span title=${t('groups.host', {host: one.host})}>${one.member}</span>`
                : html`<${Badge} kind="warning">${t('groups.nobody')}<//>`;
            }},
          {name: 'records', label: t('groups.records'), kind: 'number', sort: (row) => row.records,
            of: (row) => `${row.estimated ? '≈ ' : ''}${number(row.records)}`},
          {name: 'oldest', label: t('groups.oldest'), sort: (row) => row.oldest,
            of: (row) => html`<${Time} of=${row.oldest} relative />`},
          {name: 'next', label: t('groups.next'), kind: 'number', sort: (row) => row.next,
            of: (row) => `${number(row.next)} / ${number(row.end)}`},
          {name: 'undecided', label: t('groups.undecided'), kind: 'number', sort: (row) => row.undecided,
            of: (row) => number(row.undecided)},
        ]} /><//>
        <${Panel} title=${t('groups.claims')} aside=${t('groups.claims.note')} flush><${Table} sortable
          caption=${t('groups.claims')} rows=${data.claims} empty=${t('groups.claims.none')} columns=${[
          {name: 'group', label: t('groups.group'), sort: (row) => row.group, of: (row) => row.group},
          {name: 'partition', label: t('groups.partition'), kind: 'number', sort: (row) => row.partition,
            of: (row) => row.partition},
          {name: 'owner', label: t('groups.owner'), kind: 'id', sort: (row) => row.owner, of: (row) => row.owner},
          {name: 'epoch', label: t('groups.epoch'), kind: 'number', sort: (row) => row.epoch,
            of: (row) => number(row.epoch)},
          {name: 'moved', label: t('groups.moved'), sort: (row) => row.moved_at,
            of: (row) => html`<${Time} of=${row.moved_at} relative />`},
        ]} /><//>
      </div>
      <${Panel} title=${t('groups.rebalances')} aside=${t('groups.rebalances.note')} flush><${Table} sortable
        caption=${t('groups.rebalances')} rows=${data.rebalances} empty=${t('groups.rebalances.none')}
        marked=${(row) => (row.cause === 'silent' ? 'warning' : '')} columns=${[
        {name: 'at', label: t('time'), kind: 'tight', sort: (row) => row.at, of: (row) => html`<${Time} of=${row.at} />`},
        {name: 'group', label: t('groups.group'), sort: (row) => row.group, of: (row) => row.group},
        {name: 'cause', label: t('groups.cause'), sort: (row) => row.cause, of: (row) => (row.by
          ? `${term('cause', row.cause)}: ${row.by}` : term('cause', row.cause))},
        {name: 'given', label: t('groups.given_up'), kind: 'number', sort: (row) => row.given_up,
          of: (row) => number(row.given_up)},
        {name: 'taken', label: t('groups.taken'), kind: 'number', sort: (row) => row.taken,
          of: (row) => number(row.taken)},
        {label: t('groups.told'), kind: 'text', of: (row) => row.processes},
      ]} /><//>`}<//>
  <//>`;
}

function Advice() {
  const [target, setTarget] = useState('');
  const answer = useAnswer(target ? '/groups/advice' : null, {target}, {limit: 30_000});
  return html`<${Panel} title=${t('advice')} aside=${t('advice.note')}>
    <div class="stack">
      <p class="muted">${t('advice.about')}</p>
      <div class="actions">${[['60s', t('advice.minute')], ['10m', t('advice.ten')],
        ['1h', t('advice.hour')]].map(([word, text]) => html`
        <button type="button" aria-pressed=${String(word === target)}
          onClick=${() => (word === target ? answer.again() : setTarget(word))}>${text}</button>`)}</div>
      ${target && (answer.data || answer.error
        ? html`<${Answer} of=${answer}>${(data) => html`
          <div class="stats">${['process', 'sink'].filter((role) => data[role]).map((role) => html`
            <${Stat} label=${term('process', role)}
              value=${`${number(data[role].processes)} → ${number(data[role].advised)}`}
              note=${data[role].partitions_are_the_limit ? t('advice.partitions') : t('advice.processes')}
                kind=${data[role].advised > data[role].processes ? 'warning' : 'fine'} />`)}</div>
          <${Findings} of=${data.findings} />
          <${Table} caption=${t('advice')} rows=${data.readers} columns=${[
            {label: t('groups.reader'), of: (row) => row.reader},
            {label: t('advice.need'), of: (row) => term('need', row.need)},
            {label: t('advice.workers'), kind: 'number',
              of: (row) => `${number(row.workers)} → ${number(row.advised_workers)}`},
            {label: t('groups.partitions'), kind: 'number', of: (row) => (row.needed_partitions
              ? `${number(row.partitions)} → ${number(row.needed_partitions)}` : number(row.partitions))},
            {label: t('groups.records'), kind: 'number', of: (row) => number(row.records)},
            {label: t('groups.catch_up'), kind: 'number', of: (row) => duration(seconds(row.catch_up_us))},
          ]} />`}<//>`
        : html`<p class="muted" role="status">${t('advice.looking')}</p><${Waiting} />`)}
    </div>
  <//>`;
}
