//! Skills told in the forms that other agents read.
