// What an element looks like, for finding it again on another day, and the finding: by selectors of a recorded script, or among all.

const idOk = (id) => /^[A-Za-z][\w:-]{0,60}$/.test(id) && !/\d{4,}|[0-9a-f]{8,}/i.test(id);
const count = (root, selector) => { try { return root.querySelectorAll(selector).length; } catch { return 0; } };
// The shortest CSS selector that finds just this element in its root: by id, by name, or by the way to it.
const cssOf = (e) => {
  const root = rootOf(e), tag = localName(e), id = attr(e, 'id');
  if (id && count(root, '#' + CSS.escape(id)) === 1) return '#' + CSS.escape(id);
  for (const name of ['name', 'data-testid', 'data-test', 'aria-label', 'placeholder']) {
    const value = attr(e, name), selector = value && `${tag}[${name}=${JSON.stringify(value)}]`;
    if (selector && count(root, selector) === 1) return selector;
  }
  let way = '';
  for (let at = e; at && at.nodeType === 1 && way.length < 300; at = parentNode(at)) {
    const own = attr(at, 'id');
    const nth = [...(parentNode(at)?.children ?? [])].filter((other) => localName(other) === localName(at));
    const part = own && idOk(own) ? '#' + CSS.escape(own) : localName(at) + (nth.length > 1 ? `:nth-of-type(${nth.indexOf(at) + 1})` : '');
    way = way ? `${part} > ${way}` : part;
    if (at !== e && count(root, way) === 1) return way;
  }
  return way && count(root, way) === 1 ? way : '';
};
const xpathOf = (e) => {
  if (rootOf(e).nodeType !== 9) return '';
  let way = '';
  for (let at = e; at && at.nodeType === 1; at = parentNode(at)) {
    const id = attr(at, 'id');
    if (id && idOk(id) && count(rootOf(at), '#' + CSS.escape(id)) === 1) return `//*[@id=${JSON.stringify(id)}]${way}`;
    const same = [...(parentNode(at)?.children ?? [])].filter((other) => localName(other) === localName(at));
    way = `/${localName(at)}${same.length > 1 ? `[${same.indexOf(at) + 1}]` : ''}${way}`;
  }
  return way;
};
const pathOf = (address, base) => { try { const url = new URL(address, base); return url.origin === new URL(base).origin ? url.pathname + url.search : url.href; } catch { return ''; } };
const shortText = (e, most) => cut(squeeze(visibleText(e, most * 2)), most);
// The row, card or item of a list: the nearest one around it that has another one of its kind beside it, with a control of the same role.
const rowOf = (e) => {
  for (let at = e, depth = 0; at && depth < 8; at = parentOf(at), depth++) {
    const tag = localName(at), parent = parentOf(at);
    if (/^(body|html|form|main)$/.test(tag)) return null;
    if (at === e || !parent) continue;
    if (/^(tr|li)$/.test(tag) || /^(row|listitem|article)$/.test(attr(at, 'role') ?? '') || tag === 'article') return at;
    const alike = [...parent.children].filter((other) => other !== at && localName(other) === tag && query(other, localName(e)).length > 0);
    if (alike.length >= 2 && query(at, localName(e)).length < 6 && squeeze(contentOf(at)).length < 400) return at;
  }
  return null;
};
const BUTTONS = 'button,input[type=submit],input[type=button],input[type=reset],[role=button],a[role=button]';
const rivalsOf = (e, role) => {
  if (role === 'link') { const row = rowOf(e); return row ? [...query(row, BUTTONS + ',a[href]')].filter((other) => other !== e && isShown(other)).slice(0, 12).map((other) => cut(nameOf(other, roleOf(other)).name, 60)).filter(Boolean) : []; }
  if (role !== 'button') return [];
  const around = e.form ?? closest(e, 'form,dialog,[role=dialog],section,fieldset,tr,li,article') ?? parentOf(e);
  if (!around) return [];
  return [...query(around, BUTTONS)].filter((other) => other !== e && isShown(other)).slice(0, 12).map((other) => cut(nameOf(other, roleOf(other)).name, 60)).filter(Boolean);
};
// What stands before it, and the heading or legend above.
const nearOf = (e) => {
  const texts = [];
  for (let at = e, depth = 0; at && depth < 5 && texts.length < 2; at = parentOf(at), depth++) {
    for (let side = at.previousElementSibling, n = 0; side && n < 3 && texts.length < 2; side = side.previousElementSibling, n++) {
      const text = isShown(side) && !nativeField(side) ? shortText(side, 60) : '';
      if (text) texts.push(text);
    }
  }
  const group = closest(e, 'fieldset,section,form,dialog,[role=dialog],article,main');
  const head = group && query(group, 'legend,h1,h2,h3,h4')[0];
  if (head && isShown(head)) texts.push(shortText(head, 60));
  return [...new Set(texts)];
};
const frameOf = (e) => {
  const way = [];
  for (let view = ownerDocument(e).defaultView; view && view !== window; view = view.parent) {
    let at = -1;
    try { for (let i = 0; i < view.parent.length; i++) if (view.parent[i] === view) at = i; } catch { break; }
    if (at < 0) break;
    way.unshift(at);
  }
  return way;
};
// Roles that Chrome has too, so that its recorder's form can name them.
const ARIA = /^(button|link|checkbox|radio|switch|tab|menuitem|option|combobox|textbox|searchbox|slider|spinbutton|listbox|heading)$/;
const selectorsOf = (e, role, all) => {
  const root = ownerDocument(e), name = squeeze(nameOf(e, role).name), deep = rootOf(e).nodeType !== 9, out = [];
  const only = (selector) => { const hits = [...new Set(bySelector(root, selector).map(controlOf))]; if (hits.length === 1 && hits[0] === e) out.push(selector); };
  if (all && name && name.length <= 80 && !/[[\]]/.test(name)) only(ARIA.test(role) ? `aria/${name}[role="${role}"]` : `aria/${name}`);
  if (all && name && name.length <= 40 && /^(button|link|menuitem|tab)$/.test(role)) only('text/' + name);
  const css = cssOf(e), xpath = xpathOf(e);
  if (css && !deep) out.push(css);
  if (xpath) out.push('xpath/' + xpath);
  if (css && (all || deep)) only('pierce/' + css);
  return out;
};
const traitsOf = (e, all, ways) => {
  const role = roleOf(e), tag = localName(e), form = formOf(e, false), doc = ownerDocument(e), box = boxOf(e), row = rowOf(e);
  const likes = all?.get(role) ?? [e], owner = e.form ?? closest(e, 'form');
  const kind = nativeField(e) || tag === 'button' ? e.type ?? '' : '';
  return {
    role, name: cut(nameOf(e, role).name, 200), tag, type: kind, id: attr(e, 'id') ?? '',
    field: cut(attr(e, 'name') ?? '', 80) + (/^(radio|checkbox|submit)$/.test(kind) && attr(e, 'value') ? '=' + cut(attr(e, 'value'), 40) : ''),
    classes: [...e.classList].slice(0, 8), placeholder: cut(attr(e, 'placeholder') ?? '', 120),
    href: tag === 'a' ? cut(pathOf(e.href, doc.baseURI), 300) : '',
    form: form ? `${form.method} ${pathOf((isSubmit(e) && has(e, 'formaction') ? e.formAction : null) ?? formProps.action(owner), doc.baseURI)}` : '', submits: !!form?.submits,
    closed: !nativeField(e) && (attr(e, 'aria-expanded') === 'false' || (has(e, 'aria-haspopup') && !/^(false|dialog)$/.test(attr(e, 'aria-haspopup')) && attr(e, 'aria-expanded') !== 'true') || (tag === 'summary' && !parentNode(e)?.open)),
    rivals: rivalsOf(e, role), near: nearOf(e), row: row ? shortText(row, 240) : '',
    order: [Math.max(0, likes.indexOf(e)), likes.length], place: [Math.round(box.left + doc.defaultView.scrollX), Math.round(box.top + doc.defaultView.scrollY)],
    selectors: ways ? selectorsOf(e, role, ways === 'all') : [], frame: frameOf(e),
    options: tag === 'select' ? optionsOf(e).slice(0, 60).map((option) => [optionLabel(option), option.value]) : [],
  };
};
const controlsOf = (doc) => {
  const all = new Map();
  for (const e of everything(doc)) if (matches(e, CONTROL) && usable(e)) { const role = roleOf(e), list = all.get(role); if (list) list.push(e); else all.set(role, [e]); }
  return all;
};
// On a page of many thousand elements to compare with all of them would cost more than it tells.
const LARGE = 4000;
const traits = (id) => {
  const e = find(id), doc = e && ownerDocument(e);
  return e && (doc.getElementsByTagName('*').length > LARGE ? traitsOf(e, null, 'own') : traitsOf(e, controlsOf(doc), 'all'));
};

// ---- finding
const everything = (root, out = []) => {
  for (const e of root.querySelectorAll('*')) {
    out.push(e);
    const shadow = shadowOf(e);
    if (shadow) everything(shadow, out);
  }
  return out;
};
const documentOf = (frame) => {
  let doc = document;
  for (const at of frame) { try { doc = doc.defaultView[at].document; } catch { return null; } }
  return doc;
};
const bySelector = (root, selector) => {
  const deep = (test) => everything(root).filter(test);
  let rest = selector.match(/^(aria|text|pierce|xpath)\/([\s\S]*)$/);
  try {
    if (!rest) return [...root.querySelectorAll(selector)];
    const [, kind, value] = rest;
    if (kind === 'pierce') return deep((e) => matches(e, value));
    if (kind === 'xpath') {
      const result = (ownerDocument(root) ?? root).evaluate(value.replace(/^\/\/\/\*/, '//*'), root, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null);
      return Array.from({ length: result.snapshotLength }, (_, i) => result.snapshotItem(i)).filter(isElement);
    }
    if (kind === 'aria') {
      const [, name, attrs] = value.match(/^([\s\S]*?)((?:\[[^\]]*\])*)$/), role = attrs.match(/\[role=["']?([\w-]+)["']?\]/)?.[1];
      const wanted = squeeze(attrs.match(/\[name=["']?([^\]"']*)["']?\]/)?.[1] ?? name);
      return deep((e) => { const is = roleOf(e); return (is ? true : false) && (!role || is === role) && (!wanted || squeeze(nameOf(e, is).name) === wanted) && (wanted || role); });
    }
    const wanted = squeeze(value).toLowerCase();
    const says = (e) => squeeze(nativeField(e) && /^(button|submit|reset)$/.test(e.type) ? e.value : contentOf(e)).toLowerCase().includes(wanted);
    return deep((e) => !SKIPPED.has(localName(e)) && says(e) && ![...e.children].some(says));
  } catch { return []; }
};
const CONTROL = NATIVE + ',[role=menuitemcheckbox],[role=menuitemradio],[role=listbox],[onclick],label';
// Where a click on a text within a control goes to.
const controlOf = (e) => {
  const around = closest(e, 'a[href],button,summary,[role=button],[role=link],[role=menuitem],[role=tab],[role=option]') ?? closest(e, 'label');
  return around && localName(around) === 'label' ? around.control ?? e : around ?? e;
};
// What is in a closed section has boxes, and is not drawn.
const usable = (e) => standIns(e).some((one) => drawn(one) && Element.prototype.checkVisibility.call(one));
const stray = (e) => !['html', 'body'].includes(localName(e));
// The elements that selectors find, each once: [ids of each selector's, marks by id].
const seek = (selectors, frame, deep) => {
  const doc = documentOf(frame ?? []), found = new Map(), ways = [];
  if (!doc) return { ways, marks: {} };
  for (const parts of selectors) {
    let roots = [doc];
    for (const [at, part] of parts.entries()) {
      const next = roots.flatMap((root) => bySelector(root, part));
      roots = at === parts.length - 1 ? next : next.map((e) => shadowOf(e) ?? e);
    }
    const hits = [...new Set(roots.filter((e) => isElement(e) && stray(e)).map(controlOf))].filter(usable);
    ways.push(hits.slice(0, 5).map(idOf));
    hits.slice(0, 5).forEach((e) => found.set(idOf(e), e));
  }
  const all = controlsOf(doc);
  if (deep) for (const e of [...all.values()].flat().slice(0, 600)) found.set(idOf(e), e);
  return { ways, marks: Object.fromEntries([...found].map(([id, e]) => [id, traitsOf(e, all)])) };
};
