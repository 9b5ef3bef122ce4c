// What a person does, for recording: told as it is done, before the page itself hears of it.

const record = (tell) => {
  // Where an element is known by what it was before the page changed it.
  const of = (e) => ({ url: location.href, marks: traitsOf(e, controlsOf(ownerDocument(e)), 'all') });
  const say = (did, e, more) => { try { tell(JSON.stringify({ did, ...of(e), ...more })); } catch { /* a page on its way out */ } };
  const origin = (event) => event.composedPath().find((one) => one?.nodeType === 1) ?? event.target;
  const checkable = (e) => localName(e) === 'input' && /^(checkbox|radio)$/.test(e.type);
  const isField = (e) => nativeField(e) && !/^(button|submit|reset|image)$/.test(e.type);
  const on = (kind, hear) => document.addEventListener(kind, (event) => { if (event.isTrusted) hear(event); }, true);
  on('click', (event) => {
    if (event.button > 0) return;
    const e = controlOf(origin(event)), label = e && closest(e, 'label');
    // What is done to a field is told when it has changed; a label only passes the click on.
    if (!e || isField(e) || localName(e) === 'option' || (label?.control && isField(label.control))) return;
    say('click', e);
  });
  // What was told before the page could go: it is not told again.
  const told = new WeakMap();
  const fill = (e) => { if (told.get(e) === e.value) return; told.set(e, e.value); say('fill', e, isPassword(e) ? { secret: true } : { value: e.value }); };
  on('change', (event) => {
    const e = origin(event);
    if (checkable(e)) say('check', e, { checked: e.checked });
    else if (localName(e) === 'select') say('select', e, { value: optionLabel(e.selectedOptions[0] ?? e.options[0]) });
    else if (e.type === 'file') say('upload', e, { value: [...e.files].map((file) => file.name)[0] ?? '' });
    else if (nativeField(e)) fill(e);
  });
  on('blur', (event) => { const e = origin(event); if (e?.isContentEditable && e.textContent) say('fill', e, { value: e.innerText ?? e.textContent }); });
  on('keydown', (event) => {
    const e = origin(event);
    // Enter in a field of a form with a button is a click on that, and told so.
    const sends = event.key === 'Enter' && nativeField(e) && localName(e) !== 'textarea' && !e.form?.querySelector('button,[type=submit],[type=image]');
    // The field says that it has changed only after the key.
    if (sends && e.value !== e.defaultValue) fill(e);
    if (sends || (event.key === 'Escape' && !event.repeat)) say('press', e, { value: event.key });
  });
};
