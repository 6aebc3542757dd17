//! What parses is printed as the same tree, comments and findings included.
#![no_main]
reskill_fuzz::target!(reskill_fuzz::laws::prints);
