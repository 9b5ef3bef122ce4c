// What a document says, all of it and not only what is in view: a flat list of tags and texts, without what a person can't come to
// see by scrolling. Nothing here changes or scrolls the page.

const READ_MOST = 400000, READ_DEPTH = 150;
const READ_TAGS = new Set('h1 h2 h3 h4 h5 h6 p ul ol li dl dt dd table caption thead tbody tfoot tr td th blockquote pre code a em strong b i u s del ins sub sup mark small q cite abbr kbd samp var figure figcaption article section main header footer nav aside details summary address time'.split(' '));
const READ_ROLES = { table: 'table', grid: 'table', treegrid: 'table', row: 'tr', cell: 'td', gridcell: 'td', columnheader: 'th', rowheader: 'th', list: 'ul', listitem: 'li', article: 'article', navigation: 'nav', complementary: 'aside', contentinfo: 'footer', banner: 'header', main: 'main', paragraph: 'p' };
const readTag = (e, tag, style) => {
  const role = ariaRole(e);
  if (role === 'heading') return 'h' + Math.min(6, Math.max(1, Number(attr(e, 'aria-level')) || 2));
  if (READ_TAGS.has(tag)) return tag;
  return READ_ROLES[role] ?? (isBlock(style.display) ? 'div' : 'span');
};
const ENDLESS = { l: -Infinity, t: -Infinity, r: Infinity, b: Infinity };
const serialise = (id) => {
  const out = [], suspects = [];
  let left = READ_MOST, incomplete = false, painters = null;
  const say = (text) => {
    if (left <= 0) { incomplete = true; return; }
    if (text.length > left) { incomplete = true; text = text.slice(0, left); }
    left -= text.length;
    if (typeof out.at(-1) === 'string') out.push(out.pop() + text); else out.push(text);
  };
  // Boxes are in the coordinates of their document, so that it does not matter how far it is scrolled.
  const scrollOf = (doc) => ({ x: doc.defaultView?.scrollX ?? 0, y: doc.defaultView?.scrollY ?? 0 });
  // The part of a document that can be scrolled to.
  const reach = (doc) => {
    const root = doc.documentElement, style = styleOf(root), body = doc.body && styleOf(doc.body), view = doc.defaultView;
    const locked = /hidden|clip/.test(style.overflowX) || (style.overflowX === 'visible' && body && /hidden|clip/.test(body.overflowX));
    const rtl = style.direction === 'rtl', wide = view.innerWidth;
    return { l: rtl && !locked ? -Infinity : 0, t: 0, r: locked || rtl ? wide : Infinity, b: Infinity };
  };
  // Whether something other than what e stands in is painted beneath it: text is then not on the ground that its ancestors give.
  const isPainted = (e, x, y, scroll) => {
    const doc = ownerDocument(e);
    painters ??= new Map();
    if (!painters.has(doc)) painters.set(doc, [...doc.querySelectorAll('*')].filter((other) => (/^(img|video|canvas|picture|svg)$/.test(localName(other)) || /absolute|fixed/.test(styleOf(other).position)) && (localName(other) === 'svg' || paints(other))).slice(0, 2000));
    return painters.get(doc).some((other) => !contains(other, e) && within(boxOf(other), x - scroll.x, y - scroll.y));
  };
  const isUnseen = (e, style, ctx, box) => {
    if (parseFloat(style.fontSize) < 2 || /rgba\(.*,\s*0(\.0\d*)?\)$/.test(style.color)) return style.webkitBackgroundClip !== 'text';
    const x = (box.l + box.r) / 2, y = (box.t + box.b) / 2;
    if (ctx.ground && style.color === ctx.ground && !isPainted(e, x, y, ctx.scroll)) return true;
    // What lies over it and moves with it hides it for good; a bar that stays where it is while the page is scrolled does not.
    const by = originOf(ownerDocument(e)), at = { x: x - ctx.scroll.x + by.x, y: y - ctx.scroll.y + by.y }, view = viewBox();
    if (at.x <= view.l || at.x >= view.r || at.y <= view.t || at.y >= view.b) return false;
    const cover = coverOf(e, at.x, at.y);
    if (!cover) return false;
    for (let up = cover; up; up = parentOf(up)) if (/fixed|sticky/.test(styleOf(up).position) || /^(dialog|alertdialog)$/.test(ariaRole(up) || nativeRole(up))) return false;
    return true;
  };
  const shown = (node, e, style, ctx) => {
    const range = ownerDocument(e).createRange();
    range.selectNodeContents(node);
    const rects = [...range.getClientRects()].map((box) => shift(box, ctx.scroll));
    const box = rects.map((rect) => meet(rect, ctx.clip)).find((rect) => !isEmpty(rect));
    if (!box || isUnseen(e, style, ctx, box)) return '';
    const all = shift(range.getBoundingClientRect(), ctx.scroll);
    if (all.t >= ctx.clip.t - 1 && all.b <= ctx.clip.b + 1) return node.data;
    // A long text of which only some lines are let through.
    const at = (i) => { range.setStart(node, i); range.setEnd(node, Math.min(i + 1, node.length)); return shift(range.getBoundingClientRect(), ctx.scroll); };
    const first = (test) => { let low = 0, high = node.length; while (low < high) { const mid = (low + high) >> 1; if (test(mid)) high = mid; else low = mid + 1; } return low; };
    return node.data.slice(first((i) => at(i).b > ctx.clip.t + 2), first((i) => at(i).t > ctx.clip.b - 2));
  };
  const textNode = (node, e, style, ctx) => {
    if (style.visibility !== 'visible') return;
    if (!/\S/.test(node.data)) { say(ctx.pre ? node.data : ' '); return; }
    const text = shown(node, e, style, ctx);
    if (!text) return;
    if (ctx.pre) { say(text); return; }
    const lines = /^(pre|break)/.test(style.whiteSpace) ? text.split('\n') : [text];
    lines.forEach((line, i) => { if (i) out.push(['br'], 0); say(line.replace(/[\s\u200b\u00ad\ufeff]+/g, ' ')); });
  };
  const field = (e) => {
    const tag = localName(e), role = roleOf(e);
    if (tag === 'input' && /^(hidden|file|image)$/.test(e.type)) return;
    if (CHECKABLE.has(role)) { say({ checked: '☑ ', mixed: '◪ ' }[checkedState(e)] ?? '☐ '); return; }
    const value = tag === 'input' && /^(button|submit|reset)$/.test(e.type) ? nameOf(e, role).name : valueOf(e, role);
    if (!value) return;
    const lines = String(value).split('\n');
    say(' ');
    lines.forEach((line, i) => { if (i) out.push(['br'], 0); say(line); });
    say(' ');
  };
  const suspect = (e, tag) => {
    if (shadowOf(e) || suspects.length >= MOST_SUSPECTS || !HOSTS.test(tag) || !(tag.includes('-') || !e.firstChild)) return;
    const box = boxOf(e), now = `${e.childElementCount} ${Math.round(box.width)} ${Math.round(box.height)}`;
    if (suspected.get(e) === now) return;
    suspected.set(e, now);
    suspects.push(idOf(e));
  };
  const drawnIn = (e, ctx) => !isEmpty(meet(shift(boxOf(e), ctx.scroll), ctx.clip));
  const children = (e, style, ctx) => {
    for (const kid of kidsOf(e)) {
      if (left <= 0) { incomplete = true; return; }
      if (kid.nodeType === 3) textNode(kid, e, style, ctx);
      else if (isElement(kid)) element(kid, ctx);
    }
  };
  const element = (e, outer) => {
    const tag = localName(e);
    if (SKIPPED.has(tag)) return;
    if (tag === 'br' || tag === 'hr') { out.push([tag], 0); return; }
    const style = styleOf(e);
    if (style.display === 'none' || style.contentVisibility === 'hidden' || style.opacity === '0' || isCutAway(style)) return;
    suspect(e, tag);
    const isShown = style.visibility === 'visible';
    const ctx = { ...outer, depth: outer.depth + 1 };
    if (style.position === 'fixed') ctx.clip = ctx.frame;
    else if (style.position === 'absolute') ctx.clip = ctx.abs;
    if (tag === 'iframe' || tag === 'frame') {
      if (!isShown || !drawnIn(e, ctx)) return;
      const doc = frameDocument(e);
      out.push(['div']);
      if (doc?.documentElement) documentOf(doc, ctx.depth); else out.push(idOf(e));
      out.push(0);
      return;
    }
    if (nativeField(e)) { if (isShown && drawnIn(e, ctx)) field(e); return; }
    if (hiddenFields.has(e)) { say(valueOf(e, 'textbox') ?? ''); return; }
    if (/^(img|svg|canvas|video|audio|object|embed|progress|meter)$/.test(tag)) {
      if (!isShown || !drawnIn(e, ctx)) return;
      if (tag === 'progress' || tag === 'meter') { say(` ${valueOf(e, tag) ?? ''} `); return; }
      const name = cut(squeeze(nameOf(e, 'img').name), 200);
      if (name) say(` (image: ${name})`);
      return;
    }
    if (paints(e)) ctx.ground = style.backgroundImage === 'none' && !/rgba/.test(style.backgroundColor) ? style.backgroundColor : null;
    // Where what is inside is cut off for good; what can be scrolled can be seen.
    if (!/^(html|body)$/.test(tag) && style.display !== 'inline' && style.display !== 'contents' && (style.overflowX !== 'visible' || style.overflowY !== 'visible')) {
      const box = shift(boxOf(e), ctx.scroll), free = !isEmpty(meet(box, ctx.clip));
      const x = free && /auto|scroll/.test(style.overflowX), y = free && /auto|scroll/.test(style.overflowY);
      ctx.clip = meet(ctx.clip, { l: x ? -Infinity : box.l, r: x ? Infinity : box.r, t: y ? -Infinity : box.t, b: y ? Infinity : box.b });
      if (x) { ctx.clip.l = -Infinity; ctx.clip.r = Infinity; }
      if (y) { ctx.clip.t = -Infinity; ctx.clip.b = Infinity; }
    }
    if (style.position !== 'static' || style.transform !== 'none') ctx.abs = ctx.clip;
    if (/^(html|body)$/.test(tag) || ctx.depth > READ_DEPTH) { children(e, style, ctx); return; }
    const name = readTag(e, tag, style), told = {};
    ctx.pre = outer.pre || name === 'pre';
    for (const key of ['id', 'class', 'itemprop', 'colspan', 'start', 'role']) if (has(e, key)) told[key] = cut(attr(e, key), 200);
    if (name === 'a' && has(e, 'href') && typeof e.href === 'string' && /^(https?|mailto|tel|ftp):/.test(e.href)) told.href = cut(e.href, 4000);
    const apart = style.display.startsWith('inline-');
    if (apart) say(' ');
    out.push([name, told]);
    children(e, style, ctx);
    out.push(0);
    if (apart) say(' ');
  };
  const documentOf = (doc, depth) => {
    const scroll = scrollOf(doc), clip = reach(doc), view = doc.defaultView;
    const frame = { l: scroll.x, t: scroll.y, r: scroll.x + view.innerWidth, b: scroll.y + view.innerHeight };
    element(doc.documentElement, { depth, scroll, clip, abs: clip, frame, pre: false, ground: 'rgb(255, 255, 255)' });
  };
  const e = id ? find(id) : null;
  if (id && !e) return null;
  if (!e) { if (document.documentElement) documentOf(document, 0); }
  else {
    // What stands around an element decides what of it can be seen.
    const doc = ownerDocument(e), scroll = scrollOf(doc), view = doc.defaultView;
    let ground = 'rgb(255, 255, 255)';
    for (let up = parentOf(e); up; up = parentOf(up)) if (paints(up)) { const style = styleOf(up); ground = style.backgroundImage === 'none' && !/rgba/.test(style.backgroundColor) ? style.backgroundColor : null; break; }
    const frame = { l: scroll.x, t: scroll.y, r: scroll.x + view.innerWidth, b: scroll.y + view.innerHeight };
    element(e, { depth: 0, scroll, clip: ENDLESS, abs: ENDLESS, frame, pre: closest(e, 'pre') !== null, ground });
  }
  return { title: document.title, url: location.href, type: document.contentType, items: out, suspects, incomplete };
};
