//! Several conversations on one set of weights.
//!
//! Each has a slot, and its tokens are a sequence of their own in the KV cache. The one decision: a request belongs to the
//! conversation whose turns it continues; one that continues none takes the slot that was not used for the longest time. So two
//! runs with the same system prompt don't drive each other out, as they would if the longest common beginning decided; that
//! beginning is lent from whoever has it, without being computed or kept twice.

use llama_cpp_2::token::LlamaToken;

use crate::model::protocol::Turn;

/// A piece of the newest prompt or reply, with its tokens.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) bytes: Vec<u8>,
    pub(super) control: bool,
    pub(super) tokens: Vec<LlamaToken>,
}

/// What is known of one conversation.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// Its number in the KV cache.
    pub(super) sequence: i32,
    /// What is in the KV cache.
    pub(super) held: Vec<LlamaToken>,
    /// The newest prompt and reply.
    pub(super) known: Vec<Known>,
    /// The newest request.
    turns: Vec<Turn>,
    /// When that was, in requests.
    used: u64,
}

impl Slot {
    /// How many tokens at the beginning are held already.
    pub(super) fn common(&self, wanted: &[LlamaToken]) -> usize {
        self.held.iter().zip(wanted).take_while(|(held, wanted)| held == wanted).count()
    }

    /// How many of its turns a request goes on from; `None` when it is about something else.
    fn continued_by(&self, turns: &[Turn]) -> Option<usize> {
        let (last, before) = self.turns.split_last()?;
        let (begin, rest) = turns.split_at_checked(before.len())?;
        // What the user says next may be joined to the last turn.
        let goes_on = rest.first().is_some_and(|turn| turn.role == last.role && turn.content.starts_with(&last.content));
        (begin == before && goes_on).then_some(self.turns.len())
    }
}

/// All conversations but the one that is being answered.
#[derive(Debug)]
pub(super) struct Slots {
    resting: Vec<Slot>,
    clock: u64,
}

impl Slots {
    pub(super) fn new(count: usize) -> Self {
        let slot = |sequence| Slot { sequence, ..Slot::default() };
        Self { resting: (0..i32::try_from(count.max(1)).unwrap_or(1)).map(slot).collect(), clock: 0 }
    }

    /// The slot for a request; to be [put](Slots::put) back.
    pub(super) fn take(&mut self, turns: &[Turn]) -> Slot {
        self.clock += 1;
        let rank =
            |slot: &Slot| (slot.continued_by(turns), if slot.continued_by(turns).is_some() { slot.used } else { u64::MAX - slot.used });
        let best = self.resting.iter().enumerate().max_by_key(|(_, slot)| rank(slot)).map(|(index, _)| index);
        let mut slot = best.map(|index| self.resting.swap_remove(index)).unwrap_or_default();
        slot.turns = turns.to_vec();
        slot.used = self.clock;
        slot
    }

    pub(super) fn put(&mut self, slot: Slot) {
        self.resting.push(slot);
    }

    /// Who else holds the longest beginning of these tokens, and how long it is.
    pub(super) fn lender(&self, wanted: &[LlamaToken]) -> Option<(i32, usize)> {
        self.resting.iter().map(|slot| (slot.sequence, slot.common(wanted))).max_by_key(|(_, common)| *common)
    }

    /// Numbers of the conversations that hold something.
    pub(super) fn held(&self) -> impl Iterator<Item = i32> {
        self.resting.iter().filter(|slot| !slot.held.is_empty()).map(|slot| slot.sequence)
    }

    /// The KV cache was emptied.
    pub(super) fn forget(&mut self) {
        for slot in &mut self.resting {
            slot.held.clear();
        }
    }
}
