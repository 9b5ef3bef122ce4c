// What changes by itself. Mutations between actions are the page's own: an element that keeps mutating (a ticker, a clock) is
// noise, and its changes are not taken for the effect of an action.

const RECENT = 10_000;
const marks = new WeakMap();
// While an action is under way nothing is learned, and what was known when it began goes on to hold.
let acting = false, since = 0, mutations = 0, lastMutation = -1e9, lastOwn = -1e9;
const markOf = (e) => { let mark = marks.get(e); if (!mark) { mark = { own: [], kids: [] }; marks.set(e, mark); } return mark; };
const push = (times, now) => { if (now - (times.at(-1) ?? -1e9) >= 20) { times.push(now); if (times.length > 8) times.shift(); } };
// A rhythm that still goes on: at least two beats, the last one not much longer ago than the rhythm allows.
const beats = (times, now) => {
  if (times.length < 2) return false;
  const gap = (times.at(-1) - times[0]) / (times.length - 1);
  return now - times.at(-1) <= Math.min(Math.max(3 * gap, 300), RECENT);
};
const isNoisy = (e) => {
  const now = acting ? since : performance.now();
  const mark = marks.get(e);
  if (mark && beats(mark.own, now)) return true;
  // Elements that are made anew at every beat are known by what they are put into.
  for (let parent = parentOf(e), depth = 0; parent && depth < 3; parent = parentOf(parent), depth++) {
    if (/^(html|body)$/.test(localName(parent))) break;
    const mark = marks.get(parent);
    if (mark && beats(mark.kids, now)) return true;
  }
  return false;
};
// What the page complains of while an action is under way: its own world passes it on (cdp/complaints.js).
const complaints = [];
window.addEventListener(channel, (event) => { if (acting && complaints.length < 5) complaints.push(String(event.detail).slice(0, 300)); });
const onMutations = (records) => {
  const now = performance.now();
  let counted = false;
  for (const record of records) {
    const e = isElement(record.target) ? record.target : parentOf(record.target) ?? record.target.host;
    if (!e || !isElement(e) || closest(e, 'head')) continue;
    if (!acting) {
      lastOwn = now;
      let depth = 0;
      for (let up = e; up && depth < 8 && !/^(html|body)$/.test(localName(up)); up = parentOf(up), depth++) push(markOf(up).own, now);
      if (record.type === 'childList' && [...record.addedNodes].some(isElement)) push(markOf(e).kids, now);
    }
    // What has a rhythm is followed through an action, or it would seem to have stopped; nothing new is taken for one.
    if (acting) {
      let depth = 0;
      for (let up = e; up && depth < 8 && !/^(html|body)$/.test(localName(up)); up = parentOf(up), depth++) {
        const mark = marks.get(up);
        if (mark && beats(mark.own, since)) push(mark.own, now);
      }
      const mark = marks.get(e);
      if (mark && record.type === 'childList' && beats(mark.kids, since)) push(mark.kids, now);
    }
    if (!counted && !isNoisy(e)) { counted = true; mutations++; lastMutation = now; }
  }
};
const observer = new MutationObserver(onMutations);
const watched = new WeakSet();
// Documents and shadow roots that were met and that nobody was told of yet.
const roots = new Map(), untoldRoots = [];
const watch = (root) => {
  if (watched.has(root)) return;
  watched.add(root);
  if (root !== document) { roots.set(roots.size + 1, new WeakRef(root)); untoldRoots.push(roots.size); }
  observer.observe(root, { subtree: true, childList: true, characterData: true, attributes: true });
};
