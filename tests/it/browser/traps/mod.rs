//! Pages that trap a hand: each ends as the right receipt, and nothing hangs.

mod beside;
mod dialogs;
mod loops;
mod servers;
mod storms;
