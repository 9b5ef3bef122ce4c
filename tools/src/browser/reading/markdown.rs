//! From what the script told to HTML, and from that to Markdown, tables and links.
//!
//! A readability algorithm picks the article of a page. The one decision: it is not trusted with the last word. When it left out a
//! table or too much of the prose, the page is no article, and all of it is given.

use dom_query::{Document, NodeRef, Selection};
use dom_smoothie::{Config, Readability};
use handiwork_core::{Link, Reading, Table};
use serde_json::Value;

/// An article has at least this many characters.
const SHORTEST: usize = 400;
/// Part of a page's prose that its article must hold.
const PART: f64 = 0.6;
/// More elements than this are not searched for an article.
const MOST_ELEMENTS: usize = 30_000;
/// Most links and tables that are listed.
const MOST_LINKS: usize = 1000;
const MOST_TABLES: usize = 100;
/// Blocks that Markdown has no word for.
const PLAIN_BLOCKS: &str = "main,header,footer,nav,aside,figure,figcaption,address,details,summary,dt,dd,caption";
/// Where there is no prose.
const AROUND: &str = "a,nav,header,footer,aside,table";

/// Stands for an ampersand in an address: Markdown would write it as an entity. No text has it, it is no character.
const AND: char = '\u{fdd0}';

/// What is to be made into Markdown.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) html: String,
    pub(super) title: String,
    pub(super) url: String,
    /// Whether the article may be chosen; an element is read as it is.
    pub(super) choose: bool,
}

/// HTML of the script's list. Each text goes through `clean` before it is escaped.
pub(super) fn html(items: &[Value], clean: &impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut open: Vec<&str> = Vec::new();
    for item in items {
        match item {
            Value::String(text) => escape(&clean(text), &mut out),
            Value::Array(tag) => {
                let name = tag.first().and_then(Value::as_str).unwrap_or("span");
                out.push('<');
                out.push_str(name);
                for (key, value) in tag.get(1).and_then(Value::as_object).into_iter().flatten() {
                    let value = value.as_str().unwrap_or_default();
                    out.push(' ');
                    out.push_str(key);
                    out.push_str("=\"");
                    escape(&clean(value), &mut out);
                    out.push('"');
                }
                out.push('>');
                open.push(name);
            }
            _ => {
                if let Some(name) = open.pop().filter(|name| !matches!(*name, "br" | "hr")) {
                    out.push_str("</");
                    out.push_str(name);
                    out.push('>');
                }
            }
        }
    }
    out
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            AND => {}
            c => out.push(c),
        }
    }
}

/// Reads it. Computes only, but may take a while on a large page.
pub(super) fn digest(source: &Source) -> Reading {
    let mut title = String::new();
    escape(&source.title, &mut title);
    let page = format!("<!doctype html><html><head><title>{title}</title></head><body>{}</body></html>", source.html);
    let document = Document::from(page.as_str());
    let body = document.select("body");
    let tables = tables(&body);
    let links = links(&body);
    let article = source.choose.then(|| article(&page, &body, &tables)).flatten();
    let is_article = article.is_some();
    let markdown = markdown(&article.unwrap_or(document));
    Reading { title: source.title.clone(), url: source.url.clone(), markdown, tables, links, article: is_article, incomplete: false }
}

/// The article of a page, if it has one.
fn article(page: &str, body: &Selection<'_>, tables: &[Table]) -> Option<Document> {
    if body.select("*").length() > MOST_ELEMENTS {
        return None;
    }
    let config = Config { disable_json_ld: true, max_elements_to_parse: MOST_ELEMENTS, ..Config::default() };
    let found = Readability::new(page, None, Some(config)).ok()?.parse().ok()?;
    let article = Document::from(found.content.as_ref());
    let found = article.select("body");
    let (part, all) = (prose(&found), prose(body));
    let holds = part >= SHORTEST && part as f64 >= PART * all as f64 && self::tables(&found).len() >= tables.len();
    if !holds {
        return None;
    }
    drop(found);
    // The title of an article is told by the title of its page only.
    let heading = body.select("h1");
    if article.select("h1").is_empty() && heading.length() == 1 {
        let mut escaped = String::new();
        escape(&squeeze(&heading.text()), &mut escaped);
        article.select("body").prepend_html(format!("<h1>{escaped}</h1>"));
    }
    Some(article)
}

/// Characters of prose: without links, tables and what stands around.
fn prose(body: &Selection<'_>) -> usize {
    let length = |selection: &Selection<'_>| selection.iter().map(|part| squeeze(&part.text()).chars().count()).sum::<usize>();
    let around = body.select(AROUND);
    let outermost: Vec<NodeRef<'_>> = around
        .nodes()
        .iter()
        .filter(|node| !node.ancestors_it(None).any(|up| around.nodes().iter().any(|other| other.id == up.id)))
        .copied()
        .collect();
    let without: usize = outermost.iter().map(|node| squeeze(&node.text()).chars().count()).sum();
    length(body).saturating_sub(without)
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Markdown of a document, which is changed for it.
fn markdown(document: &Document) -> String {
    // A table that arranges things is no table; one that is drawn has all its cells.
    for table in document.select("table").nodes() {
        if is_data(table) {
            fill(table);
        } else {
            for part in ["caption", "thead", "tbody", "tfoot", "tr", "td", "th"] {
                let own: Vec<NodeRef<'_>> =
                    table.find(&[part]).into_iter().filter(|node| owner(node).is_some_and(|up| up == table.id)).collect();
                own.iter().for_each(|node| node.rename("div"));
            }
            table.rename("div");
        }
    }
    // A caption would be put into the table; it stands before it.
    for caption in document.select("table > caption").nodes() {
        if let Some(table) = caption.parent() {
            caption.rename("p");
            table.insert_before(&caption.id);
        }
    }
    document.select(PLAIN_BLOCKS).rename("div");
    for link in document.select("a[href*='&']").nodes() {
        link.set_attr("href", &link.attr("href").unwrap_or_default().replace('&', &AND.to_string()));
    }
    let text = document.select("body").nodes().first().map(|body| body.md(None).to_string()).unwrap_or_default();
    tidy(&text.replace(AND, "&"))
}

/// Without spaces at the ends of lines and without more than one empty line, except in code.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut code, mut empty) = (false, 0);
    for line in text.lines() {
        let is_fence = line.trim_start().starts_with("```");
        let line = if code { line } else { line.trim_end() };
        code ^= is_fence;
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if code || empty < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.trim().to_owned()
}

/// The table that a node is directly of.
fn owner(node: &NodeRef<'_>) -> Option<dom_query::NodeId> {
    node.ancestors_it(None).find(|up| up.has_name("table")).map(|up| up.id)
}

fn rows_of<'a>(table: &NodeRef<'a>) -> Vec<NodeRef<'a>> {
    table.find(&["tr"]).into_iter().filter(|row| owner(row).is_some_and(|up| up == table.id)).collect()
}

fn cells_of<'a>(row: &NodeRef<'a>) -> Vec<NodeRef<'a>> {
    row.children_it(false).filter(|cell| cell.has_name("td") || cell.has_name("th")).collect()
}

fn span(cell: &NodeRef<'_>) -> usize {
    cell.attr("colspan").and_then(|span| span.trim().parse().ok()).unwrap_or(1_usize).clamp(1, 50)
}

/// Whether a table holds data: at least two columns and nothing large in its cells.
fn is_data(table: &NodeRef<'_>) -> bool {
    if table.descendants_it().any(|node| node.has_name("table")) || table.attr("role").is_some_and(|role| role.as_ref() == "presentation") {
        return false;
    }
    let rows = rows_of(table);
    let cells: Vec<Vec<NodeRef<'_>>> = rows.iter().map(cells_of).collect();
    let wide = cells.iter().any(|row| row.iter().map(span).sum::<usize>() > 1);
    let large = cells.iter().flatten().any(|cell| cell.text().trim().chars().count() > 2000);
    let named = cells.iter().flatten().any(|cell| cell.has_name("th"));
    wide && !large && (rows.len() > 1 || named)
}

/// Gives each row of a table as many cells as the longest has, and a head to a table without one.
fn fill(table: &NodeRef<'_>) {
    let rows = rows_of(table);
    let width = rows.iter().map(|row| cells_of(row).iter().map(span).sum::<usize>()).max().unwrap_or(0);
    for row in rows {
        let cells = cells_of(&row);
        let mut there = cells.len();
        for cell in &cells {
            let more = span(cell) - 1;
            cell.remove_attr("colspan");
            for _ in 0..more {
                cell.insert_after(&cell.tree.new_element("td").id);
                there += 1;
            }
        }
        for _ in there..width {
            row.append_child(&row.tree.new_element("td").id);
        }
        // A title row over all columns is written with cells of the kind that it began with.
        if cells.iter().all(|cell| cell.has_name("th")) && !cells.is_empty() {
            cells_of(&row).iter().for_each(|cell| cell.rename("th"));
        }
    }
}

fn tables(body: &Selection<'_>) -> Vec<Table> {
    body.select("table").nodes().iter().filter(|table| is_data(table)).take(MOST_TABLES).map(table).collect()
}

fn table(table: &NodeRef<'_>) -> Table {
    let caption = table.find(&["caption"]).first().map(|caption| squeeze(&caption.text())).unwrap_or_default();
    let (mut header, mut rows) = (Vec::new(), Vec::new());
    for row in rows_of(table) {
        let cells = cells_of(&row);
        if cells.is_empty() {
            continue;
        }
        let texts: Vec<String> = cells
            .iter()
            .flat_map(|cell| std::iter::once(squeeze(&spaced(cell))).chain(std::iter::repeat_n(String::new(), span(cell) - 1)))
            .collect();
        let is_head = cells.iter().all(|cell| cell.has_name("th"));
        if is_head && header.is_empty() && rows.is_empty() { header = texts } else { rows.push(texts) }
    }
    let width = rows.iter().chain([&header]).map(Vec::len).max().unwrap_or(0);
    rows.iter_mut().for_each(|row| row.resize(width, String::new()));
    if !header.is_empty() {
        header.resize(width, String::new());
    }
    Table { caption, header, rows }
}

/// Text of a node, its blocks and lines apart.
fn spaced(node: &NodeRef<'_>) -> String {
    let mut out = String::new();
    for inner in node.descendants_it() {
        if inner.is_text() {
            out.push_str(&inner.text());
        } else if ["br", "div", "p", "li"].iter().any(|name| inner.has_name(name)) {
            out.push(' ');
        }
    }
    out
}

fn links(body: &Selection<'_>) -> Vec<Link> {
    let mut out: Vec<Link> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for link in body.select("a[href]").nodes() {
        let link = Link { text: squeeze(&spaced(link)), url: link.attr("href").unwrap_or_default().to_string() };
        if out.len() < MOST_LINKS && seen.insert((link.text.clone(), link.url.clone())) {
            out.push(link);
        }
    }
    out
}
