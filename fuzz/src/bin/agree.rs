//! The session and the specification agree on every example.
#![no_main]
reskill_fuzz::target!(reskill_fuzz::laws::agrees);
