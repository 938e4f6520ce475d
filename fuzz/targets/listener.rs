//! What a client may say to the sandbox's listener: it never panics, hangs, or takes much more memory than it was sent.

#![no_main]

use std::alloc::System;

use cap::Cap;
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// What a session may take whatever it was sent.
const ALWAYS: usize = 64 << 20;
/// What it may take for each byte that it was sent.
const EACH: usize = 2048;

fuzz_target!(|data: &[u8]| {
    let room = ALWAYS + EACH * data.len();
    // Beyond the limit an allocation fails, which ends the process and so makes the input a finding.
    MEMORY.set_limit(MEMORY.allocated() + room).expect("more than what is taken");
    adbctl::sandbox::feed_listener(data);
    MEMORY.set_limit(usize::MAX).expect("no limit is never too low");
});
