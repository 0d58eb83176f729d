// The words on the pages, in the reader's language. Chinese first where the browser prefers any kind of Chinese.
import en from '../texts/en.js';
import zh from '../texts/zh.js';
import {keep, recall} from './choices.js';
import {tell} from './url.js';

const tables = {en, zh};

function preferred() {
  const first = (navigator.languages ?? [navigator.language ?? '']).find((one) => /^(zh|en)/i.test(one)) ?? 'en';
  return /^zh/i.test(first) ? 'zh' : 'en';
}

export const language = () => {
  const chosen = recall('language', '');
  return chosen in tables ? chosen : preferred();
};
export const locale = () => (language() === 'zh' ? 'zh-CN' : 'en-GB');

export function choose(which) {
  keep('language', which);
  tell();
}

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export const t = (key, values = {}) => filled(tables[language()][key] ?? key, values);

// A word of a closed list of wxpipe's, in the reader's language; a word that the list doesn't have is shown as it is.
export const term = (list, word) => tables[language()][`${list}.${word}`] ?? word ?? '';

// What wxpipe says about such a word; empty where it says nothing.
export const told = (list, word) => tables[language()][`${list}.${word}`] ?? '';
