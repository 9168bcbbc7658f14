//! Which client programs bring data back to which server, by PostgreSQL's major versions.
//!
//! `pg_dump` reads any older server; `pg_restore` does not write to any. It begins by switching off every time-out it knows,
//! and a server that does not know one of them refuses.

use std::ops::RangeInclusive;

/// Majors whose programs set the same at their start. From 17 on that is `transaction_timeout`, too.
const ALIKE: [RangeInclusive<u32>; 2] = [15..=16, 17..=18];

/// Whether what programs of that major dump can be restored by them, on that server. Newer ones only as far as that is known.
pub(super) fn fit(programs: u32, server: u32) -> bool {
    let alike = || ALIKE.iter().any(|majors| majors.contains(&programs) && majors.contains(&server));
    programs == server || (programs > server && alike())
}

/// The major version in what a program answers to `--version`, such as `pg_dump (PostgreSQL) 17.11`.
pub(super) fn major_in(answer: &str) -> Option<u32> {
    let (_, version) = answer.split_once("(PostgreSQL) ")?;
    let digits = version.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_program_never_fits_and_a_newer_one_as_far_as_it_sets_no_more() {
        for (programs, server) in [(15, 15), (18, 18), (99, 99), (16, 15), (18, 17)] {
            assert!(fit(programs, server), "{programs} for {server}");
        }
        for (programs, server) in [(15, 16), (16, 17), (17, 18), (17, 15), (17, 16), (18, 16), (19, 18)] {
            assert!(!fit(programs, server), "{programs} for {server}");
        }
    }

    #[test]
    fn the_major_version_is_read_out_of_every_spelling() {
        assert_eq!(major_in("pg_dump (PostgreSQL) 17.11"), Some(17));
        assert_eq!(major_in("pg_restore (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major_in("pg_dump (PostgreSQL) 19beta1"), Some(19));
        assert_eq!(major_in("something else"), None);
    }
}
