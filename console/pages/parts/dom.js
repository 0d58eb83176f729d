// The one place that names the vendored library. Everything on a page is made by `html`, whose values become text nodes
// and properties: what strangers wrote is never read as markup.
export {
  html,
  render,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from '../vendor/preact-htm.js';
