//! Which conversation a request belongs to.

use llama_cpp_2::token::LlamaToken;

use crate::model::local::slots::Slots;
use crate::model::protocol::{Role, Turn};

fn turns(all: &[&str]) -> Vec<Turn> {
    let role = |index: usize| [Role::System, Role::User, Role::Assistant][if index == 0 { 0 } else { 1 + (index + 1) % 2 }];
    all.iter().enumerate().map(|(index, content)| Turn { role: role(index), content: (*content).to_owned() }).collect()
}

/// Takes and puts back; returns which it was.
fn ask(slots: &mut Slots, all: &[&str]) -> i32 {
    let slot = slots.take(&turns(all));
    let sequence = slot.sequence;
    slots.put(slot);
    sequence
}

#[test]
fn two_conversations_in_turn_keep_their_places() {
    let mut slots = Slots::new(2);
    let first = ask(&mut slots, &["s", "book a flight"]);
    let second = ask(&mut slots, &["s", "buy a book"]);
    assert_ne!(first, second);
    assert_eq!(ask(&mut slots, &["s", "book a flight", "r", "screen"]), first);
    assert_eq!(ask(&mut slots, &["s", "buy a book", "r", "screen"]), second);
    // The same again, and with more said in the last turn.
    assert_eq!(ask(&mut slots, &["s", "buy a book", "r", "screen"]), second);
    assert_eq!(ask(&mut slots, &["s", "book a flight", "r", "screen\nand a note"]), first);
}

#[test]
fn a_third_one_takes_the_place_that_rested_longest() {
    let mut slots = Slots::new(2);
    let first = ask(&mut slots, &["s", "a"]);
    let second = ask(&mut slots, &["s", "b"]);
    assert_eq!(ask(&mut slots, &["s", "a", "r", "go on"]), first);
    assert_eq!(ask(&mut slots, &["s", "c"]), second);
    // What was said differs from what that place holds, so it is another conversation.
    assert_eq!(ask(&mut slots, &["s", "a", "other", "go on"]), first);
}

#[test]
fn with_one_place_everything_goes_there() {
    let mut slots = Slots::new(0);
    assert_eq!([ask(&mut slots, &["s", "a"]), ask(&mut slots, &["t", "b"]), ask(&mut slots, &["u"])], [0, 0, 0]);
}

#[test]
fn the_longest_common_beginning_is_lent() {
    let tokens = |all: &[i32]| all.iter().map(|id| LlamaToken(*id)).collect::<Vec<_>>();
    let mut slots = Slots::new(3);
    for (name, held) in [("a", tokens(&[1, 2, 3, 4])), ("b", tokens(&[1, 2, 9]))] {
        let mut slot = slots.take(&turns(&["s", name]));
        slot.held = held;
        slots.put(slot);
    }
    let lent = |wanted: &[i32]| slots.lender(&tokens(wanted)).map(|(_, common)| common);
    assert_eq!((lent(&[1, 2, 3, 7]), lent(&[1, 2, 9, 9]), lent(&[5])), (Some(3), Some(3), Some(0)));
    assert_eq!(slots.held().count(), 2);
    slots.forget();
    assert_eq!((slots.held().count(), slots.lender(&tokens(&[1, 2])).map(|(_, common)| common)), (0, Some(0)));
}
