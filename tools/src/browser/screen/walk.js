// One walk over what is drawn: the lines of the screen, in reading order. What is out of view is counted, what is hidden or
// covered is left out. Nothing here changes the page.

const MOST_LINES = 1500;
const FAR = 400;
const paints = (e) => {
  if (/^(img|video|canvas|iframe|picture|object|embed)$/.test(localName(e))) return true;
  const style = styleOf(e);
  if (style.backgroundImage !== 'none') return true;
  const alpha = /rgba\(.*,\s*([\d.]+)\)$/.exec(style.backgroundColor);
  return style.backgroundColor !== 'transparent' && (!alpha || Number(alpha[1]) >= 0.3);
};
const within = (box, x, y) => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
// Painted, but so transparent that what is below is seen.
const isFaint = (e) => { let left = 1; for (let up = e; up && left >= 0.3; up = parentOf(up)) left *= Number(styleOf(up).opacity); return left < 0.3; };
// What is drawn over an element's text at a point, if anything.
const coverOf = (e, x, y) => {
  const doc = ownerDocument(e), by = originOf(doc), root = rootOf(e);
  const asked = root.elementsFromPoint ? root : doc, first = asked.elementFromPoint(x - by.x, y - by.y);
  // Mostly there is nothing over it, and on a long page the whole stack takes long to find.
  if (first && (contains(e, first) || (contains(first, e) && !(localName(first) === 'dialog')))) return null;
  const stack = asked.elementsFromPoint(x - by.x, y - by.y);
  if (!stack.some((other) => contains(other, e) || contains(e, other))) return null;
  for (const other of stack) {
    if (contains(e, other) || contains(other, e)) {
      // A modal dialog's backdrop is hit as the dialog itself, which e would then be inside of.
      return null;
    }
    if (localName(other) === 'dialog' && !within(boxOf(other), x - by.x, y - by.y)) return other;
    if (paints(other) && !isFaint(other)) return other;
  }
  return null;
};
// Drawn in the colour of its ground. Text over a picture or another box is given the benefit of the doubt.
const isUnreadable = (e, style, ground, x, y) => {
  if (parseFloat(style.fontSize) < 2 || /rgba\(.*,\s*0\)$/.test(style.color)) return style.webkitBackgroundClip !== 'text';
  if (!ground || style.color !== ground) return false;
  const by = originOf(ownerDocument(e));
  return !ownerDocument(e).elementsFromPoint(x - by.x, y - by.y).some((other) => paints(other) && styleOf(other).backgroundColor !== style.color);
};
const isCutAway = (style) =>
  (style.clip !== 'auto' && style.position !== 'static' && /^rect\((0px|1px|auto)[, ]+(0px|1px|auto)[, ]+(0px|1px|auto)[, ]+(0px|1px|auto)\)$/.test(style.clip) && style.clip.includes('px')) ||
  /^(inset\((50|100)%|circle\(0)/.test(style.clipPath);
const sample = (box) => {
  const x = (box.l + box.r) / 2, y = (box.t + box.b) / 2, dx = (box.r - box.l) / 4, dy = (box.b - box.t) / 4;
  return [[x, y], [x - dx, y], [x + dx, y], [x, y - dy], [x, y + dy], [box.l + 2, box.t + 2], [box.r - 2, box.b - 2]];
};
// Boxes of an element on the top viewport: a link over two lines has two.
const boxesOf = (e) => { const by = originOf(ownerDocument(e)); return [...Element.prototype.getClientRects.call(e)].map((box) => shift(box, by)); };
// A point of the element that gets a click, or what is in the way.
// `real`: what of the clip is in view, when the clip is all that could be.
const pointOf = (e, clip, real = clip) => {
  let cover = null, seen = false;
  for (const box of boxesOf(e)) {
    if (isEmpty(meet(box, clip))) continue;
    const part = meet(box, real);
    // What is out of view is covered by nothing that we could ask for.
    if (isEmpty(part)) return { x: (box.l + box.r) / 2, y: (box.t + box.b) / 2, box };
    seen = true;
    for (const [x, y] of sample(part)) {
      const hit = hitAt(x, y);
      if (reaches(hit, e)) return { x, y, box };
      cover ??= hit;
    }
  }
  return seen ? { cover } : null;
};

// All of a document that can be scrolled to.
const allOf = (doc, by) => { const root = doc.scrollingElement ?? doc.documentElement, l = by.x - root.scrollLeft, t = by.y - root.scrollTop; return { l, t, r: l + root.scrollWidth, b: t + root.scrollHeight }; };
// What could have a closed shadow root: elements by names of the page's own, and others that are drawn though nothing is in
// them, or not drawn as what is in them. Each is asked about once, and again when it has become another.
const HOSTS = /-|^(article|aside|blockquote|div|footer|h[1-6]|header|main|nav|p|section|span)$/;
const MOST_SUSPECTS = 200;
const suspected = new WeakMap();
// `idle`: nothing is being done, whatever became of the last action. `part`: the part of this document that the page around it
// shows, when it is a frame.
const COUNTED = `${NATIVE},[onclick],[tabindex]`;
const look = (idle, part, { whole = false, inside = 0 } = {}) => {
  if (idle) end();
  const lines = [], seen = part && !whole ? meet(viewBox(), { l: part[0], t: part[1], r: part[2], b: part[3] }) : viewBox(), view = whole ? allOf(document, { x: 0, y: 0 }) : seen, suspects = [], page = { above: 0, below: 0, left: 0, right: 0 };
  const emitted = new Set();
  let text = null, covered = 0, coverer = null, dropped = 0;

  const push = (line) => { if (lines.length < (whole ? 20 * MOST_LINES : MOST_LINES)) lines.push(line); else dropped++; };
  const flush = () => {
    if (!text) return;
    const { parts, key, d, box, noisy } = text;
    text = null;
    const name = squeeze(parts.join(''));
    if (name) push({ d, k: idOf(key), r: 'text', n: name, b: box, q: noisy });
  };
  const count = (ctx, box) => {
    const { owner, clip } = ctx;
    if (ctx.dead) { if (ctx.dead !== 'none') page[ctx.dead]++; return; }
    if (!owner || box.r - box.l < 1 || box.b - box.t < 1) return;
    if (owner === page && (ctx.fixed || box.r + window.scrollX <= 1 || box.b + window.scrollY <= 1)) return;
    if (box.b <= clip.t + 2) owner.above++;
    else if (box.t >= clip.b - 2) owner.below++;
    else if (box.r <= clip.l + 2) owner.left++;
    else if (box.l >= clip.r - 2) owner.right++;
  };

  // The part of a long text that is inside the clip; lines follow each other downwards.
  const inView = (node, range, clip, by) => {
    const all = shift(range.getBoundingClientRect(), by);
    if (all.t >= clip.t - 1 && all.b <= clip.b + 1) return node.data;
    const box = (from, to) => { range.setStart(node, from); range.setEnd(node, to); return shift(range.getBoundingClientRect(), by); };
    const first = (test) => { let low = 0, high = node.length; while (low < high) { const mid = (low + high) >> 1; if (test(mid)) high = mid; else low = mid + 1; } return low; };
    const start = first((i) => box(i, Math.min(i + 1, node.length)).b > clip.t + 2);
    const end = first((i) => box(i, Math.min(i + 1, node.length)).t > clip.b - 2);
    return node.data.slice(start, end);
  };
  // Inline boxes that touch are one word.
  const edge = (box) => { if (!text) return; text.edge = box; };
  const space = (box) => {
    const last = text?.edge;
    if (!last) return;
    text.edge = null;
    if (box.l - last.r >= 2 || box.l < last.l || box.t >= last.b) text.parts.push(' ');
  };
  const textNode = (node, e, style, ctx) => {
    if (!/\S/.test(node.data)) { if (text) text.parts.push(' '); return; }
    if (ctx.mute || ctx.ghost || style.visibility !== 'visible') return;
    // Far out of view nothing need be measured: what it is in is.
    if (ctx.blockBox && (ctx.blockBox.t > ctx.clip.b + FAR || ctx.blockBox.b < ctx.clip.t - FAR)) { if (!ctx.counted.has(ctx.block)) { ctx.counted.add(ctx.block); count(ctx, ctx.blockBox); } return; }
    const by = ctx.by, range = ownerDocument(node).createRange();
    range.selectNodeContents(node);
    const rects = [...range.getClientRects()].map((box) => shift(box, by));
    if (!rects.length) suspect(e);
    const whole = shift(range.getBoundingClientRect(), by);
    const shown = ctx.dead ? undefined : rects.map((box) => meet(box, ctx.clip)).find((box) => !isEmpty(box));
    if (!shown) { if (!ctx.counted?.has(ctx.block)) { ctx.counted?.add(ctx.block); count(ctx, whole); } return; }
    const y = (shown.t + shown.b) / 2;
    const points = [[(shown.l + shown.r) / 2, y], [shown.l + 2, y], [shown.r - 2, y]];
    let cover = null;
    const real = { left: ctx.real.l, right: ctx.real.r, top: ctx.real.t, bottom: ctx.real.b };
    if (points.every(([x, y]) => { const found = within(real, x, y) ? coverOf(e, x, y) : null; cover ??= found; return found; })) { covered++; coverer = cover; return; }
    if (isUnreadable(e, style, ctx.ground, ...points[0])) return;
    const data = inView(node, range, ctx.clip, by);
    if (!text) text = { parts: [], key: ctx.block, d: ctx.d, box: [shown.l, shown.t, shown.r - shown.l, shown.b - shown.t], noisy: false };
    space(shown);
    text.noisy ||= isNoisy(e);
    text.parts.push(data);
    text.last = shown;
  };

  const control = (e, role, ctx, box, point) => {
    flush();
    emitted.add(e);
    const named = nameOf(e, role);
    const line = { d: ctx.d, id: idOf(e), r: role, n: cut(named.name, 1000), s: statesOf(e, role), vb: verbsOf(e, role), b: [box.l, box.t, box.r - box.l, box.b - box.t], q: isNoisy(e) };
    line.k = line.id;
    const value = valueOf(e, role), hint = hintOf(e, role, named);
    if (value !== null && value !== undefined) line.v = cut(String(value), inside ? 20000 : 4000);
    if (hint) line.h = hint;
    if (localName(e) === 'select') line.o = optionsOf(e).slice(0, inside ? 5000 : 400).map(optionLabel);
    if (!point) line.vb = [];
    push(line);
    return line;
  };
  // A field that is drawn by something else: a label, or paint beneath a transparent input.
  const hasPaint = (e, point) => {
    const by = originOf(ownerDocument(e)), own = boxOf(e), area = Math.max(own.width * own.height, 400);
    return ownerDocument(e).elementsFromPoint(point.x - by.x, point.y - by.y).some((other) => {
      if (other === e || /^(html|body)$/.test(localName(other))) return false;
      const box = boxOf(other);
      if (box.width * box.height > 6 * area) return false;
      const style = styleOf(other);
      return paints(other) || style.borderTopWidth !== '0px' || /^(svg|path|label)$/.test(localName(other)) || squeeze(contentOf(other) ?? '') !== '';
    });
  };
  const isDrawn = (e) => {
    for (let up = e; up; up = parentOf(up)) {
      const style = styleOf(up);
      if (style.display === 'none' || style.opacity === '0' || isCutAway(style)) return false;
      if (up === e && style.visibility !== 'visible') return false;
    }
    const box = boxOf(e);
    return box.width >= 4 && box.height >= 4 && box.right + window.scrollX > 0 && box.bottom + window.scrollY > 0;
  };
  // Whether a field can be shown and used at its own place.
  const standsAlone = (e) => isDrawn(e) || (styleOf(e).display !== 'none' && (() => { const point = pointOf(e, view, seen); return !!point?.box && hitAt(point.x, point.y) === e && hasPaint(e, point); })());

  // Lines of a part of the page, made shorter where structure says nothing: only text is one line, a lone control stands for itself.
  const fold = (e, role, d, from, name, joint) => {
    flush();
    const inner = lines.splice(from);
    if (!inner.length) return;
    const texts = inner.filter((line) => line.r === 'text');
    const joined = squeeze([name, ...texts.map((line) => line.n)].filter(Boolean).join(joint));
    const q = texts.some((line) => line.q) || isNoisy(e);
    if (texts.length === inner.length) { lines.push({ d, k: idOf(e), r: role, n: joined, b: inner[0].b, q }); return; }
    // A row that holds half the page is layout, not a row.
    if (role === 'row' && inner.length > 14) { lines.push(...inner.map((line) => ({ ...line, d: line.d - 1 }))); return; }
    const rest = inner.filter((line) => line.r !== 'text');
    if (!joined && rest.filter((line) => line.d <= d + 1).length === 1) { lines.push(...rest.map((line) => ({ ...line, d: Math.max(line.d - 1, d) }))); return; }
    if (joint === ' ') {
      // Only text before the first control names the item; the rest stays where it is.
      const at = inner.findIndex((line) => line.r !== 'text');
      const head = squeeze([name, ...inner.slice(0, at).map((line) => line.n)].filter(Boolean).join(' '));
      lines.push({ d, k: idOf(e), r: role, n: head, b: inner[0].b, q }, ...inner.slice(at));
      return;
    }
    lines.push({ d, k: idOf(e), r: role, n: joined, b: inner[0].b, q }, ...rest);
  };

  // A list that listens for its items: each of them can be clicked, and dragged.
  const delegated = (e, at) => {
    const line = lines[at], parent = parentOf(e);
    if (!line || line.id || line.r !== 'listitem' || !parent || !heard.has(parent)) return;
    line.id = line.k;
    line.n = nameOf(e, 'listitem').name;
    line.vb = ['click'];
  };
  const children = (e, style, ctx) => {
    for (const kid of kidsOf(e)) {
      if (kid.nodeType === 3) textNode(kid, e, style, ctx);
      else if (isElement(kid)) element(kid, ctx, style);
    }
  };
  const suspect = (e) => {
    if (!e || !HOSTS.test(localName(e)) || shadowOf(e) || suspects.length >= MOST_SUSPECTS) return;
    const box = boxOf(e), now = `${e.childElementCount} ${Math.round(box.width)} ${Math.round(box.height)}`;
    if (suspected.get(e) === now) return;
    suspected.set(e, now);
    suspects.push(idOf(e));
  };
  // A part of the page that lies out of view whole, by the boxes of all that is in it: most of a long page. Its controls are
  // counted, and nothing else is asked of it. What could draw in view without a box of its own out there is walked.
  const isAway = (e, ctx) => {
    if (whole || ctx.dead || ctx.mute || !ctx.owner) return false;
    const away = (box) => box.bottom + ctx.by.y <= seen.t || box.top + ctx.by.y >= seen.b || box.right + ctx.by.x <= seen.l || box.left + ctx.by.x >= seen.r;
    const own = boxOf(e);
    if (own.width < 1 || own.height < 1 || !away(own) || shadowOf(e) || localName(e).includes('-')) return false;
    const inner = query(e, '*');
    for (const one of inner) {
      const name = localName(one);
      if (name.includes('-') || name === 'iframe' || name === 'slot' || shadowOf(one)) return false;
      const box = boxOf(one);
      if ((box.width > 0 || box.height > 0) && !away(box)) return false;
    }
    flush();
    for (const one of [e, ...query(e, COUNTED)]) if (one !== e || matches(e, COUNTED)) count(ctx, shift(boxOf(one), ctx.by));
    return true;
  };
  const element = (e, outer, parentStyle) => {
    const tag = localName(e);
    if (SKIPPED.has(tag)) return;
    if (tag === 'br') { if (text) text.parts.push(' '); return; }
    if (e.firstElementChild && isAway(e, outer)) return;
    const style = styleOf(e);
    if (style.display === 'none') return;
    if (style.contentVisibility === 'hidden') return;
    const shadow = shadowOf(e);
    if (shadow) watch(shadow);
    const fixed = style.position === 'fixed';
    const place = fixed ? { clip: outer.frame, real: outer.frameReal, owner: outer.frameOwner, fixed: true } : style.position === 'absolute' ? outer.abs : outer;
    const box = shift(boxOf(e), outer.by);
    if (!shadow && !outer.dead) {
      if (tag.includes('-') || (!e.firstChild && HOSTS.test(tag) && !isEmpty(meet(box, view)))) suspect(e);
      else if (box.r === box.l && box.b === box.t && style.display !== 'contents' && !Element.prototype.getClientRects.call(e).length) suspect(parentOf(e));
    }
    const ctx = { ...outer, clip: place.clip, real: place.real, owner: place.owner, fixed: fixed || outer.fixed, dead: fixed ? outer.frameDead : place.dead };
    ctx.ghost = outer.ghost || style.opacity === '0' || isCutAway(style);
    const block = isBlock(style.display);
    if (block) { ctx.block = e; ctx.blockBox = box; flush(); }
    else if (style.display.startsWith('inline-') && text) edge(text.edge ?? text.last);
    if (paints(e)) ctx.ground = style.backgroundImage === 'none' && !/^(img|video|canvas)$/.test(tag) && !/rgba/.test(style.backgroundColor) ? style.backgroundColor : null;
    const parentPointer = parentStyle?.cursor === 'pointer';
    const role = roleOf(e, style, parentPointer);

    if (isSvg(e) && tag !== 'svg') { shape(e, tag, ctx, box, style); return; }
    if (tag === 'iframe' || tag === 'frame') { frame(e, ctx, box, style); if (block) flush(); return; }
    if (isControl(role) && !(role === 'option' && tag === 'option') && !(ctx.within && role === 'clickable')) {
      if (controlElement(e, role, ctx, box, style)) { if (block) flush(); return; }
    } else if ((role === 'img' || tag === 'svg') && !ctx.mute) {
      const name = nameOf(e, 'img').name;
      if (name && !ctx.ghost && style.visibility === 'visible') {
        const point = isEmpty(meet(box, ctx.clip)) || ctx.dead ? null : pointOf(e, ctx.clip, ctx.real);
        if (point?.box) { flush(); push({ d: ctx.d, k: idOf(e), r: 'img', n: name, b: [box.l, box.t, box.r - box.l, box.b - box.t], q: isNoisy(e) }); }
        else if (point) { covered++; coverer = point.cover; }
        else count(ctx, box);
      } else if (tag === 'svg' && !ctx.ghost && isDrawing(e, box)) drawing(e, ctx, style);
      return;
    } else if (tag === 'svg') { if (!ctx.mute && !ctx.ghost && isDrawing(e, box)) drawing(e, ctx, style); return; }
    else if ((role === 'progressbar' || role === 'meter') && !ctx.ghost && style.visibility === 'visible' && !isEmpty(meet(box, ctx.clip)) && !ctx.dead) {
      flush();
      push({ d: ctx.d, k: idOf(e), r: role, n: nameOf(e, role).name, v: String(valueOf(e, role) ?? ''), b: [box.l, box.t, box.r - box.l, box.b - box.t], q: isNoisy(e) });
      return;
    }
    descend(e, role, ctx, box, style, tag);
    if (block) flush();
    else if (style.display.startsWith('inline-') && text) edge(box);
  };
  // A drawing is not an icon: it is larger, and made of parts. Its parts that react can be clicked; of the others it is told what
  // there is, unless there are too many of them.
  const isDrawing = (e, box) => box.r - box.l >= 40 && box.b - box.t >= 40 && !isEmpty(meet(box, view));
  const drawing = (e, ctx, style) => {
    flush();
    const shapes = [...query(e, 'circle,ellipse,rect,line,polygon,polyline,path,text,image,use')], few = shapes.filter((part) => !heard.has(part)).length <= 20;
    const inner = { ...ctx, few, within: false };
    for (const kid of childNodes(e)) if (isElement(kid)) element(kid, inner, style);
    flush();
  };
  const shape = (e, tag, ctx, box, style) => {
    if (style.visibility !== 'visible' || /^(defs|clippath|mask|title|desc|style|symbol|marker)$/i.test(tag)) return;
    if (tag === 'text') {
      const name = squeeze(contentOf(e) ?? '');
      if (!name || isEmpty(meet(box, ctx.clip))) return;
      flush();
      const point = heard.has(e) ? pointOf(e, ctx.clip, ctx.real) : null;
      if (point?.box) control(e, 'clickable', ctx, box, true);
      else push({ d: ctx.d, k: idOf(e), r: 'text', n: name, b: [box.l, box.t, box.r - box.l, box.b - box.t], q: isNoisy(e) });
      return;
    }
    if (!SVG_SHAPES.test(tag)) {
      const reacting = heard.has(e) || has(e, 'onclick');
      for (const kid of childNodes(e)) if (isElement(kid)) element(kid, reacting ? { ...ctx, reacting: true } : ctx, style);
      return;
    }
    if (isEmpty(meet({ l: box.l - 1, t: box.t - 1, r: box.r + 1, b: box.b + 1 }, ctx.clip)) || !mainColour(e)) return;
    const reacts = heard.has(e) || has(e, 'onclick') || has(e, 'tabindex') || ctx.reacting || style.cursor === 'pointer';
    const point = reacts ? pointOf(e, ctx.clip, ctx.real) : null;
    if (point?.box) { flush(); control(e, 'clickable', ctx, box, true); }
    else if (reacts && point) { covered++; coverer = point.cover; }
    else if (ctx.few && tag !== 'line') { flush(); push({ d: ctx.d, k: idOf(e), r: 'shape', n: `${lookWords(e)} ${placeWords(e)}`, b: [box.l, box.t, box.r - box.l, box.b - box.t], q: isNoisy(e) }); }
  };
  // Emits a control. False if it is none after all and is to be walked like any other element.
  const controlElement = (e, role, ctx, box, style) => {
    const field = nativeField(e);
    const inner = { ...ctx, mute: true, within: true, d: ctx.d + 1 };
    if (ctx.ghost || style.visibility !== 'visible') {
      if (field && ctx.ghost && !ctx.dead && !isEmpty(meet(box, ctx.clip)) && standsAlone(e)) control(e, role, ctx, box, true);
      else if (!field) children(e, style, { ...ctx, mute: true });
      return true;
    }
    const part = meet(box, ctx.clip);
    const boxes = isEmpty(part) ? [] : boxesOf(e);
    if (ctx.dead || !boxes.some((one) => !isEmpty(meet(one, ctx.clip)))) {
      if (field && !standsAlone(e)) return true;
      if (!field && (box.r - box.l < 2 || box.b - box.t < 2)) return false;
      count(ctx, box);
      return true;
    }
    if (field && !standsAlone(e)) return true;
    const inert = style.pointerEvents === 'none' || closest(e, '[inert]') !== null;
    const point = inert ? null : pointOf(e, ctx.clip, ctx.real);
    if (!inert && !point?.box) { covered++; coverer = point?.cover ?? coverer; return true; }
    const line = control(e, role, ctx, box, !inert);
    const at = lines.length;
    if (role === 'listbox' && !field) { line.vb = []; children(e, style, { ...ctx, d: ctx.d + 1 }); }
    else if (role === 'clickable' && isBranch(e)) {
      const branches = branchesOf(e);
      line.n = ownText(e);
      for (const kid of kidsOf(e)) if (isElement(kid)) element(kid, branches.includes(kid) ? { ...ctx, d: ctx.d + 1 } : inner, style);
      flush();
    } else if (!field && !isEditableRoot(e)) children(e, style, inner);
    // A tab with nothing but a link of the same name in it is one thing to click.
    if (lines.length === at + 1 && isSame(line, lines[at])) lines.length = at;
    return true;
  };
  const isSame = (outer, inner) => {
    const [x, y, w, h] = outer.b, [l, t, r, b] = [inner.b[0], inner.b[1], inner.b[0] + inner.b[2], inner.b[1] + inner.b[3]];
    const reaches = l <= x + w / 2 && x + w / 2 <= r && t <= y + h / 2 && y + h / 2 <= b;
    return reaches && outer.vb.includes('click') && /^(link|button|clickable)$/.test(inner.r) && inner.n === outer.n;
  };
  const frame = (e, ctx, box, style) => {
    if (ctx.mute || ctx.ghost || style.visibility !== 'visible') return;
    const inside = { l: box.l + e.clientLeft, t: box.t + e.clientTop, r: box.l + e.clientLeft + e.clientWidth, b: box.t + e.clientTop + e.clientHeight };
    const clip = meet(inside, ctx.clip), real = meet(inside, ctx.real);
    if (isEmpty(clip) || ctx.dead) { if (box.r - box.l > 20 && box.b - box.t > 20) count(ctx, box); return; }
    flush();
    const doc = frameDocument(e);
    const name = squeeze(attr(e, 'title') ?? '') || squeeze(attr(e, 'aria-label') ?? '') || attr(e, 'src') || '';
    if (!doc?.documentElement) {
      // Drawn by another process, which is asked next.
      const at = contentAt(e);
      push({ d: ctx.d, k: idOf(e), r: 'iframe', n: name, b: [box.l, box.t, box.r - box.l, box.b - box.t], f: { x: at.x, y: at.y, ...clip } });
      return;
    }
    watch(doc);
    const at = lines.length;
    const owner = { above: 0, below: 0, left: 0, right: 0 };
    const by = originOf(doc);
    const own = whole ? allOf(doc, by) : clip;
    const within = { ...ctx, by, clip: own, real, owner, frame: own, frameReal: real, frameOwner: owner, frameDead: ctx.dead, abs: { clip: own, real, owner }, d: ctx.d + 1, block: doc.documentElement, ground: null };
    element(doc.documentElement, within, null);
    flush();
    const line = { d: ctx.d, k: idOf(e), r: 'iframe', n: name, b: [box.l, box.t, box.r - box.l, box.b - box.t] };
    const hint = moreOf(owner);
    if (hint) { line.id = line.k; line.vb = ['scroll']; line.h = hint; }
    if (lines.length > at || hint) lines.splice(at, 0, line);
  };
  const moreOf = (owner) => ['below', 'above', 'right', 'left'].filter((side) => owner[side]).map((side) => `${owner[side]} more ${side === 'right' || side === 'left' ? 'to the ' : ''}${side}`).join(', ');
  const descend = (e, role, ctx, box, style, tag) => {
    const root = tag === 'html' || tag === 'body';
    // Where descendants are cut off.
    let scroller = null;
    if (!root && (style.overflowX !== 'visible' || style.overflowY !== 'visible') && style.display !== 'inline' && style.display !== 'contents') {
      const edge = { l: box.l + e.clientLeft, t: box.t + e.clientTop, r: box.l + e.clientLeft + e.clientWidth, b: box.t + e.clientTop + e.clientHeight };
      const scrolls = (/auto|scroll/.test(style.overflowY) && e.scrollHeight > e.clientHeight + 4) || (/auto|scroll/.test(style.overflowX) && e.scrollWidth > e.clientWidth + 4);
      // Of the whole page what a box scrolls away is a part.
      const clip = whole && scrolls ? ctx.clip : meet(edge, ctx.clip);
      ctx.real = meet(edge, ctx.real);
      if (isEmpty(clip)) {
        if (!ctx.dead) ctx.dead = scrolls || !isEmpty(edge) ? (edge.b <= ctx.clip.t + 2 ? 'above' : edge.t >= ctx.clip.b - 2 ? 'below' : 'none') : 'none';
        if (ctx.owner !== page) ctx.dead = 'none';
      } else {
        ctx.clip = clip;
        ctx.owner = null;
        if (scrolls && !ctx.dead && !ctx.mute) { scroller = { above: 0, below: 0, left: 0, right: 0 }; ctx.owner = scroller; }
      }
    }
    if (style.position !== 'static' || style.transform !== 'none') ctx.abs = { clip: ctx.clip, real: ctx.real, owner: ctx.owner, dead: ctx.dead };
    if (ctx.mute) { children(e, style, ctx); return; }
    const at = lines.length, d = ctx.d;
    if (scroller) {
      flush();
      children(e, style, { ...ctx, d: d + 1 });
      flush();
      const named = referenced(e, 'aria-labelledby') || squeeze(attr(e, 'aria-label') ?? '');
      const line = { d, id: idOf(e), k: idOf(e), r: role && !isControl(role) ? role : tag === 'ul' || tag === 'ol' ? 'list' : 'region', n: named, vb: ['scroll'], h: moreOf(scroller), b: [box.l, box.t, box.r - box.l, box.b - box.t] };
      if (lines.length > at || line.h) lines.splice(at, 0, line);
      return;
    }
    if (tag === 'label') { labelElement(e, ctx, box, style); return; }
    if (role === 'heading') { flush(); children(e, style, { ...ctx, d: d + 1, block: e }); heading(e, d, at); return; }
    if (role === 'listitem') { flush(); children(e, style, { ...ctx, d: d + 1, block: e }); fold(e, 'listitem', d, at, '', ' '); delegated(e, at); return; }
    if (role === 'row') { flush(); children(e, style, { ...ctx, d: d + 1 }); fold(e, 'row', d, at, '', ' | '); return; }
    if (/^(group|radiogroup|dialog|alertdialog|table|grid|form|tablist|menu|toolbar|tree)$/.test(role) || tag === 'form') {
      const name = role === 'group' && tag === 'details' ? '' : nameOf(e, role).name;
      if (name || role === 'dialog' || role === 'alertdialog') {
        flush();
        children(e, style, { ...ctx, d: d + 1 });
        flush();
        if (lines.length > at) lines.splice(at, 0, { d, k: idOf(e), r: role || 'form', n: name, b: [box.l, box.t, box.r - box.l, box.b - box.t] });
        return;
      }
    }
    if (tag === 'legend' || tag === 'caption') { if (nameOf(parentOf(e) ?? e, '').name) return; }
    children(e, style, ctx);
  };
  const heading = (e, d, at) => {
    flush();
    const inner = lines.splice(at);
    const texts = inner.filter((line) => line.r === 'text'), rest = inner.filter((line) => line.r !== 'text');
    if (!texts.length && rest.length === 1) { lines.push({ ...rest[0], d, h: [rest[0].h, 'heading'].filter(Boolean).join('; ') }); return; }
    if (inner.length) lines.push({ d, k: idOf(e), r: 'heading', n: squeeze(texts.map((line) => line.n).join(' ')), b: inner[0].b, q: texts.some((line) => line.q) }, ...rest);
  };
  // A label is told by its field. A field that is drawn only by its label is shown in the label's place.
  const labelElement = (e, ctx, box, style) => {
    const field = e.control;
    if (!field || ctx.ghost || ctx.dead || style.visibility !== 'visible') { children(e, style, ctx); return; }
    const alone = standsAlone(field);
    if (!alone && !emitted.has(field) && (CHECKABLE.has(nativeRole(field)) || field.type === 'file')) {
      const point = isEmpty(meet(box, ctx.clip)) ? null : pointOf(e, ctx.clip, ctx.real);
      if (point?.box) control(field, roleOf(field), ctx, box, true);
      else if (point) { covered++; coverer = point.cover; }
      else count(ctx, box);
      children(e, style, { ...ctx, mute: true });
      return;
    }
    const named = alone && !isDisabledAway(field) && nameOf(field, roleOf(field)).from === 'labels';
    children(e, style, named ? { ...ctx, mute: true } : ctx);
  };
  const isDisabledAway = (field) => { const by = originOf(ownerDocument(field)); return isEmpty(meet(shift(boxOf(field), by), view)); };

  const start = { d: 0, by: { x: 0, y: 0 }, clip: view, real: seen, owner: page, frame: view, frameReal: seen, frameOwner: page, abs: { clip: view, real: seen, owner: page }, block: document.documentElement, counted: new Set(), ground: 'rgb(255, 255, 255)' };
  watch(document);
  const top = inside ? find(inside) : document.documentElement;
  if (top) element(top, inside ? { ...start, by: originOf(ownerDocument(top)) } : start, null);
  flush();
  for (const field of asked) {
    if (!inside && isConnected(field) && !emitted.has(field)) { const line = control(field, 'file', start, { l: 0, t: 0, r: 0, b: 0 }, true); line.h = [line.h, 'the page asked for a file here'].filter(Boolean).join('; '); }
  }
  const notes = [];
  const many = (n, what) => `${n} more element${n === 1 ? '' : 's'} ${what}`;
  if (page.below) notes.push(`${many(page.below, 'below')}: scroll down`);
  if (page.above) notes.push(`${many(page.above, 'above')}: scroll up`);
  if (page.right) notes.push(`${many(page.right, 'to the right')}: scroll right`);
  if (page.left) notes.push(`${many(page.left, 'to the left')}: scroll left`);
  if (covered) notes.push(`${covered} covered by ${describe(coverer, 24)}`);
  if (dropped) notes.push(`${dropped} more elements in view are left out`);
  return { title: document.title, url: location.href, ready: document.readyState, lines, notes, more: moreOf(page), suspects, fresh: untoldRoots.splice(0, 30) };
};
// In a few words, what an element is: for a person who is told that it is in the way.
const describe = (e, most = 80) => {
  if (!e) return 'something';
  let best = e;
  for (let up = e, depth = 0; up && depth < 12; up = parentOf(up), depth++) {
    const role = ariaRole(up) || nativeRole(up);
    if (/^(dialog|alertdialog|alert)$/.test(role) || isControl(role) || /^(fixed|absolute|sticky)$/.test(styleOf(up).position)) { best = up; break; }
  }
  const role = ariaRole(best) || nativeRole(best) || 'box';
  const name = cut(nameOf(best, role).name || visibleText(best, 80) || iconHint(best), most);
  return name ? `${role} ${JSON.stringify(name)}` : `a ${role} without a name`;
};
const asked = new Set();
const ask = (e) => { asked.add(e); };
