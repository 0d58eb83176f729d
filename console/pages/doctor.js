// Doctor: everything that can be wrong, the worst first, each with its remedy.
import {html} from './parts/dom.js';
import {useAnswer} from './parts/api.js';
import {duration, number} from './parts/format.js';
import {t, term} from './parts/texts.js';
import {Answer, Badge, Findings, Page, Panel, Table, Time} from './parts/ui.js';
import {Word} from './parts/words.js';

const order = ['misconfigured', 'error', 'warning', 'note', 'fine'];

export function Doctor() {
  const answer = useAnswer('/doctor', {}, {limit: 30_000});
  const actions = html`<button type="button" class="first" disabled=${answer.asking} onClick=${answer.again}>
    ${answer.asking ? t('doctor.looking') : t('doctor.again')}</button>`;
  return html`<${Page} title=${t('nav.doctor')} about=${t('doctor.about')} actions=${actions}>
    <${Answer} of=${answer}>${(data) => {
      const sorted = [...data.findings].sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
      const wrong = sorted.filter((one) => one.level !== 'fine');
      const count = (level) => sorted.filter((one) => one.level === level).length;
      return html`
        <div class="columns two">
          <${Panel} title=${wrong.length ? t('doctor.findings') : t('doctor.fine')} aside=${html`
            ${count('error') + count('misconfigured') > 0 && html`<${Badge} kind="error">
              ${t('doctor.errors', {count: number(count('error') + count('misconfigured'))})}<//>`}
            ${count('warning') > 0 && html`<${Badge} kind="warning">
              ${t('doctor.warnings', {count: number(count('warning'))})}<//>`}
            <span>${t('doctor.at')} <${Time} of=${data.at} /></span>`}>
            <${Findings} of=${sorted} />
          <//>
          <${Panel} title=${t('doctor.checks')} flush><${Table} caption=${t('doctor.checks')} rows=${data.checks}
            marked=${(row) => (row.state === 'error' ? 'error' : row.state === 'warning' ? 'warning' : '')} columns=${[
              {label: t('doctor.check'), of: (row) => html`<b>${term('check', row.check)}</b>`},
              {label: t('state'), of: (row) => html`<${Word} list="level" of=${row.state} />`},
              {label: t('doctor.took'), kind: 'number', of: (row) => duration(row.took_us / 1e6)},
            ]} /><//>
        </div>`;
    }}<//>
  <//>`;
}
