//! A patch is applied whole or not at all.
#![no_main]
reskill_fuzz::target!(reskill_fuzz::laws::patches);
