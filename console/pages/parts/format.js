// Numbers, times and amounts as people read them. All times are the browser's; the title of each has UTC.
import {locale, t} from './texts.js';

const formats = new Map();
function formatOf(kind, options) {
  const key = locale() + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new kind(locale(), options));
  return formats.get(key);
}

export const none = '–';

export function number(value, digits = 0) {
  if (value === null || value === undefined || Number.isNaN(value)) return none;
  return formatOf(Intl.NumberFormat, {maximumFractionDigits: digits}).format(value);
}

// Two significant places where it is small, none where it is large.
export function short(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return none;
  const size = Math.abs(value);
  return number(value, size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : 2);
}

export const rate = (value) => (value === null || value === undefined ? none : `${short(value)}/s`);
export const percent = (share) => (share === null || share === undefined ? none : `${number(share * 100, 1)} %`);

// places: 2 gives minutes and seconds, 1 the larger of them.
export function duration(seconds, places = 2) {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return none;
  if (seconds === 0) return `0 ${t('unit.s')}`;
  if (seconds < 0.001) return `${short(seconds * 1e6)} µs`;
  if (seconds < 1) return `${short(seconds * 1e3)} ms`;
  if (seconds < 60) return `${short(seconds)} ${t('unit.s')}`;
  const whole = Math.round(seconds);
  const parts = [
    [Math.floor(whole / 86400), 'unit.d'],
    [Math.floor(whole / 3600) % 24, 'unit.h'],
    [Math.floor(whole / 60) % 60, 'unit.min'],
    [whole % 60, 'unit.s'],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  return parts
    .slice(first, first + places)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${t(unit)}`)
    .join(' ');
}

export function bytes(amount) {
  if (amount === null || amount === undefined) return none;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let step = 0;
  while (amount >= 1024 && step + 1 < units.length) {
    amount /= 1024;
    ++step;
  }
  return `${short(amount)} ${units[step]}`;
}

export function moment(text) {
  if (!text) return null;
  const at = typeof text === 'number' ? new Date(text * 1000) : new Date(text);
  return Number.isNaN(at.getTime()) ? null : at;
}

const two = (value) => String(value).padStart(2, '0');

// 11-29 18:51:28, with the year where it isn't this one's.
export function time(text, {seconds = true, fraction = false} = {}) {
  const at = moment(text);
  if (!at) return none;
  const year = at.getFullYear() === new Date().getFullYear() ? '' : `${at.getFullYear()}-`;
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}${seconds ? `:${two(at.getSeconds())}` : ''}`;
  const rest = fraction ? `.${String(at.getMilliseconds()).padStart(3, '0')}` : '';
  return `${year}${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock}${rest}`;
}

export const clock = (text) => time(text).slice(-8);

export const utc = (text) => moment(text)?.toISOString().replace('T', ' ').replace('Z', ' UTC') ?? '';

export function ago(text, now = Date.now()) {
  const at = moment(text);
  if (!at) return none;
  const seconds = Math.max(0, (now - at.getTime()) / 1000);
  return seconds < 1 ? t('time.now') : t('time.ago', {time: duration(Math.round(seconds), 1)});
}

export const zone = () => Intl.DateTimeFormat(locale(), {timeZoneName: 'short'}).formatToParts(new Date())
  .find((part) => part.type === 'timeZoneName')?.value ?? '';
