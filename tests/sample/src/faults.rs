//! The faults of the serve phase, each in a thread of its own beside the server, as a bad release of a real app would.
//!
//! One more: a field in `Switches`, a function here, a line in `unleash` and one in the README.

use std::{
    process, thread,
    time::{Duration, Instant},
};

use crate::{
    environment::{Flood, Switches},
    log,
};

/// A fork bomb that nobody stopped says so here rather than bring down the machine it is tested on.
const MOST_THREADS: usize = 10_000;

#[derive(Debug, thiserror::Error)]
#[error("SAMPLE_CRASH_AFTER_SECONDS: ending as asked")]
struct AskedToCrash;

/// Starts every fault the switches ask for.
pub(crate) fn unleash(switches: &Switches) {
    if let Some(delay) = switches.crash_after {
        thread::spawn(move || crash(delay));
    }
    if let Some(megabytes) = switches.hog_memory_mb {
        thread::spawn(move || hog(megabytes));
    }
    if let Some(flood) = switches.flood {
        thread::spawn(move || pour(flood));
    }
    if switches.fork_bomb {
        thread::spawn(fork_bomb);
    }
}

fn crash(delay: Duration) {
    thread::sleep(delay);
    log::error(&AskedToCrash, "CRASH");
    process::exit(1);
}

/// Touches every page it takes, a megabyte at a time, and keeps it.
fn hog(megabytes: u64) {
    let mut kept: Vec<Vec<u8>> = Vec::new();
    for taken in 1..=megabytes {
        kept.push(vec![0xA5; 1 << 20]);
        if taken % 64 == 0 || taken == megabytes {
            log::out(format_args!("holding {taken} MB"));
        }
    }
    loop {
        thread::park();
        std::hint::black_box(&kept);
    }
}

/// Writes numbered lines of 100 bytes, paced against the clock rather than by sleeps that add up.
fn pour(flood: Flood) {
    const FILL: &str = "the quick brown fox jumps over the lazy dog, and then over another, and one more still";
    let started = Instant::now();
    for number in 1..=flood.lines.unwrap_or(u64::MAX) {
        if let Some(rate) = flood.lines_per_second {
            let due = Duration::from_secs_f64((number - 1) as f64 / rate as f64);
            thread::sleep(due.saturating_sub(started.elapsed()));
        }
        let line = format!("flood {number:07} {FILL}");
        log::out(line.get(..99).unwrap_or(&line));
    }
    log::out("flood over");
}

fn fork_bomb() {
    for running in 0..MOST_THREADS {
        let child = thread::Builder::new().stack_size(64 << 10).spawn(|| {
            loop {
                thread::park();
            }
        });
        if let Err(refused) = child {
            log::error(&refused, "EAGAIN");
            log::out(format_args!("fork bomb refused after {running} threads"));
            return;
        }
    }
    log::out(format_args!("fork bomb not refused: {MOST_THREADS} threads"));
}
