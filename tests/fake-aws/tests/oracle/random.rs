//! A small random number generator with a seed.

use std::cell::Cell;

/// Random numbers that are the same in every run (xorshift64).
pub struct Random(Cell<u64>);

impl Random {
    pub fn seeded(seed: u64) -> Self {
        Self(Cell::new(seed))
    }

    /// The next number, which is less than `limit`.
    pub fn below(&self, limit: usize) -> usize {
        let mut state = self.0.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.0.set(state);
        usize::try_from(state % limit as u64).unwrap()
    }
}
