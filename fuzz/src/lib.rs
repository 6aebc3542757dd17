//! Fuzzing of the language: what all targets share. A target hands the text that libFuzzer makes up to one law of
//! `tests/it/laws.rs`; `mutate` makes up texts that are nearly right.

pub mod agree {
    #[path = "../../../tests/it/agree/compare.rs"]
    pub mod compare;
}
#[path = "../../tests/it/laws.rs"]
pub mod laws;
pub mod mutate;
#[path = "../../tests/it/scribe.rs"]
pub mod scribe;

/// A target: the law that every text must keep, bytes that are no text read as far as they are one.
#[macro_export]
macro_rules! target {
    ($law:path) => {
        libfuzzer_sys::fuzz_target!(|data: &[u8]| $law(&String::from_utf8_lossy(data)));
        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            $crate::mutate::mutate(data, size, max_size, seed)
        });
    };
}
