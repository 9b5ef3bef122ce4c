//! What an element is, in WAI-ARIA's words, and what can be done with it.
//!
//! The one decision: planners, scripts and prompts know the words of the web. So a desktop's elements have the same ones, and a model
//! that has learned what a `checkbox` is needs to learn nothing.

use atspi::{Role, State};
use handiwork_core::Verb;
use handiwork_core::screen::State as Word;

use super::item::Item;

/// How an element is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// A line with a ref.
    Control(&'static str),
    /// A line with a ref if it has a name; what is in it stands under it.
    Group(&'static str),
    /// Text that is read.
    Text,
    /// Nothing; what is in it stands in its place.
    Through,
    /// Nothing, with all that is in it.
    Not,
}

/// How an element is shown.
pub(crate) fn shown(item: &Item) -> Shown {
    use Shown::{Control, Group, Not, Text, Through};
    match item.role {
        Role::Button | Role::PushButtonMenu | Role::ToggleButton => Control("button"),
        Role::CheckBox => Control("checkbox"),
        Role::RadioButton => Control("radio"),
        Role::ComboBox => Control("combobox"),
        Role::Entry | Role::PasswordText | Role::DateEditor | Role::Autocomplete | Role::Editbar | Role::Text | Role::Terminal => {
            Control("textbox")
        }
        Role::SpinButton => Control("spinbutton"),
        Role::Slider | Role::Dial => Control("slider"),
        Role::MenuItem | Role::TearoffMenuItem | Role::Menu => Control("menuitem"),
        Role::CheckMenuItem => Control("menuitemcheckbox"),
        Role::RadioMenuItem => Control("menuitemradio"),
        Role::PageTab => Control("tab"),
        Role::Link => Control("link"),
        Role::ListItem | Role::DesktopIcon => Control("option"),
        Role::TreeItem => Control("treeitem"),
        Role::TableCell => Control("cell"),
        Role::ColumnHeader | Role::TableColumnHeader => Control("columnheader"),
        Role::RowHeader | Role::TableRowHeader => Control("rowheader"),
        Role::Icon | Role::Canvas | Role::DrawingArea | Role::ImageMap => Control("img"),
        Role::Image => {
            if item.name.is_empty() {
                Not
            } else {
                Control("img")
            }
        }
        Role::List | Role::ListBox => Group("listbox"),
        Role::PageTabList => Group("tablist"),
        Role::Tree | Role::TreeTable => Group("tree"),
        Role::Table => Group("table"),
        Role::TableRow => Group("row"),
        Role::Dialog | Role::FileChooser | Role::ColorChooser | Role::FontChooser | Role::OptionPane => Group("dialog"),
        Role::Alert | Role::Notification | Role::InfoBar => Group("alert"),
        Role::ToolBar => Group("toolbar"),
        Role::StatusBar => Group("status"),
        Role::ProgressBar | Role::LevelBar => Control("progressbar"),
        Role::DocumentText
        | Role::DocumentWeb
        | Role::DocumentFrame
        | Role::DocumentSpreadsheet
        | Role::DocumentPresentation
        | Role::DocumentEmail => Group("document"),
        Role::Form => Group("form"),
        Role::Article => Group("article"),
        Role::Calendar => Group("grid"),
        Role::Label | Role::Static | Role::Caption | Role::AcceleratorLabel | Role::Heading => Text,
        Role::Paragraph => {
            if item.is(State::Editable) {
                Control("textbox")
            } else {
                Text
            }
        }
        Role::ToolTip | Role::ScrollBar | Role::Separator | Role::Ruler => Not,
        // Something unknown that reacts is a control all the same.
        Role::Unknown | Role::Invalid | Role::Extended if item.can.action && item.is(State::Focusable) => Control("clickable"),
        _ => Through,
    }
}

/// Whether text can be put into it.
pub(crate) fn takes_text(item: &Item) -> bool {
    match item.role {
        Role::Entry | Role::PasswordText | Role::SpinButton | Role::DateEditor | Role::Editbar | Role::Autocomplete | Role::Terminal => {
            true
        }
        Role::Text | Role::Paragraph | Role::ComboBox | Role::TableCell => item.is(State::Editable),
        _ => false,
    }
}

/// Whether what it holds is worth reading: what its name tells already is not.
pub(crate) fn text_matters(item: &Item) -> bool {
    takes_text(item)
        || item.role == Role::TableCell
        || matches!(
            item.role,
            Role::Text | Role::Paragraph | Role::Terminal | Role::Label | Role::Static | Role::Heading | Role::DocumentText | Role::Section
        ) && item.name.is_empty()
        || matches!(item.role, Role::Text | Role::Terminal | Role::Paragraph)
}

pub(crate) fn value_matters(role: Role) -> bool {
    matches!(role, Role::Slider | Role::SpinButton | Role::ProgressBar | Role::LevelBar | Role::Dial)
}

/// Whether a person can act on it.
pub(crate) fn is_control(item: &Item) -> bool {
    matches!(shown(item), Shown::Control(_))
}

/// What can be done with it.
pub(crate) fn verbs(item: &Item) -> Vec<Verb> {
    let mut out = Vec::new();
    match item.role {
        Role::CheckBox | Role::RadioButton | Role::CheckMenuItem | Role::RadioMenuItem => out.extend([Verb::Check, Verb::Click]),
        Role::ToggleButton => out.push(Verb::Click),
        Role::ComboBox => out.extend([Verb::Click, Verb::Select]),
        Role::Slider | Role::Dial => out.push(Verb::Fill),
        Role::ProgressBar | Role::LevelBar => {}
        _ if takes_text(item) => out.push(Verb::Fill),
        Role::List | Role::ListBox if item.can.selection => {
            out.push(Verb::Select);
        }
        Role::ColumnHeader | Role::TableColumnHeader | Role::RowHeader | Role::TableRowHeader | Role::Image if item.can.action => {
            out.push(Verb::Click);
        }
        _ if is_control(item) => out.push(Verb::Click),
        _ => {}
    }
    out
}

/// Its states, in words.
pub(crate) fn states(item: &Item) -> Vec<Word> {
    let mut out = Vec::new();
    let is = |state| item.is(state);
    match item.role {
        Role::CheckBox | Role::RadioButton | Role::CheckMenuItem | Role::RadioMenuItem => out.push(match () {
            () if is(State::Indeterminate) => Word::Mixed,
            () if is(State::Checked) => Word::Checked,
            () => Word::Unchecked,
        }),
        Role::ToggleButton if is(State::Pressed) || is(State::Checked) => out.push(Word::Pressed),
        Role::PageTab | Role::ListItem | Role::TableCell | Role::TreeItem | Role::Icon | Role::TableRow if is(State::Selected) => {
            out.push(Word::Selected);
        }
        _ => {}
    }
    if is(State::Expandable) && !matches!(item.role, Role::Frame | Role::Dialog) {
        out.push(if is(State::Expanded) { Word::Expanded } else { Word::Collapsed });
    }
    if is(State::Focused) && is_control(item) {
        out.push(Word::Focused);
    }
    if is(State::Required) {
        out.push(Word::Required);
    }
    if is(State::InvalidEntry) {
        out.push(Word::Invalid);
    }
    if is_control(item) && matches!(item.role, Role::Entry | Role::Text) && !is(State::Editable) {
        out.push(Word::Readonly);
    }
    if !item.is_enabled()
        && is_control(item)
        && !matches!(
            item.role,
            Role::TableCell | Role::ListItem | Role::Icon | Role::Image | Role::DrawingArea | Role::Canvas | Role::ProgressBar
        )
    {
        out.push(Word::Disabled);
    }
    out
}
