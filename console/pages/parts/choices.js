// What a reader chose on this browser: language, colours, saved filters. Where storage is shut off, it lasts for a
// visit.
const kept = new Map();

export function recall(name, otherwise) {
  if (kept.has(name)) return kept.get(name);
  try {
    const text = localStorage.getItem(`wxpipe.${name}`);
    return text === null ? otherwise : JSON.parse(text);
  } catch {
    return otherwise;
  }
}

export function keep(name, value) {
  kept.set(name, value);
  try {
    localStorage.setItem(`wxpipe.${name}`, JSON.stringify(value));
  } catch {
    // Private windows: `kept` has it.
  }
}
