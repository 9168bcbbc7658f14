//! The memory that hashes are made in.
//!
//! A hash writes megabytes, and the kernel takes half as long to hand those out as the hash takes. So the memory of one goes to
//! the next while somebody waits for their turn, and back to the kernel when nobody does: what a platform keeps that has nothing
//! to do is missing to its tenants.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::Block;

/// What glibc's `malloc` takes from the kernel and gives back whatever it has seen before, in bytes: its greatest
/// `M_MMAP_THRESHOLD`. Less than that it keeps, once the threshold has moved up after the first hash.
const ALWAYS_GIVEN_BACK: usize = 32 << 20;

/// Of one hash at a time; nothing as long as none was made.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    /// More is asked for than a hash takes; what is never touched costs nothing.
    pub(super) fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.len() < count {
            self.0 = Vec::with_capacity(count.max(ALWAYS_GIVEN_BACK / Block::SIZE + 1));
            self.0.resize(count, Block::new());
        }
        &mut self.0[..count]
    }
}

/// What hashes have left to those that wait.
#[derive(Clone, Default)]
pub(super) struct Spare(Arc<Mutex<Vec<Memory>>>);

impl std::fmt::Debug for Spare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Spare")
    }
}

impl Spare {
    pub(super) fn take(&self) -> Memory {
        self.all(Vec::pop).unwrap_or_default()
    }

    pub(super) fn leave(&self, memory: Memory) {
        self.all(|all| all.push(memory));
    }

    pub(super) fn give_back(&self) {
        drop(self.all(std::mem::take));
    }

    fn all<T>(&self, change: impl FnOnce(&mut Vec<Memory>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
