"""Pages with known truth: which controls can be used, which text can be read, in view and on all of the page.

Each row is 40 px high at a place of its own, so what is in view is known without asking any browser. Every control and every text
has a word of its own; what an observation offers is told by these words.
"""
import random

HEIGHT = 40
HIDDEN = ["display", "visibility", "opacity", "clipped", "cut", "left", "covered", "zero", "same-colour"]
SYLLABLES = "ba be bi bo bu da de di do du ka ke ki ko ku la le li lo lu ma me mi mo mu na ne ni no nu ra re ri ro ru ta te ti to tu".split()


class Page:
    """HTML, and the truth: controls and texts as {word: (row, can be seen)}."""

    def __init__(self, name, html, controls, texts, view):
        self.name, self.html, self.controls, self.texts, self.view = name, html, controls, texts, view

    def usable(self, in_view):
        return {w for w, (row, seen) in self.controls.items() if seen and (not in_view or row * HEIGHT + HEIGHT <= self.view)}

    def readable(self, in_view):
        return {w for w, (row, seen) in self.texts.items() if seen and (not in_view or row * HEIGHT + HEIGHT <= self.view)}


def hide(kind, label):
    button = f"<button{{}}>{label}</button>"
    return {
        "display": button.format(" style='display:none'"),
        "visibility": button.format(" style='visibility:hidden'"),
        "opacity": button.format(" style='opacity:0'"),
        "clipped": f"<div style='height:0;overflow:hidden'>{button.format('')}</div>",
        "cut": button.format(" style='clip-path:inset(50%)'"),
        "left": button.format(" style='position:absolute;left:-9999px'"),
        "covered": f"<div style='position:absolute;left:700px;top:4px'>{button.format('')}<div style='position:absolute;inset:-2px;background:#fff'></div></div>",
        "zero": button.format(" style='width:0;height:0;padding:0;border:0;overflow:hidden'"),
        "same-colour": f"<span style='color:#fff;background:#fff'>{label}</span>",
    }[kind]


def page(nodes, seed, view=800):
    draw = random.Random(seed * 1_000_003 + nodes)
    used = set()

    def word():
        while True:
            made = "".join(draw.choice(SYLLABLES) for _ in range(4))
            if made not in used:
                used.add(made)
                return made

    controls, texts, rows, count, row = {}, {}, [], 8, 1
    first = "<button onclick=\"this.nextSibling.textContent = ++window.n + ' times'\">Count</button><span>0 times</span>"
    rows.append(f"<div class=row style='top:0'>{first}</div>")
    while count < nodes:
        said, button, link, field = word(), word(), word(), word()
        texts[said] = (row, True)
        parts = [f"<div><p>{draw.choice(['Order', 'Ticket', 'Report', 'Invoice'])} {said}, {draw.randint(2, 90)} items</p></div>"]
        parts.append(f"<div><div><button type=button onclick='window.n++'><span>Open {button}</span></button></div></div>")
        controls[button] = (row, True)
        count += 8
        if row % 2:
            parts.append(f"<a href='#{link}'>See {link}</a>")
            controls[link] = (row, True)
            count += 1
        if row % 3 == 0:
            parts.append(f"<input aria-label='Note {field}'>")
            controls[field] = (row, True)
            count += 1
        if row % 4 == 0:
            kind = HIDDEN[(row // 4) % len(HIDDEN)]
            lost = word()
            (texts if kind == "same-colour" else controls)[lost] = (row, False)
            parts.append(hide(kind, f"Take {lost}"))
            count += 2
        if row % 8 == 5:
            shown = word()
            controls[shown] = (row, True)
            parts.append(f"<button type=button aria-hidden=true onclick='window.n++'>Show {shown}</button>")
            count += 1
        rows.append(f"<div class=row style='top:{row * HEIGHT}px'>{''.join(parts)}</div>")
        row += 1
    style = ".row{position:absolute;left:8px;width:1200px;height:36px;display:flex;gap:12px;align-items:center}p{margin:0}body{margin:0}"
    html = (f"<!doctype html><html lang=en><title>{nodes} nodes</title><style>{style}</style><body style='height:{row * HEIGHT}px'>"
            f"<script>window.n = 0</script>{''.join(rows)}</body></html>")
    return Page(f"{nodes} nodes", html, controls, texts, view)
