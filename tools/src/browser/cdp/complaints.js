(name) => {
  // All that is used later is taken now: what the page puts in its place afterwards is never called.
  const { apply } = Reflect, { dispatchEvent, addEventListener } = EventTarget.prototype, Told = CustomEvent, page = window;
  const { getOwnPropertyDescriptor } = Object;
  const getter = (type, property) => getOwnPropertyDescriptor(type.prototype, property).get;
  const messageOf = getter(ErrorEvent, 'message'), reasonOf = getter(PromiseRejectionEvent, 'reason');
  const tell = (detail) => { apply(dispatchEvent, page, [new Told(name, { __proto__: null, detail, bubbles: false, cancelable: false, composed: false })]); };
  const listen = (type, words) => apply(addEventListener, page, [type, (event) => {
    // A picture that is not there is an error too, without a message.
    try { tell(words(event)); } catch { /* nothing to tell */ }
  }, true]);
  listen('error', (event) => apply(messageOf, event, []));
  listen('unhandledrejection', (event) => {
    const reason = apply(reasonOf, event, []);
    const message = typeof reason === 'string' ? reason : getOwnPropertyDescriptor(reason ?? 0, 'message')?.value;
    return `a promise was rejected${typeof message === 'string' ? `: ${message}` : ''}`;
  });
}
