//! Places in source text.

/// A half-open byte range of one source file.
#[derive(Debug, Clone, Copy, Eq, Default)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

/// Two trees that say the same are equal wherever they stand: spans never take part in comparisons.
impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        Span { start: start as u32, end: end as u32 }
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}
