// Language and colours.
import {html} from './dom.js';
import {choose, language, t} from './texts.js';
import {chooseTheme, theme} from './theme.js';

export function Switches() {
  return html`
    <div class="switches">
      <select aria-label=${t('language')} value=${language()} onChange=${(event) => choose(event.target.value)}>
        <option value="zh">中文</option><option value="en">English</option>
      </select>
      <select aria-label=${t('theme')} value=${theme()} onChange=${(event) => chooseTheme(event.target.value)}>
        ${['system', 'light', 'dark'].map((one) => html`<option value=${one}>${t(`theme.${one}`)}</option>`)}
      </select>
    </div>
  `;
}
