//! The notation of screens: what stands on a line, and what a delta says.

use super::{LineChange, Node, Ref, Screen, State, Tab, Verb, diff};
use crate::testing::{button, text, textbox};

fn inbox() -> Screen {
    let mut star = button(9, "Star");
    star.depth = 2;
    let category = Node {
        r#ref: Some(Ref(5)),
        role: "combobox".to_owned(),
        name: "Category".to_owned(),
        value: Some("Travel".to_owned()),
        states: vec![State::Required, State::Focused],
        verbs: vec![Verb::Select],
        options: vec!["Travel".to_owned(), "Meals".to_owned()],
        ..Node::default()
    };
    let mail = Node {
        depth: 1,
        r#ref: Some(Ref(8)),
        role: "listitem".to_owned(),
        name: "Ana: \"Lunch?\"\ne9 button".to_owned(),
        ..Node::default()
    };
    Screen {
        title: "Inbox".to_owned(),
        url: "https://mail.example/".to_owned(),
        nodes: vec![textbox(4, "Search mail", ""), category, mail, star, text("3 of 120")],
        notes: vec!["41 more below: scroll down".to_owned()],
        tabs: vec![],
    }
}

#[test]
fn a_line_for_each_element_and_no_forged_ones() {
    insta::assert_snapshot!(inbox().render(), @r#"
    Inbox — https://mail.example/
      e4 textbox "Search mail" value=""
      e5 combobox "Category" value="Travel" required focused options=["Travel", "Meals"]
        e8 listitem "Ana: \"Lunch?\"\ne9 button"
          e9 button "Star"
      "3 of 120"
      (41 more below: scroll down)
    "#);
}

#[test]
fn long_text_is_cut_and_the_cut_is_announced() {
    let line = text(&"x".repeat(1000)).line();
    assert!(line.ends_with("… (600 more characters)\""), "{line}");
}

#[test]
fn an_empty_screen_says_so() {
    assert_eq!(Screen::default().render(), "(untitled)\n  (nothing visible)\n");
}

#[test]
fn a_delta_names_what_is_new_changed_and_gone() {
    let old = inbox();
    let mut new = old.clone();
    new.nodes[0].value = Some("lunch".to_owned());
    new.nodes.remove(3);
    new.nodes.push(button(10, "Undo"));
    insta::assert_snapshot!(new.delta(&old).unwrap(), @r#"
    Inbox — https://mail.example/ (what changed)
    ~ e4 textbox "Search mail" value="lunch"
    + e10 button "Undo"
    - e9
    "#);
}

#[test]
fn another_page_is_shown_in_full() {
    let mut new = inbox();
    new.url.push_str("sent");
    assert_eq!(new.delta(&inbox()), None);
}

#[test]
fn a_delta_that_saves_nothing_is_not_sent() {
    let mut new = inbox();
    for (place, node) in new.nodes.iter_mut().enumerate() {
        node.r#ref = Some(Ref(100 + place as u32));
    }
    assert_eq!(new.delta(&inbox()), None);
}

#[test]
fn equal_texts_are_counted() {
    let old = Screen { nodes: vec![text("a"), text("a")], ..Screen::default() };
    let new = Screen { nodes: vec![text("a")], ..Screen::default() };
    assert_eq!(diff(&old, &new), vec![LineChange::Removed { r#ref: None, line: "\"a\"".to_owned() }]);
    assert_eq!(diff(&old, &old), vec![]);
}

#[test]
fn tabs_are_listed_when_there_are_two() {
    let tab = |number, active| Tab { number, title: format!("T{number}"), url: "u:".to_owned(), active };
    let screen = Screen { tabs: vec![tab(1, false), tab(2, true)], ..Screen::default() };
    assert!(screen.render().ends_with("  tabs:\n    1 T1 — u:\n    2 T2 — u: (this one)\n"), "{}", screen.render());
}

#[test]
fn refs_read_and_write_as_text() {
    assert_eq!("e12".parse(), Ok(Ref(12)));
    assert_eq!(serde_json::to_string(&Ref(12)).unwrap(), "\"e12\"");
    for wrong in ["12", "e", "e-1", "f3", ""] {
        assert!(wrong.parse::<Ref>().is_err(), "{wrong}");
    }
}

#[test]
fn only_what_can_be_used_is_offered() {
    let mut screen = inbox();
    assert_eq!(screen.accepting(Verb::Fill), vec![Ref(4)]);
    screen.nodes[0].states.push(State::Disabled);
    assert_eq!(screen.accepting(Verb::Fill), vec![]);
}
