//! The session and the specification agree on every example, and on episodes made of a text's own patterns.
#![no_main]
reskill_fuzz::target!(reskill_fuzz::laws::agrees);
