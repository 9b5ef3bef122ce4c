// What the Rust side calls.
const born = performance.now();
return {
  token, look, begin, end, focused, holds, note, differs, hide, misfit, pick, chosen, choose, scrollTo, setFocus, fileField, ask, inspect, unheard, hear,
  pulse: (id) => ({ ...pulse(id), age: performance.now() - born }),
};
