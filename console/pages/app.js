// The console's entry: starts the frame in the reader's language and colours.
import {html, render} from './parts/dom.js';
import {applyTheme} from './parts/theme.js';
import {followLinks} from './parts/url.js';
import {Shell} from './parts/shell.js';

applyTheme();
followLinks();
render(html`<${Shell} />`, document.getElementById('app'));
