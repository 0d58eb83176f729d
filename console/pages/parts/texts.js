// The words on the pages, in the reader's language. Chinese first where the browser prefers any kind of Chinese.
import en from '../texts/en.js';
import {counted, sentences, verbs} from '../texts/sentences_zh.js';
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

const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
let patterns = null;

// "56 dead letters", "8 topics, such as …" and "dropped", as they stand in the place of {}.
function part(text) {
  const [, amount, word, examples] = /^([\d,]+) ([a-z ]+?)s?(?:, such as (.+))?$/.exec(text) ?? [];
  if (!(word in counted)) return verbs[text] ?? text;
  return `${amount} ${counted[word]}${examples ? `（如 ${examples}）` : ''}`;
}

// A sentence of the server's, in the reader's language where it is known. Some begin with the name of a check or with
// an address.
export function said(text) {
  if (language() !== 'zh' || !text) return text;
  const [, first, rest] = /^([a-z ]+|\S+:\d+): ([\s\S]+)$/.exec(text) ?? [];
  if (first && `check.${first}` in zh) return `${zh[`check.${first}`]}：${said(rest)}`;
  patterns ??= sentences.map(([en, zh]) => [new RegExp(`^${en.split('{}').map(literal).join('(.+?)')}\\.?$`), zh]);
  for (const [pattern, chinese] of patterns) {
    const found = pattern.exec(text);
    if (!found) continue;
    let place = 0;
    return chinese.replace(/\{\}/g, () => part(found[++place]));
  }
  return first?.includes(':') ? `${first}：${said(rest)}` : text;
}
