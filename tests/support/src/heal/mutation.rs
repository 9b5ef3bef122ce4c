//! Changes to pages, as a redesign makes them: which ones there are, drawn by a seed, and the script that makes them.
//!
//! The one decision: the script works on any page in the browser and is told by CSS selectors what a task needs. So the same changes
//! serve every site, and a page's own listeners and forms go on working, for nodes are moved and not copied.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::draw::Draw;
use super::site::{Site, Target};

/// The parts of the script, in the order in which they are run.
const PARTS: [&str; 7] = [
    include_str!("mutate/base.js"),
    include_str!("mutate/words.js"),
    include_str!("mutate/texts.js"),
    include_str!("mutate/targets.js"),
    include_str!("mutate/layout.js"),
    include_str!("mutate/look.js"),
    include_str!("mutate/main.js"),
];

/// A kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Every id is another; what refers to one is kept right.
    IdsRenamed,
    /// Every class is another, in the style sheets too.
    ClassesRenamed,
    /// Fields, sections, rows and buttons stand in another order.
    OrderChanged,
    /// What the task needs is wrapped in more elements.
    Wrapped,
    /// Elements have other tags: a button is an input or a `div` with a role, a link is a button.
    TagsChanged,
    /// Labels, buttons and headings say the same in other words.
    TextReworded,
    /// A button or link that the task needs is in a closed menu.
    MovedToMenu,
    /// The second half of a form is shown after a press on "Continue".
    SplitOverTwoPages,
    /// Text fields have a placeholder in place of a label.
    LabelForPlaceholder,
    /// Tables are cards and lists are tables; where there is neither, the fields of a form are laid out otherwise.
    TableToCards,
    /// A look-alike button, and a look-alike field, stand beside the right ones.
    DecoyAdded,
    /// Something that the task needs is gone: nobody can do it any more.
    TargetRemoved,
    /// The same, and a look-alike stands in its place.
    TargetRemovedDecoyAdded,
    /// Labels, buttons and headings are in Chinese.
    RenamedChinese,
    /// Banners, promotions and more links.
    NoiseAdded,
    /// Other colours, sizes and places.
    StyleChanged,
    /// Other attributes; the accessible names stay.
    AttributesChanged,
    /// A button shows a picture, and its name is in an attribute.
    IconButton,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::IdsRenamed,
        Self::ClassesRenamed,
        Self::OrderChanged,
        Self::Wrapped,
        Self::TagsChanged,
        Self::TextReworded,
        Self::MovedToMenu,
        Self::SplitOverTwoPages,
        Self::LabelForPlaceholder,
        Self::TableToCards,
        Self::DecoyAdded,
        Self::TargetRemoved,
        Self::TargetRemovedDecoyAdded,
        Self::RenamedChinese,
        Self::NoiseAdded,
        Self::StyleChanged,
        Self::AttributesChanged,
        Self::IconButton,
    ];

    /// In words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::IdsRenamed => "ids renamed",
            Self::ClassesRenamed => "classes renamed",
            Self::OrderChanged => "order changed",
            Self::Wrapped => "wrapped",
            Self::TagsChanged => "tags changed",
            Self::TextReworded => "text reworded",
            Self::MovedToMenu => "moved to a menu",
            Self::SplitOverTwoPages => "split over two pages",
            Self::LabelForPlaceholder => "placeholders for labels",
            Self::TableToCards => "table to cards",
            Self::DecoyAdded => "decoy added",
            Self::TargetRemoved => "target removed",
            Self::TargetRemovedDecoyAdded => "target removed and decoy added",
            Self::RenamedChinese => "renamed in Chinese",
            Self::NoiseAdded => "noise added",
            Self::StyleChanged => "style changed",
            Self::AttributesChanged => "attributes changed",
            Self::IconButton => "icon button",
        }
    }

    /// Whether a person could still do the task.
    #[must_use]
    pub const fn is_possible(self) -> bool {
        !matches!(self, Self::TargetRemoved | Self::TargetRemovedDecoyAdded)
    }

    /// Whether the two make sense together.
    const fn goes_with(self, other: Self) -> bool {
        !matches!(
            (self, other),
            (Self::TextReworded, Self::RenamedChinese)
                | (Self::RenamedChinese, Self::TextReworded)
                | (
                    Self::TargetRemoved | Self::TargetRemovedDecoyAdded | Self::DecoyAdded,
                    Self::TargetRemoved | Self::TargetRemovedDecoyAdded | Self::DecoyAdded
                )
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Changes to the pages of a site. The same one changes a page in the same way each time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mutation {
    /// What is changed.
    pub kinds: Vec<Kind>,
    /// What the details are drawn by.
    pub seed: u64,
}

impl Mutation {
    /// Whether a person could still do the task.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        self.kinds.iter().all(|kind| kind.is_possible())
    }

    /// The script for the pages of `site`, to be run at the end of the body.
    #[must_use]
    pub fn script(&self, site: Site) -> String {
        let config = json!({ "kinds": self.kinds, "seed": self.seed.to_string(), "targets": site.targets() });
        // So that no text of the config can end the script element.
        let config = config.to_string().replace('<', "\\u003c");
        format!("(() => {{\n\"use strict\";\nconst CONFIG = {config};\n{}\n}})();", PARTS.concat())
    }
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<&str> = self.kinds.iter().map(|kind| kind.name()).collect();
        write!(f, "{} (seed {})", kinds.join(" + "), self.seed)
    }
}

impl Site {
    /// `count` mutations, drawn by `seed`: each kind alone, then in pairs, then in threes, and so on from the start.
    #[must_use]
    pub fn mutations(self, seed: u64, count: usize) -> Vec<Mutation> {
        let mut draw = Draw::new(seed, &format!("mutations of {}", self.name()));
        let mut all = Vec::with_capacity(count);
        let mut size = 0;
        while all.len() < count {
            size = size % 3 + 1;
            let mut firsts = Kind::ALL;
            draw.shuffle(&mut firsts);
            for first in firsts {
                let mut kinds = vec![first];
                while kinds.len() < size {
                    let next = draw.one(&Kind::ALL.map(Some));
                    kinds.extend(next.filter(|next| !kinds.contains(next) && kinds.iter().all(|kind| kind.goes_with(*next))));
                }
                // A number that JSON of any reader keeps whole.
                all.push(Mutation { kinds, seed: draw.next() >> 12 });
            }
        }
        all.truncate(count);
        all
    }
}

impl Target {
    /// Whether the task can't be done without it. A link only saves typing an address.
    #[must_use]
    pub fn is_needed(&self) -> bool {
        !matches!(self.step, "link" | "pick")
    }
}
