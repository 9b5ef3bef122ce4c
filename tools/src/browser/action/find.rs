//! Find and expand: what is on the page but not in view, told without touching anything.

use handiwork_core::{Change, Context, Node, Reason, Receipt, Resolved, Screen};

use super::super::Browser;
use super::super::cdp::Until;
use super::super::screen::Scope;
use super::Halt;
use super::wait::fold;

/// Most places that are told of.
const MOST: usize = 12;
/// Most characters that are told at once.
const MOST_TEXT: usize = 20_000;

impl Browser {
    pub(super) async fn find_text(&self, cx: &Context, text: &str, until: Until) -> Result<Receipt, Halt> {
        let wanted = fold(text);
        if wanted.is_empty() {
            return Err(Reason::BadArguments { problem: "say which text to find".to_owned() }.into());
        }
        let screen = self.show_scope(cx, Scope::Whole, until).await.map_err(Halt::before)?;
        let found: Vec<&Node> = screen.nodes.iter().filter(|node| holds(node, &wanted)).collect();
        if found.is_empty() {
            return Err(Reason::NotFound { text: text.to_owned() }.into());
        }
        let (_, height) = self.viewport();
        let mut out = format!("{} found", count(found.len(), "place"));
        for node in found.iter().take(MOST) {
            let way = match node.rect {
                rect if rect.y + rect.h <= 0.0 => " (above: scroll up)",
                rect if rect.y >= f64::from(height) => " (below: scroll down)",
                _ => "",
            };
            out = format!("{out}\n{}{way}", node.line());
        }
        if found.len() > MOST {
            out = format!("{out}\n({} more)", found.len() - MOST);
        }
        Ok(told(out))
    }

    pub(super) async fn expand(&self, cx: &Context, resolved: &Resolved, until: Until) -> Result<Receipt, Halt> {
        let found = self.again_found(cx, resolved, until).await?;
        let screen = self.show_scope(cx, Scope::Inside(found.token, found.id), until).await.map_err(Halt::before)?;
        Ok(told(clip(lines(&screen))))
    }
}

fn told(text: String) -> Receipt {
    Receipt::Verified { changes: vec![Change::Told { text }] }
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn clip(text: String) -> String {
    match text.char_indices().nth(MOST_TEXT) {
        Some((at, _)) => {
            let left = text.len() - at;
            format!("{}\n({left} more bytes; read a part of it by its ref)", text.get(..at).unwrap_or_default())
        }
        None => text,
    }
}

fn lines(screen: &Screen) -> String {
    let lines: Vec<String> =
        screen.nodes.iter().map(|node| format!("{}{}", "  ".repeat(usize::from(node.depth)), node.whole_line())).collect();
    lines.join("\n")
}

fn holds(node: &Node, wanted: &str) -> bool {
    let parts = [node.name.as_str(), node.hint.as_str(), node.value.as_deref().unwrap_or_default()];
    parts.iter().any(|part| fold(part).contains(wanted)) || node.options.iter().any(|option| fold(option).contains(wanted))
}
