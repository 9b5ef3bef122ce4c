// Compound widgets: what belongs to a control (its list, its calendar, its steps) and what it shows now. A list that no attribute
// ties to its control is known by having appeared when the control was used. Nothing here changes the page.

const ITEMS = '[role=option],[role=menuitem],[role=menuitemcheckbox],[role=menuitemradio],[role=treeitem]';
const NESTED = 'ul,ol,[role=group],[role=menu],[role=listbox]';
const foldText = (text) => squeeze(text ?? '').toLowerCase();
const byName = (e, id) => Document.prototype.getElementById.call(ownerDocument(e), id) ?? (rootOf(e).nodeType === 11 ? rootOf(e).getElementById(id) : null);
const isShown = (e) => Element.prototype.checkVisibility.call(e, { opacityProperty: true, visibilityProperty: true }) && boxOf(e).width >= 2 && boxOf(e).height >= 2;
// All elements of a document that are drawn somewhere, in view or not.
const drawnElements = (doc) => {
  const out = [];
  const walk = (e, clip, abs) => {
    if (SKIPPED.has(localName(e))) return;
    const style = styleOf(e);
    if (style.display === 'none' || Number(style.opacity) < 0.05 || style.contentVisibility === 'hidden') return;
    const mine = style.position === 'fixed' ? null : style.position === 'absolute' ? abs : clip;
    const box = shift(boxOf(e), { x: 0, y: 0 });
    if (style.visibility === 'visible' && !isEmpty(mine ? meet(box, mine) : box)) out.push(e);
    const cuts = /hidden|clip/.test(style.overflowX + style.overflowY) && style.display !== 'inline' && !/^(html|body)$/.test(localName(e));
    const inner = cuts ? (mine ? meet(box, mine) : box) : mine;
    const innerAbs = style.position !== 'static' || style.transform !== 'none' ? inner : abs;
    for (const kid of kidsOf(e)) if (isElement(kid)) walk(kid, inner, innerAbs);
  };
  if (doc.body) walk(doc.body, null, null);
  return out;
};
let drawnBefore = new WeakSet();
const shownBefore = new WeakMap();
const shownText = (e) => (nativeField(e) ? (localName(e) === 'select' ? valueOf(e, '') : isPassword(e) || hiddenFields.has(e) ? '' : e.value) : [visibleText(e, 400), ...[...query(e, 'input')].filter((field) => !isPassword(field) && !hiddenFields.has(field)).map((field) => field.value)].join(' '));
const around = (e) => { let up = e; for (let depth = 0; depth < 2; depth++) { const next = parentOf(up); if (!next || /^(html|body|form|table|tr)$/.test(localName(next))) break; up = next; } return up; };
// Notes what is drawn before a widget is used.
const noteBoxes = (id) => {
  const e = find(id);
  if (!e) return false;
  drawnBefore = new WeakSet(drawnElements(ownerDocument(e)));
  shownBefore.set(e, { own: foldText(shownText(e)), near: foldText(visibleText(around(e), 2000)) });
  return true;
};
// The outermost boxes that are drawn only since then.
const freshBoxes = (doc) => {
  const fresh = new Set(drawnElements(doc).filter((e) => !drawnBefore.has(e)));
  return [...fresh].filter((e) => { for (let up = parentOf(e); up; up = parentOf(up)) if (fresh.has(up)) return false; return true; });
};
const linkedBoxes = (e) => {
  const names = [e, ...query(e, '[aria-controls],[aria-owns]')].flatMap((one) => `${attr(one, 'aria-controls') ?? ''} ${attr(one, 'aria-owns') ?? ''}`.split(/\s+/)).filter(Boolean);
  return names.map((name) => byName(e, name)).filter((box) => box && isShown(box));
};
const ownBox = (e) => {
  const role = roleOf(e);
  if (/^(listbox|menu|menubar|tree)$/.test(role) && localName(e) !== 'select') return e;
  const holder = role === 'option' ? '[role=listbox]' : role === 'treeitem' ? '[role=tree]' : role.startsWith('menuitem') ? '[role=menu],[role=menubar]' : '';
  return holder ? closest(e, holder) : null;
};
const itemName = (e) => {
  const label = referenced(e, 'aria-labelledby') || squeeze(attr(e, 'aria-label') ?? '');
  if (label) return label;
  const inner = [...query(e, NESTED)];
  if (!inner.length) return visibleText(e, 300) || squeeze(attr(e, 'title') ?? '');
  return squeeze([...childNodes(e)].map((kid) => (kid.nodeType === 3 ? kid.data : isElement(kid) && !inner.includes(kid) && !inner.some((nest) => contains(kid, nest)) ? visibleText(kid, 300) : '')).join(' '));
};
const isPicked = (e) => attr(e, 'aria-selected') === 'true' || attr(e, 'aria-checked') === 'true' || /(^|[\s_-])selected($|[\s_-])/.test(attr(e, 'class') ?? '') || (localName(e) === 'option' && e.selected);
const itemsIn = (box) => {
  const of = (selector) => [...(matches(box, selector) ? [box] : []), ...query(box, selector)].filter((e) => isShown(e) && itemName(e));
  for (const selector of [ITEMS, 'li', 'a[href],button,[role=button],[role=link],tr']) { const items = of(selector); if (items.length) return items; }
  return of('*').filter((e) => ![...childNodes(e)].some((kid) => isElement(kid) && visibleText(kid, 10)));
};
const toItem = (e) => ({
  id: idOf(e), name: cut(itemName(e), 300), picked: isPicked(e), disabled: isDisabled(e) || /(^|[\s_-])disabled($|[\s_-])/.test(attr(e, 'class') ?? ''),
  closed: attr(e, 'aria-expanded') === 'false', more: has(e, 'aria-expanded') || /^(true|menu)$/.test(attr(e, 'aria-haspopup') ?? '') || query(e, NESTED).length > 0,
});
// What a control offers now: the list that it is, is tied to, or has just opened. `fresh`: only what has just been drawn.
const offered = (id, fresh) => {
  const e = find(id);
  if (!e) return null;
  const own = fresh ? null : ownBox(e);
  const sets = own ? [[own]] : [linkedBoxes(e), freshBoxes(ownerDocument(e))];
  for (const boxes of sets) {
    const items = [...new Set(boxes.flatMap(itemsIn))].filter((item) => own || (item !== e && !contains(item, e)));
    if (items.length) return { items: items.slice(0, 500).map(toItem), box: idOf(boxes[0]) };
  }
  return { items: [], box: 0 };
};
// Items right below an item of a tree.
const branchItems = (id) => {
  const e = find(id);
  if (!e) return [];
  const level = Number(attr(e, 'aria-level')) || 0;
  const group = [...query(e, '[role=treeitem],li')].filter(isShown);
  const owned = (attr(e, 'aria-owns') ?? '').split(/\s+/).filter(Boolean).map((name) => byName(e, name)).filter(Boolean).flatMap((box) => itemsIn(box));
  let below = [...group, ...owned];
  if (!below.length) {
    const next = e.nextElementSibling;
    if (next && matches(next, NESTED)) below = itemsIn(next);
    else if (level) for (let one = next; one && (Number(attr(one, 'aria-level')) || 0) > level; one = one.nextElementSibling) below.push(one);
  }
  return below.filter((one) => isShown(one) && itemName(one)).map(toItem);
};
// What opens an item of a tree: the sign before its name, else its first line.
const toggleOf = (id) => {
  const e = find(id);
  if (!e) return 0;
  const sign = [...query(e, 'button,i,svg,span,[role=button]')].find((one) => isShown(one) && /toggle|expand|caret|arrow|twist|chevron|icon|plus/i.test(`${attr(one, 'class')} ${attr(one, 'aria-label')}`) && closest(one, '[role=treeitem],li') === e);
  return sign ? idOf(sign) : 0;
};
// The part of an item that carries its name: its middle may be over what is nested in it.
const gripOf = (id) => {
  const e = find(id);
  if (!e) return 0;
  if (!query(e, NESTED).length) return id;
  const own = [...query(e, '*')].find((one) => !matches(one, NESTED) && isShown(one) && !query(one, NESTED).length && visibleText(one, 100) && closest(one, '[role=treeitem],[role=menuitem],li') === e);
  return own ? idOf(own) : id;
};
const scrollItems = (id) => {
  const box = find(id), scroller = box && [box, ...query(box, '*')].find((e) => e.scrollHeight > e.clientHeight + 4 && /auto|scroll/.test(styleOf(e).overflowY)) ;
  const outer = scroller ?? (box && scrollerOf(box));
  if (!outer || outer === ownerDocument(outer).scrollingElement) return false;
  const from = outer.scrollTop;
  outer.scrollBy({ top: outer.clientHeight * 0.8, behavior: 'instant' });
  return outer.scrollTop > from + 1;
};
// Whether a control shows that `label` was chosen; `typed` is what was put into it on the way.
const showsChoice = (id, item, label, typed) => {
  const e = find(id), chosen = find(item), want = foldText(label);
  if (chosen && isShown(chosen) && isPicked(chosen)) return true;
  if (!e) return false;
  const own = foldText(shownText(e)), before = shownBefore.get(e) ?? { own: '', near: '' };
  const listed = chosen && isShown(chosen);
  if (nativeField(e)) {
    if (own.includes(want)) return true;
    if (own.length > 1 && want.includes(own) && own !== foldText(typed) && own !== before.own) return true;
  } else if (!(listed && contains(e, chosen)) && own.includes(want)) return true;
  const near = around(e);
  if (!(listed && contains(near, chosen)) && foldText(visibleText(near, 2000)).includes(want) && !before.near.includes(want)) return true;
  return [...query(near, 'select')].some((select) => [...select.selectedOptions].some((option) => foldText(optionLabel(option)) === want));
};
const widgetOf = (id) => {
  const e = find(id);
  if (!e) return { kind: '' };
  const role = roleOf(e), tag = localName(e), parent = parentOf(e);
  const hinted = /slider|knob/i.test(`${attr(e, 'class') ?? ''} ${parent ? attr(parent, 'class') ?? '' : ''}`) && !visibleText(e, 20).length;
  const text = tag === 'textarea' || (tag === 'input' && /^(text|search|tel|url|email|)$/.test(e.type)) || isEditableRoot(e);
  const kind = tag === 'select' ? 'native' : tag === 'input' && e.list ? 'datalist' : (role === 'slider' && tag !== 'input') || (hinted && !text) ? 'slider' : role === 'spinbutton' && tag !== 'input' ? 'spinner'
    : /^(listbox|option)$/.test(role) ? 'listbox' : /^(tree|treeitem)$/.test(role) ? 'tree' : /^(menu|menubar|menuitem\w*)$/.test(role) ? 'menu' : text ? 'text' : 'opener';
  const popup = attr(e, 'aria-haspopup') ?? '';
  return { kind, text, popup, expanded: attr(e, 'aria-expanded') === 'true', own: itemName(e), shown: shownText(e), multiple: attr(ownBox(e) ?? e, 'aria-multiselectable') === 'true', options: kind === 'datalist' ? [...e.list.options].map((option) => option.value || option.label) : [] };
};

// Whether something that is no writable field can be set all the same: it has a value of its own kind, or opens something.
const settable = (id) => {
  const e = find(id);
  if (!e) return false;
  const widget = widgetOf(id), role = roleOf(e);
  if (/^(slider|spinner|listbox|datalist)$/.test(widget.kind) || role === 'combobox' || /^(listbox|dialog|grid)$/.test(widget.popup)) return true;
  return widget.kind === 'text' && (isReadonly(e) ? has(e, 'onclick') || heard.has(e) || heard.has(parentOf(e)) || !!stepsOf(id) || besideOf(id).length > 0 || e.type === 'text' && /date|day|calendar|picker|kalender|datum/i.test(['class', 'id', 'name', 'placeholder'].map((name) => attr(e, name) ?? '').join(' ')) : false);
};

// ---- calendars
let monthNames = null;
const months = () => {
  if (monthNames) return monthNames;
  monthNames = [];
  for (const language of [document.documentElement.lang || 'en', 'en', 'de', 'fr', 'es', 'it', 'pt', 'nl']) {
    for (const style of ['long', 'short']) {
      try { const format = new Intl.DateTimeFormat(language, { month: style, timeZone: 'UTC' }); for (let m = 0; m < 12; m++) monthNames.push([foldText(format.format(new Date(Date.UTC(2024, m, 10)))).replace(/\.$/, ''), m + 1]); } catch { /* a language that is none */ }
    }
  }
  return monthNames;
};
const monthIn = (text) => {
  const low = foldText(text), words = low.split(/[^\p{L}]+/u).filter(Boolean);
  const named = months().find(([name]) => words.includes(name));
  if (named) return named[1];
  const written = /(\d{1,2})\s*月/.exec(low) ?? /\b(0?[1-9]|1[0-2])\s*[/.-]\s*(?:1[89]|20|21)\d\d\b/.exec(low) ?? /\b(?:1[89]|20|21)\d\d\s*[/.-]\s*(0?[1-9]|1[0-2])\b/.exec(low);
  return written ? Number(written[1]) : 0;
};
const yearIn = (text) => Number(/(?:^|\D)((?:1[89]|20|21)\d\d)(?:\D|$)/.exec(text)?.[1] ?? 0);
const dayCells = (box) => [...query(box, '*')].filter((e) => /^\d{1,2}$/.test(squeeze(contentOf(e) ?? '')) && ![...childNodes(e)].some((kid) => isElement(kid) && squeeze(contentOf(kid) ?? '') !== '') && isShown(e) && localName(e) !== 'option' && !/week-?num|weeknumber/i.test(attr(e, 'class') ?? ''));
const headOf = (cells) => {
  let up = parentOf(cells[0]), month = 0, year = 0, selects = {};
  for (let depth = 0; up && depth < 8 && !/^(html|body)$/.test(localName(up)); up = parentOf(up), depth++) {
    if (!cells.every((cell) => contains(up, cell))) continue;
    const fields = [...query(up, 'select,input')].filter(isShown);
    for (const field of fields) {
      const text = localName(field) === 'select' ? [...field.selectedOptions].map(optionLabel).join(' ') : field.value;
      if (!year && yearIn(text)) { year = yearIn(text); if (localName(field) === 'select') selects.year = { id: idOf(field), options: optionsOf(field).map(optionLabel) }; }
      else if (!month && localName(field) === 'select' && (monthIn(text) || field.options.length === 12)) { month = monthIn(text) || field.selectedIndex + 1; selects.month = { id: idOf(field), options: [...field.options].map(optionLabel) }; }
    }
    const text = visibleText(up, 600);
    month ||= monthIn(text);
    year ||= yearIn(text);
    if (month && year) break;
  }
  if (!month || !year) {
    const cell = closest(cells[0], '[data-year],[data-date],[aria-label],[title]') ?? cells[0];
    const said = ['data-date', 'aria-label', 'title', 'datetime'].map((name) => attr(cell, name) ?? '').join(' ');
    if (has(cell, 'data-year') && has(cell, 'data-month')) { year = Number(attr(cell, 'data-year')); month = Number(attr(cell, 'data-month')) + 1; }
    year ||= yearIn(said);
    month ||= monthIn(said);
  }
  return month && year ? { month, year, ...{ monthSelect: selects.month ?? null, yearSelect: selects.year ?? null } } : null;
};
const BACK = /prev|back|earlier|left|zur(ü|ue)ck|vorig|précéd|anterior|上/i, ON = /next|forward|later|right|nächst|weiter|suiv|siguiente|下/i;
const BACK_SIGN = /^[‹<←◀❮⟨]$/, ON_SIGN = /^[›>→▶❯⟩]$/, BY_YEAR = /year|jahr|ann[ée]e|año|[«»]|<<|>>|decade/i;
const calendarIn = (box) => {
  const cells = dayCells(box), found = [];
  for (let i = 0; i < cells.length; i++) {
    if (Number(contentOf(cells[i])) !== 1) continue;
    const run = [cells[i]];
    while (i + run.length < cells.length && Number(contentOf(cells[i + run.length])) === run.length + 1) run.push(cells[i + run.length]);
    if (run.length < 28) continue;
    const head = headOf(run);
    if (head) found.push({ ...head, days: run.map((cell) => ({ id: idOf(cell), disabled: isDisabled(cell) || /(^|[\s_-])(disabled|unselectable)($|[\s_-])/.test([cell, parentOf(cell)].map((e) => attr(e, 'class') ?? '').join(' ')) })) });
    i += run.length - 1;
  }
  if (!found.length) return null;
  const all = [...query(box, 'button,a,[role=button],[onclick],th,td,span,div,i,svg')].filter((e) => !cells.some((cell) => contains(e, cell)) && isShown(e) && boxOf(e).width < 160);
  const said = (e) => [attr(e, 'aria-label'), attr(e, 'title'), attr(e, 'class'), attr(e, 'id'), attr(e, 'data-action'), contentOf(e)].filter(Boolean).join(' ');
  const pick = (words, sign) => {
    const fits = all.filter((e) => (words.test(said(e)) || sign.test(squeeze(contentOf(e) ?? ''))) && !isDisabled(e) && !monthIn(squeeze(contentOf(e) ?? '')));
    const plain = fits.filter((e) => !BY_YEAR.test(said(e)));
    const usable = (plain.length ? plain : fits).filter((e) => pointOf(e, clipOf(e))?.box);
    const best = usable.find((e) => isControl(roleOf(e)) || heard.has(e)) ?? usable[0];
    return best ? idOf(best) : 0;
  };
  const done = all.find((e) => /^(ok|okay|apply|done|set|choose|select|confirm|fertig|übernehmen|valider|aceptar|确定)$/i.test(squeeze(contentOf(e) ?? '')));
  return { months: found, prev: pick(BACK, BACK_SIGN), next: pick(ON, ON_SIGN), done: done ? idOf(done) : 0 };
};
// The calendar that a control has opened or is tied to.
const calendarFor = (id) => {
  const e = find(id);
  if (!e) return null;
  for (const box of [...linkedBoxes(e), ...freshBoxes(ownerDocument(e))]) { const found = calendarIn(box); if (found) return found; }
  return null;
};
// Buttons beside a field, which may open what belongs to it.
const besideOf = (id) => {
  const e = find(id), near = e && around(e);
  if (!near) return [];
  const field = boxOf(e);
  return [...query(near, 'button,a,[role=button],img,i,svg,span')].filter((one) => one !== e && isShown(one) && !contains(e, one) && (isControl(roleOf(one)) || heard.has(one)) && Math.abs(boxOf(one).top + boxOf(one).height / 2 - field.top - field.height / 2) < field.height && Math.abs(boxOf(one).left - field.right) < 120).slice(0, 3).map(idOf);
};
const showsDate = (id, year, month, day) => {
  const e = find(id);
  if (!e) return false;
  const text = shownText(e), numbers = (text.match(/\d+/g) ?? []).map(Number);
  const rest = [...numbers];
  const take = (n) => { const at = rest.indexOf(n); if (at < 0) return false; rest.splice(at, 1); return true; };
  return (take(year) || take(year % 100)) && take(day) && (take(month) || monthIn(text) === month);
};

// ---- sliders and spinners
const numberIn = (text) => { const found = /-?\d+(?:[.,]\d+)?/.exec(text ?? ''); return found ? Number(found[0].replace(',', '.')) : null; };
const readouts = new WeakMap();
// Numbers that are drawn near a control, by the element that shows them.
const numbersNear = (e) => {
  let up = e;
  for (let depth = 0; depth < 4 && parentOf(up) && localName(parentOf(up)) !== 'html'; depth++) up = parentOf(up);
  const out = new Map();
  for (const one of [up, ...query(up, '*')].slice(0, 600)) {
    const text = nativeField(one) ? (isPassword(one) || hiddenFields.has(one) ? '' : one.value) : [...childNodes(one)].filter((kid) => kid.nodeType === 3).map((kid) => kid.data).join(' ');
    const number = numberIn(text);
    if (number !== null && isShown(one)) out.set(one, number);
  }
  return out;
};
const noteNumbers = (id) => { const e = find(id); if (e) readouts.set(e, { before: numbersNear(e), shown: null }); };
const dial = (id) => {
  const e = find(id);
  if (!e) return null;
  const told = has(e, 'aria-valuenow') ? Number(attr(e, 'aria-valuenow')) : nativeField(e) ? numberIn(e.value) : roleOf(e) === 'spinbutton' ? numberIn(visibleText(e, 40)) : null;
  const noted = readouts.get(e);
  let now = told;
  if (now === null && noted) {
    noted.shown ??= [...numbersNear(e)].find(([one, number]) => noted.before.get(one) !== number)?.[0] ?? null;
    const text = noted.shown && (nativeField(noted.shown) ? noted.shown.value : contentOf(noted.shown));
    now = noted.shown ? numberIn(text) : null;
  }
  const track = parentOf(e) ?? e, box = boxOf(e), bar = boxOf(track), by = originOf(ownerDocument(e));
  return {
    now, min: has(e, 'aria-valuemin') ? Number(attr(e, 'aria-valuemin')) : null, max: has(e, 'aria-valuemax') ? Number(attr(e, 'aria-valuemax')) : null,
    upright: attr(e, 'aria-orientation') === 'vertical' || bar.height > bar.width * 2, box: [box.left + by.x, box.top + by.y, box.width, box.height], track: [bar.left + by.x, bar.top + by.y, bar.width, bar.height],
  };
};
// Buttons that count a field up and down.
const stepsOf = (id) => {
  const e = find(id), near = e && around(e);
  if (!near) return null;
  const all = [...query(near, 'button,a,[role=button],span,div,i')].filter((one) => one !== e && isShown(one) && !contains(one, e) && (isControl(roleOf(one)) || heard.has(one)));
  const said = (one) => [attr(one, 'aria-label'), attr(one, 'title'), attr(one, 'class'), attr(one, 'id'), contentOf(one)].filter(Boolean).join(' ');
  const up = all.find((one) => /^[+▲⏶∧]$/.test(squeeze(contentOf(one) ?? '')) || /(^|[\s_-])(up|inc\w*|plus|more|add|raise|mehr)($|[\s_-])/i.test(said(one)));
  const down = all.find((one) => /^[-−–▼⏷∨]$/.test(squeeze(contentOf(one) ?? '')) || /(^|[\s_-])(down|dec\w*|minus|less|fewer|lower|weniger)($|[\s_-])/i.test(said(one)));
  return up && down ? { up: idOf(up), down: idOf(down) } : null;
};
