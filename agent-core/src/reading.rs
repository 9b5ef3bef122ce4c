//! What a page or a document says, as data: Markdown, tables and links.
//!
//! A [`Screen`](crate::Screen) is for acting, a [`Reading`] is for understanding. It holds only what a person could see, so what a
//! page hides from people can't speak to a model.

use serde::{Deserialize, Serialize};

/// A page, a part of one, or a PDF document, read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Title of the page; of a PDF its file name.
    pub title: String,
    /// Its address.
    pub url: String,
    /// What it says. Of a page with an article that is the article; of a PDF its pages, each below a heading `Page 3`.
    pub markdown: String,
    /// All tables that are shown, also those outside of the article; tables that only arrange other things are left out.
    pub tables: Vec<Table>,
    /// All links that are shown, in reading order, each address once per text.
    pub links: Vec<Link>,
    /// Whether [`Reading::markdown`] is the article alone, without what stands around it.
    #[serde(default)]
    pub article: bool,
    /// Whether something was left out because it is too much, or because a part of the page did not answer.
    #[serde(default)]
    pub incomplete: bool,
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its caption; empty if it has none.
    #[serde(default)]
    pub caption: String,
    /// Names of its columns; empty if it names none.
    pub header: Vec<String>,
    /// Its rows, all of the same length. A cell over several columns is in the first of them.
    pub rows: Vec<Vec<String>>,
}

/// A link.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its text.
    pub text: String,
    /// Its absolute address.
    pub url: String,
}

impl Reading {
    /// At most `most` characters of it, cut at the end of a line, and how many are left out.
    #[must_use]
    pub fn head(&self, most: usize) -> (&str, usize) {
        let all = self.markdown.chars().count();
        if all <= most {
            return (&self.markdown, 0);
        }
        let end = self.markdown.char_indices().nth(most).map_or(self.markdown.len(), |(at, _)| at);
        let cut = self.markdown.get(..end).unwrap_or_default();
        // A page of one endless line is cut in its middle.
        let line = cut.rfind('\n').filter(|at| *at > end / 2).unwrap_or(end);
        let head = self.markdown.get(..line).unwrap_or_default();
        (head, all - head.chars().count())
    }
}
