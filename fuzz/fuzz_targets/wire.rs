#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| outside_input::wire(text));
