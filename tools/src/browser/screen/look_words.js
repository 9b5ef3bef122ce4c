// What has no name is described as a person would: by colour, shape and size. Colours are those of a small box of paints, by
// their nearest neighbour; shades of one colour are told apart by light and dark.

const PAINTS = [['black', 0, 0, 0], ['white', 255, 255, 255], ['grey', 128, 128, 128], ['red', 255, 0, 0], ['orange', 255, 165, 0], ['yellow', 255, 255, 0], ['lime', 0, 255, 0], ['green', 0, 128, 0], ['olive', 128, 128, 0], ['teal', 0, 128, 128], ['cyan', 0, 255, 255], ['blue', 0, 0, 255], ['navy', 0, 0, 128], ['purple', 128, 0, 128], ['magenta', 255, 0, 255], ['pink', 255, 192, 203], ['brown', 139, 69, 19], ['maroon', 128, 0, 0]];
const channels = (colour) => { const found = /rgba?\(([\d.]+),\s*([\d.]+),\s*([\d.]+)(?:,\s*([\d.]+))?\)/.exec(colour ?? ''); return found ? { rgb: found.slice(1, 4).map(Number), alpha: found[4] === undefined ? 1 : Number(found[4]) } : null; };
const toHsl = ([r, g, b]) => {
  const high = Math.max(r, g, b) / 255, low = Math.min(r, g, b) / 255, light = (high + low) / 2, span = high - low;
  if (!span) return [0, 0, light];
  const s = span / (1 - Math.abs(2 * light - 1)), [x, y, z] = [r / 255, g / 255, b / 255];
  const h = high === x ? ((y - z) / span + 6) % 6 : high === y ? (z - x) / span + 2 : (x - y) / span + 4;
  return [h * 60, s, light];
};
const HUES = [[15, 'red'], [42, 'orange'], [68, 'yellow'], [165, 'green'], [200, 'cyan'], [255, 'blue'], [285, 'purple'], [330, 'magenta'], [345, 'pink'], [361, 'red']];
// A colour in words; '' for none. A paint that is exactly one of the box has its own name.
const colourName = (colour) => {
  const found = channels(colour);
  if (!found || found.alpha < 0.1) return '';
  const exact = PAINTS.find(([, ...rgb]) => rgb.every((part, i) => Math.abs(part - found.rgb[i]) <= 2));
  if (exact) return exact[0];
  const [hue, strength, light] = toHsl(found.rgb);
  if (light > 0.95) return 'white';
  if (light < 0.08) return 'black';
  if (strength < 0.12) return light > 0.7 ? 'light grey' : light < 0.35 ? 'dark grey' : 'grey';
  let name = HUES.find(([end]) => hue < end)[1];
  if (name === 'orange' && light < 0.4) return 'brown';
  return `${light > 0.7 ? 'light ' : light < 0.3 ? 'dark ' : ''}${name}`;
};
// What one sees of an element before anything else: its ground, else its text's colour, else its border's.
const mainColour = (e) => {
  const style = styleOf(e);
  if (isSvg(e)) return colourName(style.fill) || colourName(style.stroke);
  const ground = colourName(style.backgroundColor);
  if (ground) return ground;
  if (style.borderTopWidth !== '0px' && style.borderTopStyle !== 'none') return colourName(style.borderTopColor);
  return '';
};
const sizeWords = (box) => `${Math.round(box.width)}×${Math.round(box.height)}`;
const SVG_SHAPES = /^(circle|ellipse|rect|line|polygon|polyline|path|text|image|use)$/;
const shapeWord = (e) => {
  const tag = localName(e), box = boxOf(e), style = styleOf(e), even = Math.abs(box.width - box.height) <= Math.max(2, box.width * 0.08);
  if (tag === 'circle' || (tag === 'ellipse' && even)) return 'circle';
  if (tag === 'ellipse') return 'ellipse';
  if (tag === 'polygon') { const corners = (e.points?.numberOfItems ?? 0); return { 3: 'triangle', 4: even ? 'diamond' : 'quadrilateral', 5: 'pentagon', 6: 'hexagon' }[corners] ?? `polygon with ${corners} corners`; }
  if (tag === 'line' || tag === 'polyline') return 'line';
  if (tag === 'path') return 'drawing';
  const radius = parseFloat(style.borderTopLeftRadius) || 0;
  if (tag !== 'rect' && (style.borderTopLeftRadius.endsWith('%') ? radius >= 50 : radius >= Math.min(box.width, box.height) / 2 - 1) && radius > 0) return even ? 'circle' : 'ellipse';
  return even ? 'square' : 'rectangle';
};
// In a few words, how it looks.
const lookWords = (e) => [mainColour(e), shapeWord(e)].filter(Boolean).join(' ');
const placeWords = (e) => { const box = shift(boxOf(e), originOf(ownerDocument(e))); return `${Math.round(box.r - box.l)}×${Math.round(box.b - box.t)} at ${Math.round((box.l + box.r) / 2)},${Math.round((box.t + box.b) / 2)}`; };
// A control with nothing written on it: how it looks, how large it is and where its middle is. What holds a picture has that.
const bareLook = (e) => {
  if (localName(e) === 'canvas') return placeWords(e);
  if (query(e, 'img,svg,canvas,i').length || (!isSvg(e) && styleOf(e).backgroundImage !== 'none')) return '';
  return `${lookWords(e)} ${placeWords(e)}`;
};
const paintOf = (e) => [e, ...query(e, '*')].slice(0, 12).map((part) => { const s = styleOf(part); return [s.backgroundColor, s.backgroundImage, s.color, s.borderTopColor, s.borderTopWidth, s.opacity, s.fill, s.visibility].join(); }).join('|');
const marksOf = (e) => [parentOf(e), e, ...query(e, '*')].slice(0, 14).map((part) => (part ? `${attr(part, 'class')}¦${attr(part, 'style')}¦${attr(part, 'fill')}` : '')).join('|');
const paintWords = (e) => { const style = styleOf(e), ground = colourName(style.backgroundColor), border = style.borderTopWidth === '0px' ? '' : `${colourName(style.borderTopColor)} border`, text = colourName(style.color); return [ground || (isSvg(e) && mainColour(e)), border, text && `${text} text`].filter(Boolean).join(', ') || 'plain'; };
const painted = new WeakMap();
// How an element looks with the mouse over it, right before a click.
const notePaint = (id) => { const e = find(id); if (e) painted.set(e, { paint: paintOf(e), marks: marksOf(e), words: paintWords(e) }); };
// How it looked and looks, when a script has changed its marks and that shows: what the mouse or the focus alone do to it does not count.
const repaintOf = (e) => {
  const was = painted.get(e);
  if (!was || was.marks === marksOf(e) || was.paint === paintOf(e)) return null;
  const now = paintWords(e);
  return [was.words, now === was.words ? 'another look' : now];
};
const pictureOf = (e) => {
  if (localName(e) !== 'canvas') return null;
  try { const data = e.toDataURL(); let sum = 0; for (let i = 0; i < data.length; i++) sum = (sum * 31 + data.charCodeAt(i)) | 0; return `${data.length} ${sum}`; } catch { return null; }
};
