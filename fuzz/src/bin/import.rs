//! A foreign file is refused, or becomes skills without an error.
#![no_main]

use std::collections::BTreeSet;

use reskill::foreign::{Format, Names, domain_text, identifier, import};
use reskill::lang::check::{SourceFile, check};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let _ = Format::of(&text);
    for format in Format::ALL {
        let Ok(import) = import(&text, format, "file", &BTreeSet::new()) else { continue };
        let mut names = Names::default();
        let mut skills = domain_text("imported").expect("a name");
        for draft in &import.drafts {
            let name = names.fresh(&identifier(&draft.title, "skill"));
            skills.push_str(&draft.text(&name, "imported").expect("what was read can be written"));
        }
        let analysis = check(&[SourceFile::new("bank.skill", skills.clone())]);
        let errors: Vec<_> = analysis.errors().collect();
        assert!(errors.is_empty(), "{errors:?}\n{skills}");
    }
});
