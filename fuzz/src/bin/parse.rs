//! No text makes parsing or checking stop, and every finding stands in the text.
#![no_main]
reskill_fuzz::target!(reskill_fuzz::laws::parses);
