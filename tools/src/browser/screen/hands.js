// What the Rust side calls.
const born = performance.now();
return {
  token, look, begin, end, focused, holds, note, differs, hide, misfit, pick, chosen, choose, scrollTo, setFocus, fileField, ask, inspect, unheard, hear,
  traits, record, seek, hits, through, idOf, under, notePaint, selectText, selected, serialise,
  noteBoxes, offered, branchItems, toggleOf, gripOf, scrollItems, showsChoice, widgetOf, calendarFor, besideOf, showsDate, noteNumbers, dial, stepsOf, settable,
  viewSize: () => [window.innerWidth, window.innerHeight],
  elements: (all) => all.map(find).filter(Boolean),
  root: (number) => roots.get(number)?.deref(),
  adopt: (root) => { closedShadows.set(root.host, root); },
  pulse: (id) => ({ ...pulse(id), age: performance.now() - born }),
};
