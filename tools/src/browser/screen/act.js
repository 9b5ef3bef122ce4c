// What actions need to know of an element, and the few things that are done to one here and not by input events. Secrets come in
// as arguments and are only compared, never returned.

const frameTick = () => new Promise((done) => { let over = false; const end = () => { if (!over) { over = true; done(); } }; requestAnimationFrame(end); setTimeout(end, 60); });
const FORBIDDEN = 'this kind of field takes text like: ';
const clipOf = (e) => {
  let clip = viewBox();
  for (let up = e; up; ) {
    const doc = ownerDocument(up), by = originOf(doc);
    for (let at = parentOf(up), absolute = /absolute|fixed/.test(styleOf(up).position), fixed = styleOf(up).position === 'fixed'; at && !fixed; at = parentOf(at)) {
      if (/^(html|body)$/.test(localName(at))) break;
      const style = styleOf(at);
      if (absolute && style.position === 'static') continue;
      absolute = style.position === 'absolute'; fixed = style.position === 'fixed';
      if (style.overflowX !== 'visible' || style.overflowY !== 'visible') clip = meet(clip, shift(boxOf(at), by));
    }
    const frame = doc.defaultView === window ? null : doc.defaultView?.frameElement;
    if (!frame) break;
    clip = meet(clip, shift(boxOf(frame), originOf(ownerDocument(frame))));
    up = frame;
  }
  return clip;
};
const defaultButton = (form) => [...formProps.elements(form)].find((e) => /^(button|input)$/.test(localName(e)) && /^(submit|image)$/.test(e.type) && !matches(e, ':disabled')) ?? null;
const takesEnter = (e) => localName(e) === 'input' && !/^(button|reset|file|checkbox|radio|submit|image|color|range|hidden)$/.test(e.type);
const isSubmit = (e) => (localName(e) === 'button' || localName(e) === 'input') && /^(submit|image)$/.test(e.type);
const formOf = (e, enter) => {
  const form = e.form ?? closest(e, 'form');
  if (!form || localName(form) !== 'form') return null;
  const button = isSubmit(e) ? e : enter && takesEnter(e) ? defaultButton(form) : null;
  const submits = isSubmit(e) || (enter && takesEnter(e));
  const method = ((button && attr(button, 'formmethod')) || formProps.method(form) || 'get').toUpperCase();
  let origin = 'null';
  try { origin = new URL((button && has(button, 'formaction') ? button.formAction : null) || formProps.action(form), ownerDocument(form).baseURI).origin; } catch { /* an action that is no address has no origin */ }
  const fields = [...formProps.elements(form)];
  const lookup = has(form, 'method') || has(form, 'action') || attr(form, 'role') === 'search' || fields.some((field) => field.type === 'search');
  const telling = fields.some((field) => field.type === 'password' || field.type === 'file' || localName(field) === 'textarea');
  const named = button && button !== e ? nameOf(button, 'button').name : '';
  return { method, origin, submits, plain: method === 'GET' && lookup && !telling, button: named };
};
const scrollerOf = (e) => {
  for (let up = e; up; up = parentOf(up)) {
    if (/^(html|body)$/.test(localName(up))) return ownerDocument(up).scrollingElement;
    const style = styleOf(up);
    if ((/auto|scroll/.test(style.overflowY) && up.scrollHeight > up.clientHeight + 4) || (/auto|scroll/.test(style.overflowX) && up.scrollWidth > up.clientWidth + 4)) return up;
  }
  return document.scrollingElement;
};
// A field that is hidden stands where its label does.
const standIns = (e) => [e, ...(CHECKABLE.has(nativeRole(e)) || e.type === 'file' ? labelsOf(e) : [])];
const isGhost = (e) => { for (let up = e; up; up = parentOf(up)) { const style = styleOf(up); if (style.opacity === '0' || isCutAway(style)) return true; } return false; };
// A field may be transparent over what is drawn for it; anything else that can't be seen can't be meant.
const drawn = (e) => styleOf(e).visibility === 'visible' && boxesOf(e).some((box) => !isEmpty(box)) && (nativeField(e) || !isGhost(e));

// Where the content of a frame begins, in the top viewport.
const contentAt = (e) => {
  const box = boxOf(e), by = originOf(ownerDocument(e)), style = styleOf(e);
  return { x: box.left + by.x + e.clientLeft + parseFloat(style.paddingLeft), y: box.top + by.y + e.clientTop + parseFloat(style.paddingTop) };
};
// For each set of points in the content of a frame, whether any of them is the frame's.
const hits = (id, sets) => { const e = find(id); return sets.map((points) => !!e && points.some(([x, y]) => hitAt(x, y) === e)); };
// Where a point of the content of a frame is, brought into view, and whether a click there would get to the frame.
const through = (id, x, y) => {
  const e = find(id);
  if (!e) return null;
  const at = () => { const from = contentAt(e); return { x: from.x + x, y: from.y + y }; };
  const isShown = (point) => { const clip = meet(clipOf(e), shift(boxOf(e), originOf(ownerDocument(e)))); return point.x >= clip.l && point.x < clip.r && point.y >= clip.t && point.y < clip.b; };
  let point = at();
  if (!isShown(point)) {
    e.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' });
    point = at();
    for (let up = parentOf(e), depth = 0; up && !isShown(point) && depth < 20; depth++) {
      const scroller = scrollerOf(up);
      if (!scroller) break;
      const box = parentOf(scroller) ? shift(boxOf(scroller), originOf(ownerDocument(scroller))) : viewBox();
      scroller.scrollBy({ left: point.x - (box.l + box.r) / 2, top: point.y - (box.t + box.b) / 2, behavior: 'instant' });
      point = at();
      up = parentOf(scroller);
    }
  }
  const hidden = !isShown(point), hit = hitAt(point.x, point.y);
  return { ...point, hidden, hit: !hidden && hit === e, cover: hidden || hit === e ? '' : describe(hit) };
};

// Waits until the mouse that has come to rest on an element is on it still: its look may change under the mouse, and for a moment
// there may be nothing of it. The number of frames that took, -1 if it does not come back.
const under = async (id) => {
  const e = find(id);
  if (!e) return -1;
  const there = () => standIns(e).filter(drawn).some((one) => pointOf(one, clipOf(one))?.box);
  let frames = 0;
  while (!there()) { if (++frames > 30) return -1; await frameTick(); }
  notePaint(id);
  return frames;
};
const identify = (e) => { const role = roleOf(e); return { role, name: cut(nameOf(e, role).name, 1000) }; };
const steady = new WeakMap();
const inspect = async (id, { scroll = false, still = false, enter = false, free = false, typed = '' }) => {
  let e = find(id);
  if (!e) return { state: 'stale' };
  const facts = () => {
    const { role, name } = identify(e), tag = localName(e), view = ownerDocument(e).defaultView;
    return {
      state: 'there', role, name, tag, type: nativeField(e) ? e.type : '', origin: view.origin, verbs: verbsOf(e, role), disabled: isDisabled(e),
      readonly: isReadonly(e), form: formOf(e, enter), editable: isEditableRoot(e) || tag === 'textarea' || (tag === 'input' && !/^(button|submit|reset|image|checkbox|radio|file|hidden)$/.test(e.type)),
      href: tag === 'a' || tag === 'area' ? e.href : '', scripted: has(e, 'onclick'), opens: has(e, 'aria-expanded') || has(e, 'aria-haspopup') || tag === 'summary', multiple: tag === 'select' ? e.multiple : e.type === 'file' && e.multiple,
      options: tag === 'select' ? optionsOf(e).map(optionLabel) : [], checked: CHECKABLE.has(role) ? checkedState(e) : '', password: isPassword(e) || hiddenFields.has(e), focused: e === activeElement(),
    };
  };
  if (free) return facts();
  const places = standIns(e).filter(drawn);
  const place = () => { for (const one of places) { const found = pointOf(one, clipOf(one)); if (found?.box) return found; } return null; };
  let found = place();
  if (!found && scroll && places.length) {
    places.at(-1).scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' });
    found = place();
  }
  let moving = false;
  // What gets its text by the keyboard may move meanwhile: no mouse has to hit it.
  if (still && !(typed && localName(e) === 'select' || typed === 'text' && nativeField(e) && !isReadonly(e))) {
    // A page that holds the mouse gets every click itself; a person would press Escape first.
    const holder = [ownerDocument(e), document].find((doc) => doc.pointerLockElement);
    if (holder) { holder.exitPointerLock(); for (let n = 0; n < 10 && holder.pointerLockElement; n++) await frameTick(); }
    const box = () => { const one = boxOf(places[0] ?? e); return [one.left, one.top, one.width, one.height].map(Math.round).join(); };
    // Where it stood when it was last found standing still, a moment ago, it need not be watched again.
    const known = steady.get(e), now = performance.now(), before = box();
    if (known?.box !== before || now - known.at < 16 || now - known.at > 1000) {
      await frameTick();
      const first = box();
      await frameTick();
      moving = box() !== first;
    }
    if (moving) steady.delete(e); else steady.set(e, { box: box(), at: now });
    e = find(id);
    if (!e) return { state: 'stale' };
    found = place();
  }
  const out = { ...facts(), moving, hidden: false, cover: '' };
  if (found) {
    out.point = [found.x, found.y];
    out.rect = [found.box.l, found.box.t, found.box.r - found.box.l, found.box.b - found.box.t];
    return out;
  }
  const miss = places.map((one) => pointOf(one, clipOf(one))).find(Boolean);
  if (miss) out.cover = describe(miss.cover); else out.hidden = true;
  const box = shift(boxOf(places[0] ?? e), originOf(ownerDocument(e)));
  out.rect = [box.l, box.t, box.r - box.l, box.b - box.t];
  return out;
};

// What an action may have changed about its target and its page, without looking at the screen.
const pulse = (id) => {
  onMutations(observer.takeRecords());
  const e = id ? find(id) : null, now = performance.now(), scroller = document.scrollingElement, focus = activeElement();
  const out = { mutations, complaints, quiet: now - lastMutation, own: now - lastOwn, ready: document.readyState, url: location.href, focus: focus ? idOf(focus) : 0, scroll: [scroller?.scrollLeft ?? 0, scroller?.scrollTop ?? 0] };
  if (id) out.there = !!e;
  if (e) {
    const role = roleOf(e);
    out.value = valueOf(e, role);
    out.checked = CHECKABLE.has(role) ? checkedState(e) : null;
    const box = shift(boxOf(e), originOf(ownerDocument(e)));
    out.rect = [box.l, box.t, box.r - box.l, box.b - box.t];
    out.repaint = repaintOf(e);
    out.picture = pictureOf(e);
    out.states = statesOf(e, role).filter((state) => state !== 'focused').join(' ');
  }
  return out;
};
const begin = () => { onMutations(observer.takeRecords()); complaints.length = 0; acting = true; since = performance.now(); };
const end = () => { onMutations(observer.takeRecords()); acting = false; };
const focused = () => { const e = activeElement(); return e ? idOf(e) : 0; };
const setFocus = (id, { select = false, last = false } = {}) => {
  const e = find(id);
  if (!e) return false;
  e.focus();
  if (select && nativeField(e)) e.select();
  else if (select || last) {
    if (nativeField(e)) { try { e.setSelectionRange(e.value.length, e.value.length); } catch { /* number and the like have no caret to set */ } }
    else { const range = ownerDocument(e).createRange(); range.selectNodeContents(e); if (last) range.collapse(false); const selection = ownerDocument(e).getSelection(); selection.removeAllRanges(); selection.addRange(range); }
  }
  return e === activeElement() || contains(e, activeElement());
};
// Selects the text of an element, or a part of it, and gives what is selected then; null if it has no such part.
const selectText = (id, text) => {
  const e = id ? find(id) : document.body;
  if (!e) return null;
  if (nativeField(e)) {
    const at = text ? e.value.indexOf(text) : 0;
    if (at < 0) return null;
    e.focus();
    try { e.setSelectionRange(at, text ? at + text.length : e.value.length); } catch { e.select(); }
    return selected();
  }
  const doc = ownerDocument(e), range = doc.createRange(), selection = doc.getSelection();
  if (text) {
    // The part may run over several nodes; spaces are compared as they are drawn.
    const walker = doc.createTreeWalker(e, NodeFilter.SHOW_TEXT), places = [];
    let flat = '';
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      for (let i = 0; i < node.length; i++) {
        const c = /\s/.test(node.data[i]) ? ' ' : node.data[i];
        if (c === ' ' && flat.endsWith(' ')) continue;
        flat += c; places.push([node, i]);
      }
    }
    const at = flat.indexOf(squeeze(text));
    if (at < 0) return null;
    const [first, from] = places[at], [last, to] = places[at + squeeze(text).length - 1];
    range.setStart(first, from);
    range.setEnd(last, to + 1);
  } else range.selectNodeContents(e);
  if (isEditableRoot(e)) e.focus();
  selection.removeAllRanges();
  selection.addRange(range);
  return selected();
};
const selected = () => {
  const e = activeElement();
  if (e && nativeField(e) && e.selectionStart !== null && e.selectionStart !== undefined && e.selectionStart !== e.selectionEnd) return e.value.slice(e.selectionStart, e.selectionEnd);
  return String(ownerDocument(e ?? document.documentElement).getSelection() ?? '') || String(document.getSelection() ?? '');
};
const textOf = (e) => (nativeField(e) ? e.value : e.innerText.replace(/\n$/, ''));
// In rich text a paragraph is a line, and how far it stands from the next is a matter of style.
const holds = (id, text) => { const e = find(id), plain = (all) => { const lines = all.replace(/\r\n/g, '\n'); return e && !nativeField(e) ? lines.replace(/\n+/g, '\n') : lines; }; return !!e && plain(textOf(e)) === plain(text); };
const noted = new WeakMap();
const note = (id) => { const e = find(id); if (e) noted.set(e, textOf(e)); };
const differs = (id) => { const e = find(id); return !!e && noted.get(e) !== textOf(e); };
const hide = (id) => { const e = find(id); if (e) hiddenFields.add(e); };
// Fields with a picker of their own take a value, not keys.
const PICKED = /^(date|time|datetime-local|month|week|color|range)$/;
const misfit = (id, text) => {
  const e = find(id);
  if (!e || localName(e) !== 'input' || text === '') return '';
  if (e.type === 'number') return Number.isNaN(Number(text)) ? 'a number field takes a number such as 12.5' : '';
  if (!PICKED.test(e.type)) return '';
  const probe = document.createElement('input');
  probe.type = e.type;
  probe.value = text;
  const fits = e.type === 'range' ? !Number.isNaN(Number(text)) : e.type === 'color' ? /^#[0-9a-f]{6}$/i.test(text) : probe.value !== '';
  return fits ? '' : FORBIDDEN + FORMATS[e.type];
};
const fire = (e, ...types) => { for (const type of types) e.dispatchEvent(new Event(type, { bubbles: true, composed: true })); };
const pick = (id, text) => {
  const e = find(id);
  if (!e || localName(e) !== 'input' || !PICKED.test(e.type)) return false;
  e.focus();
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(e, text);
  fire(e, 'input', 'change');
  return true;
};
const choice = (e, label) => {
  const options = optionsOf(e), wanted = squeeze(label), low = wanted.toLowerCase();
  const tests = [(o) => optionLabel(o) === wanted, (o) => optionLabel(o).toLowerCase() === low, (o) => o.value === label];
  for (const test of tests) { const found = options.filter(test); if (found.length) return found[0]; }
  return null;
};
// Several options of a list that takes several, joined by commas.
const choices = (e, label) => {
  const one = choice(e, label);
  if (one || !e.multiple) return one ? [one] : null;
  const all = label.split(',').map((part) => choice(e, part));
  return all.length > 1 && all.every(Boolean) ? all : null;
};
const chosen = (id, label) => { const e = find(id), all = e && choices(e, label); return all ? { label: all.map(optionLabel).join(', '), already: all.every((option) => option.selected) && (!e.multiple || e.selectedOptions.length === all.length) } : null; };
const choose = (id, label) => {
  const e = find(id), all = e && choices(e, label);
  if (!all) return false;
  e.focus();
  // Those that are asked for and no others, in a list of several too.
  for (const other of e.options) if (!all.includes(other) && other.selected) other.selected = false;
  for (const option of all) option.selected = true;
  fire(e, 'input', 'change');
  return true;
};
const largestScroller = () => {
  let best = document.scrollingElement, area = 0;
  const root = best;
  if (root && root.scrollHeight > root.clientHeight + 4) return root;
  for (const [x, y] of sample(viewBox())) {
    const scroller = scrollerOf(hitAt(x, y) ?? document.body ?? document.documentElement), box = scroller && boxOf(scroller);
    if (scroller && scroller !== root && box.width * box.height > area) { area = box.width * box.height; best = scroller; }
  }
  return best;
};
const scrollTo = (id, direction) => {
  const e = id ? find(id) : null;
  const scroller = !id ? largestScroller() : e && localName(e) === 'iframe' ? frameDocument(e)?.scrollingElement : e && scrollerOf(e);
  if (!scroller) return null;
  const from = [scroller.scrollLeft, scroller.scrollTop], w = scroller.clientWidth * 0.85, h = scroller.clientHeight * 0.85;
  const to = { up: [0, -h], down: [0, h], left: [-w, 0], right: [w, 0], top: [0, -1e9], bottom: [0, 1e9] }[direction];
  scroller.scrollBy({ left: to[0], top: to[1], behavior: 'instant' });
  return { from, to: [scroller.scrollLeft, scroller.scrollTop] };
};
const fileField = (id) => { const e = find(id); return e && localName(e) === 'input' && e.type === 'file' ? e : null; };
