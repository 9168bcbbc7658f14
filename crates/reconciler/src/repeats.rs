//! What fails again and again is said once, and then ever more rarely: an operator's journal needs no line for each attempt.

/// What a task last complained of.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    last: String,
    count: u32,
}

impl Repeats {
    /// Whether to say so: what is new always, the same only when it has come twice as often as when it was last said.
    pub(crate) fn is_due(&mut self, complaint: &impl ToString) -> bool {
        let complaint = complaint.to_string();
        self.count = if complaint == self.last { self.count.saturating_add(1) } else { 1 };
        self.last = complaint;
        is_milestone(self.count)
    }

    /// It works again: whatever comes next is new.
    pub(crate) fn over(&mut self) {
        *self = Self::default();
    }
}

/// Whether the `count`th time of the same is worth a line.
pub(crate) const fn is_milestone(count: u32) -> bool {
    count.is_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_said_ever_more_rarely_and_anything_new_at_once() {
        let mut repeats = Repeats::default();
        let said = |repeats: &mut Repeats, what: &str| (0..100).filter(|_| repeats.is_due(&what)).count();
        assert_eq!(said(&mut repeats, "refused"), 7);
        assert!(repeats.is_due(&"timed out") && repeats.is_due(&"refused"));
        repeats.over();
        assert!(repeats.is_due(&"refused"));
    }
}
