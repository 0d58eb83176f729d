// Signing in, where the configuration has users.
import {html, useState} from './parts/dom.js';
import {ask} from './parts/api.js';
import {Switches} from './parts/switches.js';
import {t} from './parts/texts.js';
import {Field, TroubleNotice} from './parts/ui.js';

export function Login({done}) {
  const [given, setGiven] = useState({name: '', password: ''});
  const [trouble, setTrouble] = useState(null);
  const [busy, setBusy] = useState(false);
  const enter = async (event) => {
    event.preventDefault();
    setBusy(true);
    setTrouble(null);
    try {
      done(await ask('/login', {method: 'POST', body: given}));
    } catch (error) {
      setTrouble(error);
      setBusy(false);
    }
  };
  const set = (name) => (value) => setGiven((now) => ({...now, [name]: value}));
  return html`
    <main class="login">
      <div class="brand"><img src="/icon.svg" alt="" />wxpipe</div>
      <section class="panel">
        <form onSubmit=${enter}>
          <h1>${t('login.title')}</h1>
          ${trouble && html`<${TroubleNotice} error=${trouble} />`}
          <${Field} label=${t('login.name')} name="name" autocomplete="username" autofocus
            value=${given.name} onInput=${set('name')} required />
          <${Field} label=${t('login.password')} name="password" type="password" autocomplete="current-password"
            value=${given.password} onInput=${set('password')} required />
          <button type="submit" class="first" disabled=${busy}>${t('login.enter')}</button>
        </form>
      </section>
      <${Switches} />
    </main>
  `;
}
