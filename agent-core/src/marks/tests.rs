//! Who is taken for whom: an element that has changed is known again, a look-alike never is.

use super::likeness::{score, verdict};
use super::*;

fn send() -> Marks {
    Marks {
        role: "button".to_owned(),
        name: "Send".to_owned(),
        tag: "button".to_owned(),
        kind: "submit".to_owned(),
        id: "send".to_owned(),
        classes: vec!["btn".to_owned(), "primary".to_owned()],
        form: "POST /send".to_owned(),
        submits: true,
        rivals: vec!["Save draft".to_owned(), "Discard".to_owned()],
        near: vec!["Message".to_owned(), "New message".to_owned()],
        order: (2, 8),
        place: (100.0, 500.0),
        ..Marks::default()
    }
}

fn subject() -> Marks {
    Marks {
        role: "textbox".to_owned(),
        name: "Subject".to_owned(),
        tag: "input".to_owned(),
        kind: "text".to_owned(),
        field: "subject".to_owned(),
        form: "POST /send".to_owned(),
        near: vec!["Subject".to_owned()],
        order: (1, 3),
        ..Marks::default()
    }
}

/// Which of `now` is certainly `was`, by its place.
fn sure(was: &Marks, now: &[(Marks, Option<u32>)], row: &str) -> Option<usize> {
    let candidates: Vec<Candidate> =
        (1..).zip(now).map(|(r, (marks, by))| Candidate { r#ref: Some(crate::screen::Ref(r)), marks: marks.clone(), by: *by }).collect();
    let wanted = Wanted { marks: Some(was.clone()), row: row.to_owned(), ..Wanted::default() };
    let found = verdict(&wanted, &candidates);
    let mut sure = found.iter().filter(|one| one.sure.is_some());
    let one = sure.next().map(|one| one.r#ref.0 as usize - 1);
    assert!(sure.next().is_none(), "{found:?}");
    one
}

fn with(marks: &Marks, change: impl FnOnce(&mut Marks)) -> Marks {
    let mut marks = marks.clone();
    change(&mut marks);
    marks
}

#[test]
fn an_element_that_has_changed_is_known_again() {
    let was = send();
    let draft = with(&was, |m| ("Save draft".clone_into(&mut m.name), m.submits = true, "POST /draft".clone_into(&mut m.form)).1);
    let cases = [
        ("nothing changed", was.clone()),
        ("ids and classes", with(&was, |m| (m.id, m.classes) = ("x7".to_owned(), vec!["zz".to_owned()]))),
        ("reworded", with(&was, |m| "Send message".clone_into(&mut m.name))),
        ("in Chinese", with(&was, |m| (m.name, m.id) = ("发送".to_owned(), String::new()))),
        ("moved", with(&was, |m| (m.place, m.order) = ((900.0, 20.0), (0, 9)))),
    ];
    for (what, now) in cases {
        assert_eq!(sure(&was, &[(draft.clone(), None), (now, None)], ""), Some(1), "{what}");
    }
    let field = subject();
    let renamed = with(&field, |m| (m.name, m.near) = ("主题".to_owned(), Vec::new()));
    assert_eq!(sure(&field, &[(renamed, None)], ""), Some(0), "a field is known by what it is sent as");
}

#[test]
fn a_look_alike_is_never_taken() {
    let was = send();
    let decoy = with(&was, |m| {
        "Send later".clone_into(&mut m.name);
        "button".clone_into(&mut m.kind);
        m.submits = false;
    });
    let draft = with(&was, |m| "Save draft".clone_into(&mut m.name));
    assert_eq!(sure(&was, &[(decoy.clone(), None)], ""), None, "it does not send the form");
    assert_eq!(sure(&was, &[(decoy.clone(), Some(1))], ""), None, "nor if a selector finds it");
    assert_eq!(sure(&was, &[(draft, Some(0))], ""), None, "that one stood beside it");
    let delete = with(&was, |m| ("Remove for ever".clone_into(&mut m.name), m.rivals = vec!["Zurück".to_owned()]).1);
    assert_eq!(sure(&was, &[(delete, None)], ""), None, "one of the three is gone, and who knows which");
    assert_eq!(sure(&was, &[(decoy, None), (was.clone(), None)], ""), Some(1));
    assert_eq!(sure(&was, &[(was.clone(), None), (was.clone(), None)], ""), None, "two are the same");
}

#[test]
fn a_row_is_told_by_its_text() {
    let edit = Marks { role: "button".to_owned(), name: "Edit".to_owned(), tag: "button".to_owned(), ..Marks::default() };
    let row = |text: &str| with(&edit, |m| text.clone_into(&mut m.row));
    let rows = [(row("Ana Lopez admin Edit"), None), (row("Ana Lopez-Ruiz user Edit"), None), (row("Bo user Edit"), None)];
    assert_eq!(sure(&row("Zoe Edit"), &rows, "Bo"), Some(2));
    assert_eq!(sure(&row("Zoe Edit"), &rows, "Ana Lopez"), Some(0), "whole words only");
    assert_eq!(sure(&row("Zoe Edit"), &rows, "Zoe"), None);
    assert_eq!(sure(&row("Zoe Edit"), &rows, ""), None, "one in three is no one");
}

#[test]
fn selectors_alone_do_for_a_script_of_somebody_else() {
    let wanted = Wanted { selectors: vec![vec!["#a".to_owned()], vec!["#b".to_owned()]], ..Wanted::default() };
    let one = |r: u32, by: Option<u32>| Candidate { r#ref: Some(crate::screen::Ref(r)), by, ..Candidate::default() };
    let found = verdict(&wanted, &[one(1, None), one(2, Some(1)), one(3, Some(0))]);
    assert_eq!(found.iter().find(|one| one.sure.is_some()).map(|one| one.r#ref), Some(crate::screen::Ref(3)));
    assert!(verdict(&wanted, &[one(1, None)]).is_empty());
}

#[test]
fn likeness_is_a_share_and_orders() {
    let was = send();
    assert!((score(&was, &was) - 1.0).abs() < 1e-9);
    let near = with(&was, |m| "Send now".clone_into(&mut m.name));
    let far = Marks { role: "link".to_owned(), name: "Help".to_owned(), ..Marks::default() };
    assert!(score(&was, &near) > score(&was, &far) && score(&was, &far) >= 0.0);
}

/// What is drawn anew for each visit is no part of where a form goes; a number is.
#[test]
fn a_form_is_the_same_whatever_token_is_in_its_address() {
    let button = |name: &str, form: &str| Marks {
        role: "button".to_owned(),
        name: name.to_owned(),
        tag: "button".to_owned(),
        form: form.to_owned(),
        submits: true,
        ..Marks::default()
    };
    let was = button("Confirm", "POST /review/dec986dd38bc3eacceb643d4cbd5e801");
    let found = |now: Marks| {
        let wanted = Wanted { marks: Some(was.clone()), ..Wanted::default() };
        let candidate = Candidate { r#ref: Some(crate::screen::Ref(1)), marks: now, by: None };
        verdict(&wanted, &[candidate]).first().and_then(|one| one.sure.clone())
    };
    assert_eq!(
        found(button("确认", "POST /review/0a86dd38bc3eacceb643d4cbd5e80122")).as_deref(),
        Some("it is the button that sends this form")
    );
    assert_eq!(found(button("确认", "POST /review/17")), None);
}

#[test]
fn links_of_one_name_lead_to_the_same_and_those_of_rows_do_not() {
    let link = |role: &str, name: &str, href: &str, row: &str| Marks {
        role: role.to_owned(),
        name: name.to_owned(),
        href: href.to_owned(),
        row: row.to_owned(),
        ..Marks::default()
    };
    let was = link("link", "New claim", "/new", "");
    let found = |now: &[Marks]| {
        let wanted = Wanted { marks: Some(was.clone()), ..Wanted::default() };
        let all: Vec<Candidate> = now
            .iter()
            .zip(1..)
            .map(|(marks, number)| Candidate { r#ref: Some(crate::screen::Ref(number)), marks: marks.clone(), by: None })
            .collect();
        verdict(&wanted, &all).into_iter().find(|one| one.sure.is_some()).map(|one| one.name)
    };
    let claims = link("link", "Claims", "/claims", "");
    assert_eq!(found(&[claims.clone(), was.clone(), was.clone()]).as_deref(), Some("New claim"));
    assert_eq!(
        found(&[claims.clone(), link("button", "New claim", "", ""), link("button", "New claim", "", "")]).as_deref(),
        Some("New claim")
    );
    // Called otherwise, they still lead to the same address.
    let other = link("link", "File one", "/new", "");
    assert_eq!(found(&[claims.clone(), other.clone(), other]).as_deref(), Some("File one"));
    // They lead elsewhere, or stand in rows of their own.
    assert_eq!(found(&[link("link", "New claim", "/a", ""), link("link", "New claim", "/b", "")]), None);
    assert_eq!(found(&[link("button", "New claim", "", "Ana"), link("button", "New claim", "", "Bo")]), None);
}
