// Asks before something is changed: first what would be done and to how many, then why, then a word that must be typed.
// Nothing is sent by Enter alone.
import {html, useEffect, useState} from './dom.js';
import {t} from './texts.js';
import {Task, useTask} from './task.js';
import {Dialog, Field} from './ui.js';

// look: the body of the dry run. word(report): what to type, null: nothing can be done. why: 'needed' or 'wanted'.
export function Act({title, path, look, danger, verb, word, why = 'wanted', onClose, onDone}) {
  const dry = useTask();
  const real = useTask(onDone);
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  useEffect(() => {
    dry.begin(path, {...look, dry_run: true});
  }, []);
  const report = dry.task?.state === 'done' ? dry.task.report : null;
  const needed = report ? word(report) : null;
  const ready = needed !== null && typed.trim() === needed && (why !== 'needed' || reason.trim());
  const go = (event) => {
    event.preventDefault();
    if (ready) real.begin(path, {...look, dry_run: false, why: reason.trim()});
  };
  const begun = real.task || real.busy || real.error;
  return html`
    <${Dialog} title=${title} onClose=${onClose}>
      <div class="stack">
        ${begun ? html`<${Task} of=${real} />` : html`
          <p class="muted">${t('act.dry')}</p>
          <${Task} of=${dry} />
          ${needed !== null && html`<form class="stack" onSubmit=${go}>
            <${Field} label=${t(why === 'needed' ? 'act.why.needed' : 'act.why')} name="why" value=${reason}
              onInput=${setReason} wide required=${why === 'needed'} />
            <${Field} label=${t('act.type', {word: needed})} name="typed" value=${typed} onInput=${setTyped} />
            <div class="dialog-actions">
              <button type="button" onClick=${onClose}>${t('cancel')}</button>
              <button type="submit" class=${danger ? 'danger' : 'first'} disabled=${!ready}>${verb}</button>
            </div>
          </form>`}`}
        ${(begun || (report && needed === null) || dry.error || dry.task?.error) && html`<div class="dialog-actions">
          <button type="button" onClick=${onClose}>${t('close')}</button></div>`}
      </div>
    <//>`;
}
