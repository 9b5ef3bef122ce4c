// Roles, names and visibility of elements, as a person would tell them. Runs in an isolated world: the page neither sees it nor
// is changed by it. Properties of nodes are read by the prototypes' own getters, since a form can shadow them with a field's name.

const getter = (proto, name) => { const get = Object.getOwnPropertyDescriptor(proto, name).get; return (e) => get.call(e); };
const childNodes = getter(Node.prototype, 'childNodes');
const parentNode = getter(Node.prototype, 'parentNode');
const isConnected = getter(Node.prototype, 'isConnected');
const contentOf = getter(Node.prototype, 'textContent');
const rootOf = (e) => Node.prototype.getRootNode.call(e);
const ownerDocument = getter(Node.prototype, 'ownerDocument');
const localName = getter(Element.prototype, 'localName');
const namespaceOf = getter(Element.prototype, 'namespaceURI');
const isSvg = (e) => namespaceOf(e) === 'http://www.w3.org/2000/svg';
const openShadow = getter(Element.prototype, 'shadowRoot');
// Closed shadow roots, which only the browser can tell us of.
const closedShadows = new WeakMap();
const shadowOf = (e) => openShadow(e) ?? closedShadows.get(e) ?? null;
const openSlot = getter(Element.prototype, 'assignedSlot');
const assignedSlot = (e) => {
  const open = openSlot(e), closed = open ? null : closedShadows.get(parentNode(e));
  return open ?? (closed ? [...closed.querySelectorAll('slot')].find((slot) => slot.assignedNodes({ flatten: true }).includes(e)) : null) ?? null;
};
const formProps = {
  method: getter(HTMLFormElement.prototype, 'method'),
  action: getter(HTMLFormElement.prototype, 'action'),
  elements: getter(HTMLFormElement.prototype, 'elements'),
};
const attr = (e, name) => Element.prototype.getAttribute.call(e, name);
const has = (e, name) => Element.prototype.hasAttribute.call(e, name);
const matches = (e, selector) => Element.prototype.matches.call(e, selector);
const closest = (e, selector) => Element.prototype.closest.call(e, selector);
const query = (e, selector) => Element.prototype.querySelectorAll.call(e, selector);
const boxOf = (e) => Element.prototype.getBoundingClientRect.call(e);
const styleOf = (e) => window.getComputedStyle(e);
const isElement = (n) => n.nodeType === 1;
const squeeze = (text) => text.replace(/[\s\u200b\u00ad\ufeff]+/g, ' ').trim();
const cut = (text, most) => (text.length > most ? text.slice(0, most - 1) + '…' : text);

// ---- ids: an element keeps its number for life, and no other element gets it.
const ids = new WeakMap();
const byId = new Map();
let lastId = 0;
const idOf = (e) => {
  let id = ids.get(e);
  if (!id) { id = ++lastId; ids.set(e, id); byId.set(id, new WeakRef(e)); }
  return id;
};
const find = (id) => {
  const e = byId.get(id)?.deref();
  return e && isConnected(e) && ownerDocument(e).defaultView ? e : null;
};

// ---- the tree as it is drawn: shadow roots in place of hosts' children, slots filled.
const parentOf = (e) => {
  const slot = assignedSlot(e);
  if (slot) return slot;
  const parent = parentNode(e);
  if (!parent) return null;
  if (parent.nodeType === 11) return parent.host ?? null;
  return parent.nodeType === 1 ? parent : null;
};
const kidsOf = (e) => {
  const shadow = shadowOf(e);
  if (shadow) return childNodes(shadow);
  if (localName(e) === 'slot') {
    const assigned = HTMLSlotElement.prototype.assignedNodes.call(e, { flatten: true });
    if (assigned.length) return assigned;
  }
  // Of closed details only the summary is drawn.
  if (localName(e) === 'details' && !e.open) return [...childNodes(e)].filter((kid) => isElement(kid) && localName(kid) === 'summary').slice(0, 1);
  return childNodes(e);
};
const contains = (outer, inner) => {
  for (let e = inner; e; e = parentOf(e)) if (e === outer) return true;
  return false;
};
const frameDocument = (e) => { try { return e.contentDocument; } catch { return null; } };
// Where a document's viewport begins, in the top viewport.
const originOf = (doc) => {
  let x = 0, y = 0;
  for (let view = doc.defaultView; view && view !== window; ) {
    const frame = view.frameElement;
    if (!frame) break;
    const box = boxOf(frame), style = styleOf(frame);
    x += box.left + frame.clientLeft + parseFloat(style.paddingLeft);
    y += box.top + frame.clientTop + parseFloat(style.paddingTop);
    view = ownerDocument(frame).defaultView;
  }
  return { x, y };
};
const shift = (box, by) => ({ l: box.left + by.x, t: box.top + by.y, r: box.right + by.x, b: box.bottom + by.y });
const meet = (a, b) => ({ l: Math.max(a.l, b.l), t: Math.max(a.t, b.t), r: Math.min(a.r, b.r), b: Math.min(a.b, b.b) });
const isEmpty = (box) => box.r - box.l < 2 || box.b - box.t < 2;
const viewBox = () => ({ l: 0, t: 0, r: window.innerWidth, b: window.innerHeight });
// What a click at this point of the top viewport would hit.
const hitAt = (x, y) => {
  let root = document, hit = null;
  for (let depth = 0; depth < 50; depth++) {
    const next = root.elementFromPoint(x, y);
    if (!next || next === hit) return hit;
    hit = next;
    const shadow = shadowOf(hit);
    if (shadow) { root = shadow; continue; }
    const inner = localName(hit) === 'iframe' ? frameDocument(hit) : null;
    if (!inner) return hit;
    const box = boxOf(hit), style = styleOf(hit);
    x -= box.left + hit.clientLeft + parseFloat(style.paddingLeft);
    y -= box.top + hit.clientTop + parseFloat(style.paddingTop);
    root = inner;
  }
  return hit;
};
const labelsOf = (e) => { try { return e.labels ? [...e.labels] : []; } catch { return []; } };
// Whether a click that hits `hit` is a click on `e`.
const reaches = (hit, e) => {
  if (!hit) return false;
  if (contains(e, hit)) return true;
  const label = closest(hit, 'label');
  return !!label && label.control === e;
};

// ---- roles
const SKIPPED = new Set(['script', 'style', 'noscript', 'template', 'head', 'meta', 'link', 'title', 'datalist', 'param', 'source', 'track', 'desc', 'defs', 'metadata']);
const INPUT_ROLES = { button: 'button', submit: 'button', reset: 'button', image: 'button', checkbox: 'checkbox', radio: 'radio', range: 'slider', number: 'spinbutton', search: 'searchbox', file: 'file' };
const TAG_ROLES = { button: 'button', summary: 'button', textarea: 'textbox', option: 'option', img: 'img', h1: 'heading', h2: 'heading', h3: 'heading', h4: 'heading', h5: 'heading', h6: 'heading', li: 'listitem', tr: 'row', table: 'table', dialog: 'dialog', fieldset: 'group', progress: 'progressbar', meter: 'meter', iframe: 'iframe', canvas: 'canvas' };
const CONTROLS = new Set(['button', 'link', 'checkbox', 'radio', 'switch', 'tab', 'menuitem', 'menuitemcheckbox', 'menuitemradio', 'option', 'combobox', 'textbox', 'searchbox', 'slider', 'spinbutton', 'treeitem', 'file', 'listbox', 'canvas']);
const CHECKABLE = new Set(['checkbox', 'radio', 'switch', 'menuitemcheckbox', 'menuitemradio']);
const NATIVE = 'a[href],button,input:not([type=hidden]),select,textarea,summary,[contenteditable=""],[contenteditable=true],[contenteditable=plaintext-only],[role=button],[role=link],[role=checkbox],[role=radio],[role=switch],[role=tab],[role=menuitem],[role=option],[role=textbox],[role=combobox],[role=searchbox],[role=slider]';
const isEditableRoot = (e) => e.isContentEditable === true && has(e, 'contenteditable') && attr(e, 'contenteditable') !== 'false';
const nativeRole = (e) => {
  const tag = localName(e);
  if (tag === 'input') { const type = e.type; return type === 'hidden' ? '' : (INPUT_ROLES[type] ?? 'textbox'); }
  if (tag === 'select') return e.multiple || e.size > 1 ? 'listbox' : 'combobox';
  if (tag === 'a' || tag === 'area') return has(e, 'href') ? 'link' : '';
  if (isEditableRoot(e)) return 'textbox';
  return TAG_ROLES[tag] ?? '';
};
const ariaRole = (e) => {
  const first = (attr(e, 'role') ?? '').trim().toLowerCase().split(/\s+/)[0];
  return first === 'none' || first === 'presentation' || first === 'generic' ? '' : first;
};
const nativeField = (e) => /^(input|select|textarea)$/.test(localName(e));
// Elements that the page listens to for clicks, as far as we were told, and the numbers that the browser has for them.
const heard = new WeakSet(), toldOf = new Set();
const unheard = (numbers) => numbers.filter((number) => !toldOf.has(number));
const hear = (node, number) => { toldOf.add(number); if (isElement(node)) heard.add(node); };
const parts = (e) => [...query(e, '*')].slice(0, 300);
const takesFocus = (e) => has(e, 'tabindex') && Number(attr(e, 'tabindex')) >= 0;
const reacts = (e) => parts(e).some((part) => heard.has(part) || takesFocus(part));
// An element that holds others which react: its own text is what stands outside of them, and they are its branches.
const branchesOf = (e) => [...childNodes(e)].filter((kid) => isElement(kid) && reacts(kid));
const ownText = (e) => { const branches = branchesOf(e); return squeeze([...childNodes(e)].filter((kid) => kid.nodeType === 3 || (isElement(kid) && !branches.includes(kid))).map((kid) => (kid.nodeType === 3 ? kid.data : visibleText(kid, 200))).join(' ')); };
// Without any sign but that it listens. What holds much, or several parts that listen too, listens for them.
const isHeard = (e) => {
  // A list listens for its items, and so does what holds many lines.
  if (!heard.has(e) || /^(ul|ol|menu|dl)$/.test(localName(e)) || query(e, NATIVE).length) return false;
  if ([...childNodes(e)].filter((kid) => isElement(kid) && squeeze(contentOf(kid) ?? '') !== '').length > 3) return false;
  const box = boxOf(e);
  if (box.width * box.height > (window.innerWidth * window.innerHeight) / 3) return false;
  if ([...childNodes(e)].filter((kid) => isElement(kid) && heard.has(kid) && squeeze(contentOf(kid) ?? '') !== '').length > 1) return false;
  const own = ownText(e);
  return own.length <= 160 && (own !== '' || !reacts(e));
};
const isBranch = (e) => heard.has(e) && branchesOf(e).length > 0;
// Made clickable by the page: no control by its tag, but a person sees that it reacts.
const isClickable = (e, style, parentPointer) => {
  const tag = localName(e);
  if (isSvg(e) && tag !== 'svg') return true;
  if (/^(html|body|label|form|table|tbody|tr|iframe|option|svg)$/.test(tag) && !(tag === 'tr' && has(e, 'onclick'))) {
    if (!(tag === 'label' && !e.control && style.cursor === 'pointer' && !parentPointer)) return tag === 'svg' && (has(e, 'onclick') || (style.cursor === 'pointer' && !parentPointer));
  }
  const pointer = style.cursor === 'pointer' && !parentPointer;
  const explicit = has(e, 'onclick') || has(e, 'ng-click') || has(e, '@click');
  const focusable = has(e, 'tabindex') && Number(attr(e, 'tabindex')) >= 0;
  if (!pointer && !explicit && !focusable) return isHeard(e);
  const inner = query(e, NATIVE).length;
  // What shows a hand because its parts react is not itself one more thing to click.
  if (pointer && !explicit && !focusable) return inner === 0 && (heard.has(e) || parts(e).filter((part) => heard.has(part)).length < 2);
  if (inner > 5) return false;
  if (focusable && !explicit && !pointer) return inner === 0 && e.scrollHeight <= e.clientHeight + 4 && (contentOf(e) ?? '').length <= 120;
  return (contentOf(e) ?? '').length <= 600;
};
const parentPointer = (e) => { const parent = parentOf(e); return !!parent && styleOf(parent).cursor === 'pointer'; };
const roleOf = (e, style, pointer) => {
  const role = ariaRole(e);
  if (role && !(nativeField(e) && !CONTROLS.has(role))) return role;
  const native = nativeRole(e);
  // A list item or a cell that reacts is more than that.
  if (native && (CONTROLS.has(native) || !heard.has(e))) return native;
  if (isHandle(e, style ?? styleOf(e))) return 'handle';
  return isClickable(e, style ?? styleOf(e), pointer ?? parentPointer(e)) ? 'clickable' : native;
};
// What shows by the mouse over it that it is there to be dragged: an edge or a corner that resizes something.
const isHandle = (e, style) => { if (!style.cursor.endsWith('-resize')) return false; const parent = parentOf(e); return !parent || styleOf(parent).cursor !== style.cursor; };
const isControl = (role) => role === 'clickable' || role === 'handle' || CONTROLS.has(role);

// ---- names
const isBlock = (display) => !display.startsWith('inline') && display !== 'contents';
// The text that is drawn inside an element, pictures by their alternative text.
const visibleText = (e, most = 1000, skipFields = false) => {
  let out = '';
  const walk = (node) => {
    if (out.length > most) return;
    if (node.nodeType === 3) { out += node.data; return; }
    if (!isElement(node)) return;
    const tag = localName(node);
    if (SKIPPED.has(tag) || (skipFields && node !== e && (nativeField(node) || tag === 'button'))) return;
    if (tag === 'br') { out += ' '; return; }
    const style = styleOf(node);
    if (style.display === 'none' || style.visibility !== 'visible' || (style.opacity === '0' && node !== e)) {
      // A hidden parent may have a visible child; nothing else of it counts.
      if (style.display === 'none' || style.opacity === '0') return;
      for (const kid of kidsOf(node)) if (isElement(kid)) walk(kid);
      return;
    }
    if (node !== e) {
      const label = squeeze(attr(node, 'aria-label') ?? '');
      if (tag === 'img' || tag === 'svg' || label) {
        const name = label || (tag === 'img' ? attr(node, 'alt') : svgTitle(node)) || '';
        out += ' ' + name + ' ';
        if (tag !== 'svg') return;
      }
      if (tag === 'input' && /^(button|submit|reset)$/.test(node.type)) { out += ' ' + node.value + ' '; return; }
      if (nativeField(node)) return;
    }
    const block = isBlock(style.display);
    if (block || style.display.startsWith('inline-')) out += ' ';
    for (const kid of kidsOf(node)) walk(kid);
    if (block || style.display.startsWith('inline-')) out += ' ';
  };
  walk(e);
  return cut(squeeze(out), most);
};
const svgTitle = (e) => { for (const kid of childNodes(e)) if (isElement(kid) && localName(kid) === 'title') return contentOf(kid); return ''; };
const referenced = (e, name) => {
  const root = rootOf(e);
  const texts = (attr(e, name) ?? '').split(/\s+/).filter(Boolean).map((id) => {
    const other = Document.prototype.getElementById.call(ownerDocument(e), id) ?? (root.nodeType === 11 ? root.getElementById(id) : null);
    return other ? visibleText(other) || squeeze(contentOf(other) ?? '') : '';
  });
  return squeeze(texts.join(' '));
};
const NAMED_BY_CONTENT = new Set(['button', 'link', 'checkbox', 'radio', 'switch', 'tab', 'menuitem', 'menuitemcheckbox', 'menuitemradio', 'option', 'treeitem', 'clickable', 'heading', 'combobox', 'listitem']);
// The name, where it came from, and for a field the label elements that gave it.
const nameOf = (e, role) => {
  const tag = localName(e);
  let name = referenced(e, 'aria-labelledby');
  if (name) return { name, from: 'labelledby' };
  name = squeeze(attr(e, 'aria-label') ?? '');
  if (name) return { name, from: 'label' };
  if (tag === 'input' && /^(button|submit|reset)$/.test(e.type)) {
    name = squeeze(e.value) || { submit: 'Submit', reset: 'Reset' }[e.type] || '';
    if (name) return { name, from: 'value' };
  }
  if (tag === 'img' || tag === 'area' || (tag === 'input' && e.type === 'image')) {
    name = squeeze(attr(e, 'alt') ?? '');
    if (name) return { name, from: 'alt' };
  }
  if (tag === 'svg') { name = squeeze(svgTitle(e)); if (name) return { name, from: 'title' }; }
  const labels = labelsOf(e);
  if (labels.length) {
    name = squeeze(labels.map((label) => visibleText(label, 400, true)).join(' '));
    if (name) return { name, from: 'labels', labels };
  }
  const first = tag === 'fieldset' ? 'legend' : tag === 'table' ? 'caption' : '';
  if (first) {
    for (const kid of childNodes(e)) if (isElement(kid) && localName(kid) === first) return { name: visibleText(kid, 300), from: first };
  }
  if (!nativeField(e) && NAMED_BY_CONTENT.has(role) && !isEditableRoot(e)) {
    // What is opened inside of an item is not its name.
    name = /^(treeitem|menuitem)/.test(role) ? itemName(e) : visibleText(e, role === 'clickable' ? 300 : 600, role === 'clickable');
    if (name) return { name, from: 'content' };
  }
  name = squeeze(attr(e, 'title') ?? '');
  if (name) return { name, from: 'title' };
  name = squeeze(attr(e, 'placeholder') ?? attr(e, 'aria-placeholder') ?? '');
  return { name, from: name ? 'placeholder' : '' };
};
// For a control without a name, what its drawing is probably called.
const iconHint = (e) => {
  const words = [];
  for (const node of [e, ...query(e, 'i,span,svg,use,img')].slice(0, 4)) {
    const source = [attr(node, 'class') ?? '', attr(node, 'id') ?? '', attr(node, 'data-icon') ?? '', (attr(node, 'href') ?? '').split('#')[1] ?? ''];
    if (localName(node) === 'img') source.push((attr(node, 'src') ?? '').split(/[?#]/)[0].split('/').pop() ?? '');
    words.push(...source.join(' ').split(/\s+/).filter((word) => /^[A-Za-z][\w-]{1,30}(\.\w+)?$/.test(word)));
  }
  const hint = [...new Set(words)].slice(0, 3).join(' ');
  return hint ? 'icon: ' + hint : '';
};

// ---- states and values
const activeElement = () => {
  let e = document.activeElement;
  for (let depth = 0; e && depth < 50; depth++) {
    const shadow = shadowOf(e);
    const inner = shadow ? shadow.activeElement : localName(e) === 'iframe' ? frameDocument(e)?.activeElement : null;
    if (!inner) break;
    e = inner;
  }
  return e && localName(e) !== 'body' && localName(e) !== 'html' ? e : null;
};
const isDisabled = (e) => matches(e, ':disabled') || closest(e, '[aria-disabled=true]') !== null;
const isReadonly = (e) => (nativeField(e) && 'readOnly' in e && e.readOnly) || attr(e, 'aria-readonly') === 'true';
const checkedState = (e) => {
  const tag = localName(e);
  if (tag === 'input' && (e.type === 'checkbox' || e.type === 'radio')) return e.indeterminate ? 'mixed' : e.checked ? 'checked' : 'unchecked';
  return { true: 'checked', mixed: 'mixed' }[attr(e, 'aria-checked')] ?? 'unchecked';
};
const statesOf = (e, role) => {
  const out = [];
  if (CHECKABLE.has(role)) out.push(checkedState(e));
  if (attr(e, 'aria-selected') === 'true') out.push('selected');
  if (has(e, 'aria-expanded')) out.push(attr(e, 'aria-expanded') === 'true' ? 'expanded' : 'collapsed');
  else if (localName(e) === 'summary') out.push(parentNode(e)?.open ? 'expanded' : 'collapsed');
  if (attr(e, 'aria-pressed') === 'true') out.push('pressed');
  if (e === activeElement()) out.push('focused');
  if (e.required === true || attr(e, 'aria-required') === 'true') out.push('required');
  if (/^(true|grammar|spelling)$/.test(attr(e, 'aria-invalid') ?? '') || (nativeField(e) && matches(e, ':user-invalid'))) out.push('invalid');
  if (isReadonly(e)) out.push('readonly');
  if (isDisabled(e)) out.push('disabled');
  return out;
};
const optionLabel = (option) => squeeze(option.label || option.text || '');
const optionsOf = (select) => [...select.options].filter((option) => !option.disabled && !option.hidden && !(localName(parentNode(option)) === 'optgroup' && parentNode(option).disabled));
// Fields that were given a secret: what they hold is not told, whatever their type.
const hiddenFields = new WeakSet();
const isPassword = (e) => localName(e) === 'input' && e.type === 'password';
// The value as it may be told; a password's is not.
const valueOf = (e, role) => {
  const tag = localName(e);
  if (tag === 'select') return [...e.selectedOptions].map(optionLabel).join(', ');
  if (isPassword(e) || hiddenFields.has(e)) return (nativeField(e) ? e.value : e.innerText) ? '•••' : '';
  if (tag === 'input' && e.type === 'file') return [...e.files].map((file) => file.name).join(', ');
  if (tag === 'input' && /^(checkbox|radio|button|submit|reset|image)$/.test(e.type)) return null;
  if (tag === 'input' || tag === 'textarea') return e.value;
  if (isEditableRoot(e) && role !== 'button') return e.innerText.replace(/\n$/, '');
  if (tag === 'progress' || tag === 'meter') return e.hasAttribute('value') ? `${e.value} of ${e.max}` : null;
  return attr(e, 'aria-valuetext') ?? (/^(slider|spinbutton|progressbar|meter)$/.test(role) ? attr(e, 'aria-valuenow') : null);
};
const FORMATS = { date: 'date, YYYY-MM-DD', time: 'time, HH:MM', 'datetime-local': 'date and time, YYYY-MM-DDTHH:MM', month: 'month, YYYY-MM', week: 'week, YYYY-Www', color: 'colour, #rrggbb', number: 'number', range: 'number', password: 'password' };
const hintOf = (e, role, named) => {
  const hints = [];
  if (localName(e) === 'input') {
    let format = FORMATS[e.type] ?? '';
    if (format && e.type !== 'password' && (e.min || e.max)) format += e.min && e.max ? `, ${e.min} to ${e.max}` : e.min ? `, from ${e.min}` : `, up to ${e.max}`;
    else if (e.type === 'range') format += ', 0 to 100';
    if (format) hints.push(format);
    if (e.type === 'file') { if (e.accept) hints.push(cut(e.accept, 60)); if (e.multiple) hints.push('several files'); }
  }
  if (localName(e) === 'textarea') hints.push('textarea');
  if (role === 'handle') hints.push(`${styleOf(e).cursor}, ${placeWords(e)}`);
  const placeholder = squeeze(attr(e, 'placeholder') ?? '');
  if (placeholder && named.from !== 'placeholder') hints.push(cut(placeholder, 120));
  if (localName(e) === 'textarea' && styleOf(e).resize !== 'none') hints.push(`resizable ${Math.round(boxOf(e).width)}×${Math.round(boxOf(e).height)}`);
  if (!named.name && isControl(role) && !nativeField(e)) { const icon = iconHint(e), plain = icon && role !== 'canvas' && !mainColour(e) && /^(square|rectangle)$/.test(shapeWord(e)), looks = role === 'handle' || plain ? '' : /^(clickable|canvas)$/.test(role) || !icon ? bareLook(e) : ''; if (looks) hints.push(looks); if (icon) hints.push(icon); }
  return hints.join('; ');
};
const verbsOf = (e, role) => {
  const tag = localName(e);
  if (role === 'file') return ['upload'];
  if (tag === 'select') return ['select'];
  if (CHECKABLE.has(role)) return ['check'];
  if (tag === 'input' || tag === 'textarea' || isEditableRoot(e)) {
    if (INPUT_ROLES[e.type] === 'button') return ['click'];
    if (isReadonly(e)) return ['click'];
    return role === 'combobox' ? ['fill', 'click'] : role === 'button' ? ['click'] : ['fill'];
  }
  return role === 'listbox' ? [] : ['click'];
};
