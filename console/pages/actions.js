// Who did what, to how many, chosen by which filter, and why: audit_logs.
import {html} from './parts/dom.js';
import {useAnswer} from './parts/api.js';
import {number} from './parts/format.js';
import {t} from './parts/texts.js';
import {Answer, Filter, Findings, Page, Panel, Table, Time} from './parts/ui.js';
import {asked} from './events.js';

export function Actions({query}) {
  const answer = useAnswer('/actions', asked(query, ['operator']), {every: 15});
  return html`<${Page} title=${t('nav.actions')} about=${t('actions.about')}>
    <${Panel}><${Filter} path="/actions" query=${query} fields=${[{name: 'operator', label: t('actions.who')}]} /><//>
    <${Panel} flush><${Answer} of=${answer}>${(data) => html`
      <${Findings} of=${data.findings} quiet />
      <${Table} caption=${t('nav.actions')} rows=${data.actions} empty=${t('actions.none')} columns=${[
        {label: t('time'), kind: 'tight', of: (row) => html`<${Time} of=${row.at} />`},
        {label: t('actions.who'), of: (row) => html`<b>${row.operator}</b><span class="gloss">${row.address}</span>`},
        {label: t('actions.what'), of: (row) => row.operation},
        {label: t('actions.of'), of: (row) => html`${row.resource_type}${row.resource_id
          && html`<span class="gloss mono">${row.resource_id}</span>`}`},
        {label: t('actions.filter'), kind: 'text', of: (row) => row.filter && html`<span class="mono">
          ${row.filter}</span>`},
        {label: t('actions.count'), kind: 'number', of: (row) => number(row.affected)},
        {label: t('actions.why'), kind: 'text', of: (row) => row.reason},
      ]} />`}<//><//>
  <//>`;
}
