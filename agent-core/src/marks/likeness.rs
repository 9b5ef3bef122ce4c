//! How alike two elements are, and whether one is certainly the one that is meant.
//!
//! The figure is a weighted mean over what is known of both, in the manner of Similo. It orders candidates and nothing more. The one
//! decision: an element is acted on without a question only if something speaks for it that a look-alike does not have: the very same
//! name and role, or the very same place in what is sent to the server. A button that stood beside the one that is meant is never it.

use strsim::{normalized_levenshtein, sorensen_dice};

use super::{Candidate, Found, Marks, Wanted};

/// What each mark weighs. Measured by `make heal`.
const ROLE: f64 = 1.0;
const NAME: f64 = 3.0;
const FIELD: f64 = 2.5;
const ID: f64 = 1.5;
const KIND: f64 = 0.8;
const CLASSES: f64 = 0.8;
const HREF: f64 = 2.0;
const FORM: f64 = 1.5;
const NEAR: f64 = 1.5;
const PLACE: f64 = 0.5;

/// A candidate below this is not told of.
const LEAST: f64 = 0.25;

/// From here on a candidate may be the one, if nothing else comes near.
const LIKELY: f64 = 0.62;

/// By how much it must be ahead of the second.
const AHEAD: f64 = 0.12;

/// The same where it is called by another script, so that its name says nothing.
const LIKELY_UNNAMED: f64 = 0.6;

/// Candidates that are told of.
const MOST: usize = 8;

/// Those that may lead to what is hidden, beside them.
const MOST_OPENERS: usize = 8;

/// What a button is called that leads to another part of the same form.
const ONWARD: [&str; 16] = [
    "next",
    "continue",
    "next step",
    "weiter",
    "fortfahren",
    "suivant",
    "siguiente",
    "下一步",
    "继续",
    "back",
    "previous",
    "zurück",
    "précédent",
    "anterior",
    "上一步",
    "返回",
];

/// How alike two elements are, from 0 to 1.
#[must_use]
pub fn score(was: &Marks, now: &Marks) -> f64 {
    let (mut sum, mut weight) = (0.0, 0.0);
    let mut add = |of: f64, alike: Option<f64>| {
        if let Some(alike) = alike {
            sum += of * alike;
            weight += of;
        }
    };
    add(ROLE, Some(roles(&was.role, &now.role)));
    add(NAME, (!is_of_another_script(was, now)).then(|| names(was, now)));
    add(FIELD, both(&was.field, &now.field, |one, other| f64::from(u8::from(one == other))));
    add(ID, both(&was.id, &now.id, |one, other| if one == other { 1.0 } else { sorensen_dice(one, other) * 0.5 }));
    add(KIND, both(&was.kind, &now.kind, |one, other| f64::from(u8::from(one == other))));
    add(CLASSES, (!was.classes.is_empty()).then(|| shared(&was.classes, &now.classes)));
    add(
        HREF,
        both(
            &pattern(&was.href),
            &pattern(&now.href),
            |one, other| if one == other { 1.0 } else { normalized_levenshtein(one, other) * 0.6 },
        ),
    );
    add(FORM, (!was.form.is_empty() || was.submits).then(|| f64::from(u8::from(same_form(was, now) && was.submits == now.submits))));
    add(NEAR, (!was.near.is_empty()).then(|| around(&was.near, &now.near)));
    add(PLACE, Some(place(was, now)));
    if weight > 0.0 { sum / weight } else { 0.0 }
}

/// The candidates in order, with what is certain of them: at most one is sure.
#[must_use]
pub fn verdict(wanted: &Wanted, candidates: &[Candidate]) -> Vec<Found> {
    let fits_row = |one: &&Candidate| wanted.row.is_empty() || in_row(&one.marks.row, &wanted.row);
    let mut scored: Vec<(f64, &Candidate)> = candidates
        .iter()
        .filter(fits_row)
        .map(|one| (wanted.marks.as_ref().map_or(if one.by.is_some() { 1.0 } else { 0.0 }, |was| score(was, &one.marks)), one))
        .filter(|(score, one)| *score >= LEAST || one.by.is_some())
        .collect();
    scored.sort_by(|one, other| other.0.total_cmp(&one.0));
    let sure = sure(wanted, &scored);
    let told = scored.iter().enumerate().map(|(at, (score, one))| (Some(at), *score, *one));
    let openers: Vec<&Candidate> = candidates.iter().filter(|one| leads_on(&one.marks)).collect();
    // In the row that is wanted first.
    let (here, elsewhere): (Vec<&Candidate>, Vec<&Candidate>) =
        openers.into_iter().partition(|one| !wanted.row.is_empty() && in_row(&one.marks.row, &wanted.row));
    let openers = here.into_iter().chain(elsewhere).take(MOST_OPENERS).map(|one| (None, 0.0, one));
    let mut seen = std::collections::BTreeSet::new();
    told.take(MOST)
        .chain(openers)
        .filter(|(_, _, one)| one.r#ref.is_some_and(|r| seen.insert(r)))
        .collect::<Vec<_>>()
        .into_iter()
        .filter_map(|(at, score, one)| {
            Some(Found {
                r#ref: one.r#ref?,
                role: one.marks.role.clone(),
                name: one.marks.name.clone(),
                tag: one.marks.tag.clone(),
                around: if one.marks.row.is_empty() { one.marks.near.first().cloned().unwrap_or_default() } else { one.marks.row.clone() },
                opens: leads_on(&one.marks),
                score: (score * 1000.0).round() / 1000.0,
                by: one.by,
                sure: sure.as_ref().filter(|(place, _)| Some(*place) == at).map(|(_, why)| why.clone()),
            })
        })
        .collect()
}

/// The one that certainly is meant, and why.
fn sure(wanted: &Wanted, scored: &[(f64, &Candidate)]) -> Option<(usize, String)> {
    let Some(was) = &wanted.marks else {
        // A script by somebody else has selectors only: the first one that finds something is what they meant.
        let first = scored.iter().enumerate().filter_map(|(at, (_, one))| Some((one.by?, at))).min()?;
        return Some((first.1, format!("selector {} finds it", first.0 + 1)));
    };
    let only = |fits: &dyn Fn(&Candidate) -> bool| -> Option<usize> {
        let mut all = scored.iter().enumerate().filter(|(_, (_, one))| fits(one) && !is_rival(was, &one.marks));
        let first = all.next()?;
        all.next().is_none().then_some(first.0)
    };
    // In a row that is told by its text, what tells its likes apart is the row.
    let fits = |one: &Marks| compatible(was, one) && (!was.submits || one.submits || !one.form.is_empty());
    let same_name = |one: &Marks| !was.name.is_empty() && normal(&one.name) == normal(&was.name) && one.role == was.role;
    let same_field = |one: &Marks| !was.field.is_empty() && one.field == was.field && same_form(was, one) && sends_alike(was, one);
    if let Some(at) = only(&|one| one.by.is_some() && fits(&one.marks) && (same_name(&one.marks) || same_field(&one.marks))) {
        let by = scored.get(at).and_then(|(_, one)| one.by).unwrap_or_default();
        return Some((at, format!("selector {} finds it", by + 1)));
    }
    if wanted.exactly {
        return None;
    }
    if let Some(at) = only(&|one| same_name(&one.marks) && same_field(&one.marks)) {
        return Some((at, "name and field are the same".to_owned()));
    }
    if let Some(at) = only(&|one| same_name(&one.marks) && fits(&one.marks)) {
        return Some((at, "role and name are the same".to_owned()));
    }
    let same_called = |one: &Marks| !was.name.is_empty() && normal(&one.name) == normal(&was.name) && one.submits == was.submits;
    if let Some(at) = only(&|one| same_called(&one.marks) && compatible(was, &one.marks)) {
        return Some((at, "it is called the same, and does the same".to_owned()));
    }
    // A page often has several links of one name, which lead to the same; as buttons they still do.
    let leads = |one: &Marks| {
        same_called(one)
            && compatible(was, one)
            && one.row.is_empty()
            && one.form.is_empty()
            && (one.href.is_empty() || one.href == was.href)
    };
    if was.role == "link" && was.row.is_empty() && was.form.is_empty() {
        let mut called = scored.iter().enumerate().filter(|(_, (_, one))| same_called(&one.marks));
        let first = called.clone().next();
        if let Some((at, _)) = first.filter(|_| called.all(|(_, (_, one))| leads(&one.marks))) {
            return Some((at, "all that are called so lead to the same".to_owned()));
        }
    }
    if let Some(at) = only(&|one| same_field(&one.marks) && fits(&one.marks) && was.kind != "radio") {
        return Some((at, "it fills the same field of the same form".to_owned()));
    }
    let renamed = |one: &Marks| fits(one) && one.role == was.role && one.submits == was.submits;
    if was.submits && !was.form.is_empty() {
        // The one button that sends the form, where there was one, or where the others are still known.
        let one = only(&|one| renamed(&one.marks) && same_form(was, &one.marks));
        if let Some(at) = one
            && scored.get(at).is_some_and(|(_, one)| nobody_left(was, &one.marks))
        {
            return Some((at, "it is the button that sends this form".to_owned()));
        }
    }
    if !was.href.is_empty() {
        // All that lead to the very same address are the same; what differs in a number only may be of something else.
        let to = |one: &Candidate| renamed(&one.marks) && !is_rival(was, &one.marks) && one.marks.href == was.href;
        let same = scored.iter().position(|(_, one)| to(one));
        if let Some(at) = same.or_else(|| only(&|one| renamed(&one.marks) && pattern(&one.marks.href) == pattern(&was.href))) {
            return Some((at, "it leads to the same address".to_owned()));
        }
    }
    // By its identifier, which a look-alike does not have, as long as what stood beside it is still there.
    if !was.id.is_empty()
        && let Some(at) = only(&|one| one.marks.id == was.id && renamed(&one.marks) && nobody_left(was, &one.marks))
    {
        return Some((at, "it has the same id".to_owned()));
    }
    likely(was, scored)
}

/// One that is far more alike than any other, has no other name than it had in part, and does not change what is sent.
fn likely(was: &Marks, scored: &[(f64, &Candidate)]) -> Option<(usize, String)> {
    let mut of_kind = scored.iter().enumerate().filter(|(_, (_, one))| compatible(was, &one.marks));
    let (at, (best, one)) = of_kind.next()?;
    let second = of_kind.next().map_or(0.0, |(_, (second, _))| *second);
    let least = if is_of_another_script(was, &one.marks) { LIKELY_UNNAMED } else { LIKELY };
    let may = *best >= least && best - second >= AHEAD && !is_rival(was, &one.marks) && nobody_left(was, &one.marks);
    let same_effect = one.marks.submits == was.submits && same_form(was, &one.marks);
    // A name with a word more is how a look-alike is called; a name that is quite another one was changed.
    let extended = !was.name.is_empty() && one.marks.name != was.name && extends(&one.marks.name, &was.name);
    (may && same_effect && (!extended || was.submits)).then(|| (at, format!("it is alike by {best:.2}, the next one by {second:.2}")))
}

/// Whether it may lead to what is hidden.
fn leads_on(marks: &Marks) -> bool {
    marks.closed
        || marks.role == "button"
            && !marks.submits
            && ONWARD.contains(&marks.name.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase().as_str())
}

/// An address with its numbers taken out: they are of one thing only.
fn pattern(href: &str) -> String {
    let mut out = String::new();
    for c in href.chars() {
        match c.is_ascii_digit() {
            true if out.ends_with('#') => {}
            true => out.push('#'),
            false => out.push(c),
        }
    }
    out
}

/// Whether both belong to a form that is sent to the same address. What is drawn anew for each visit is no part of it.
fn same_form(was: &Marks, now: &Marks) -> bool {
    let is_drawn = |part: &str| {
        part.len() >= 16 && part.chars().all(|c| c.is_ascii_hexdigit() || c == '-') && part.contains(|c: char| c.is_ascii_digit())
    };
    let address = |form: &str| form.split('/').map(|part| if is_drawn(part) { "#" } else { part }).collect::<Vec<_>>().join("/");
    was.form == now.form || address(&was.form) == address(&now.form)
}

/// Whether it is called by letters of another script than it was, so that the two names can't be compared.
fn is_of_another_script(was: &Marks, now: &Marks) -> bool {
    let wide = |text: &str| text.chars().filter(|c| c.is_alphabetic()).any(|c| c as u32 >= 0x2E80);
    let letters = |text: &str| text.chars().any(char::is_alphabetic);
    letters(&was.name) && letters(&now.name) && wide(&was.name) != wide(&now.name)
}

/// Whether as many buttons stand beside it as did: if one is gone it may be the very one.
fn nobody_left(was: &Marks, now: &Marks) -> bool {
    now.rivals.len() >= was.rivals.len()
}

/// Whether it is one of those that stood beside the one that is meant.
fn is_rival(was: &Marks, now: &Marks) -> bool {
    let name = normal(&now.name);
    !name.is_empty() && name != normal(&was.name) && was.rivals.iter().any(|rival| normal(rival) == name)
}

fn sends_alike(was: &Marks, now: &Marks) -> bool {
    was.kind == now.kind || !matches!(was.kind.as_str(), "radio" | "checkbox" | "submit")
}

/// Whether one can stand in for the other: what a person does with them is the same.
fn compatible(was: &Marks, now: &Marks) -> bool {
    roles(&was.role, &now.role) >= 0.6
}

fn roles(one: &str, other: &str) -> f64 {
    const LIKE: [&[&str]; 3] = [
        &["button", "link", "menuitem", "tab", "clickable"],
        &["textbox", "searchbox", "spinbutton", "combobox"],
        &["checkbox", "switch", "menuitemcheckbox"],
    ];
    match one == other {
        true => 1.0,
        false if LIKE.iter().any(|alike| alike.contains(&one) && alike.contains(&other)) => 0.6,
        false => 0.0,
    }
}

/// What it is called may stand in its name, its placeholder, or beside it.
fn names(was: &Marks, now: &Marks) -> f64 {
    let called = [&now.name, &now.placeholder].into_iter().chain(now.near.first());
    let known = [&was.name, &was.placeholder];
    let mut best: f64 = 0.0;
    for (one, other) in called.flat_map(|one| known.iter().map(move |other| (one, *other))) {
        if !one.is_empty() && !other.is_empty() {
            best = best.max(texts(one, other));
        }
    }
    if was.name.is_empty() && now.name.is_empty() { 1.0 } else { best }
}

fn texts(one: &str, other: &str) -> f64 {
    let (one, other) = (normal(one), normal(other));
    if one == other {
        return 1.0;
    }
    sorensen_dice(&one, &other).max(if extends(&one, &other) || extends(&other, &one) { 0.75 } else { 0.0 })
}

/// Whether all words of one are in the other, which has more.
fn extends(longer: &str, shorter: &str) -> bool {
    let (longer, shorter) = (normal(longer), normal(shorter));
    let words: Vec<&str> = longer.split(' ').collect();
    !shorter.is_empty() && longer.len() > shorter.len() && shorter.split(' ').all(|word| words.contains(&word))
}

fn both(was: &str, now: &str, alike: impl Fn(&str, &str) -> f64) -> Option<f64> {
    match (was.is_empty(), now.is_empty()) {
        (true, _) => None,
        (false, true) => Some(0.0),
        (false, false) => Some(alike(was, now)),
    }
}

fn shared(was: &[String], now: &[String]) -> f64 {
    let same = was.iter().filter(|class| now.contains(class)).count();
    same as f64 / was.len().max(now.len()).max(1) as f64
}

fn around(was: &[String], now: &[String]) -> f64 {
    let best = |text: &String| now.iter().map(|other| texts(text, other)).fold(0.0, f64::max);
    was.iter().map(best).sum::<f64>() / was.len().max(1) as f64
}

fn place(was: &Marks, now: &Marks) -> f64 {
    let order = if was.order.1 == now.order.1 && was.order.0 == now.order.0 { 1.0 } else { 0.3 };
    let (dx, dy) = (was.place.0 - now.place.0, was.place.1 - now.place.1);
    f64::midpoint(order, 1.0 / (1.0 + dx.hypot(dy) / 200.0))
}

/// A text without case, punctuation at its ends and repeated blanks.
pub(crate) fn normal(text: &str) -> String {
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| matches!(c, '*' | ':' | '…' | '.' | '!' | '?' | ',')).to_lowercase())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

/// Whether the text of a row says what tells it apart, whole words by whole words.
#[must_use]
pub fn in_row(text: &str, wanted: &str) -> bool {
    let (text, wanted) = (format!(" {} ", normal(text)), format!(" {} ", normal(wanted)));
    // Nearly the same is another one: people and articles differ by a letter.
    text.contains(&wanted)
}
