// Light or dark: as the reader chose, else as the system has it.
import {keep, recall} from './choices.js';
import {tell} from './url.js';

const system = matchMedia('(prefers-color-scheme: dark)');

export const theme = () => recall('theme', 'system');

export function applyTheme() {
  const wanted = theme();
  document.documentElement.dataset.theme = wanted === 'system' ? (system.matches ? 'dark' : 'light') : wanted;
}

export function chooseTheme(which) {
  keep('theme', which);
  applyTheme();
  tell();
}

system.addEventListener('change', () => {
  applyTheme();
  tell();
});
