// Where the reader is, and by which filter: all of it stands in the address, so it can be kept, shared, gone back to.
import {useEffect, useState} from './dom.js';

const changed = new EventTarget();
export const tell = () => changed.dispatchEvent(new Event('moved'));
window.addEventListener('popstate', tell);

// {path: '/events', query: {type: 'message.*'}}
function here() {
  return {path: location.pathname, query: Object.fromEntries(new URLSearchParams(location.search))};
}

// Without what is empty, so that equal filters have equal addresses.
export function address(path, query = {}) {
  const filled = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const text = new URLSearchParams(filled).toString();
  return text ? `${path}?${text}` : path;
}

// Only the address changes, nothing is drawn anew: for a form that is being filled in.
export const note = (to) => history.replaceState(null, '', to);

export function go(to, {replace = false} = {}) {
  if (to !== location.pathname + location.search) history[replace ? 'replaceState' : 'pushState'](null, '', to);
  tell();
}

export function useHere() {
  const [place, setPlace] = useState(here());
  useEffect(() => {
    const moved = () => setPlace(here());
    changed.addEventListener('moved', moved);
    return () => changed.removeEventListener('moved', moved);
  }, []);
  return place;
}

// A click on a link of ours changes the page without loading it anew. Clicks that open a tab are the browser's.
export function followLinks() {
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href]');
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.pathname.startsWith('/api/')) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
