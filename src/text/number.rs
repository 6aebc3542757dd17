//! Exact decimal numbers with four places, as conditions compare them.

use std::fmt;

/// A decimal number in units of 1/10000, so that prices and counts compare exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(pub i64);

impl Decimal {
    pub const SCALE: i64 = 10_000;

    /// A whole number; saturates beyond about 9.2e14.
    pub fn whole(n: i64) -> Self {
        Decimal(n.saturating_mul(Self::SCALE))
    }

    /// Reads digits with thousands commas and a fraction. Digits beyond the fourth place are cut; a value too
    /// large saturates. `None` if `text` is not of that form.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        if whole.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut units: i64 = 0;
        for byte in whole.bytes() {
            match byte {
                b'0'..=b'9' => units = units.saturating_mul(10).saturating_add(i64::from(byte - b'0')),
                b',' => {}
                _ => return None,
            }
        }
        units = units.saturating_mul(Self::SCALE);
        let mut place = Self::SCALE / 10;
        for byte in fraction.bytes().take(4) {
            units = units.saturating_add(i64::from(byte - b'0') * place);
            place /= 10;
        }
        Some(Decimal(if negative { -units } else { units }))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / Self::SCALE, (self.0 % Self::SCALE).abs());
        if self.0 < 0 && whole == 0 {
            write!(f, "-")?;
        }
        write!(f, "{whole}")?;
        // Without zeros at the end.
        match fraction {
            0 => Ok(()),
            _ if fraction % 1000 == 0 => write!(f, ".{}", fraction / 1000),
            _ if fraction % 100 == 0 => write!(f, ".{:02}", fraction / 100),
            _ if fraction % 10 == 0 => write!(f, ".{:03}", fraction / 10),
            _ => write!(f, ".{fraction:04}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    #[test]
    fn reads_and_prints_exactly() {
        for (text, printed) in [
            ("1,299.50", "1299.5"),
            ("0.12345", "0.1234"),
            ("0.05", "0.05"),
            ("0.125", "0.125"),
            ("-0.5", "-0.5"),
            ("7", "7"),
            ("07", "7"),
        ] {
            assert_eq!(Decimal::parse(text).map(|d| d.to_string()).as_deref(), Some(printed), "{text}");
        }
        assert_eq!(Decimal::parse("1.2.3"), None);
        assert_eq!(Decimal::parse("x"), None);
        assert_eq!(Decimal::parse("99999999999999999999"), Some(Decimal(i64::MAX)));
    }
}
