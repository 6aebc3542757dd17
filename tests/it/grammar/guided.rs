//! llguidance as the judge of what a Lark grammar or a JSON Schema means. In: the exported text; out: whether it accepts a
//! text, byte by byte, and random texts that it allows.

use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{ApproximateTokEnv, InferenceCapabilities, TokEnv};
use llguidance::{Matcher, ParserFactory};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

pub struct Guide {
    fresh: Matcher,
    end: u32,
}

impl Guide {
    pub fn lark(grammar: &str) -> Guide {
        Guide::new(TopLevelGrammar::from_lark(grammar.to_owned()))
    }

    pub fn json(schema: &str) -> Guide {
        Guide::new(TopLevelGrammar::from_json_schema(serde_json::from_str(schema).expect("JSON")))
    }

    fn new(grammar: TopLevelGrammar) -> Guide {
        let bytes: TokEnv = ApproximateTokEnv::single_byte_env();
        let mut factory = ParserFactory::new(&bytes, InferenceCapabilities::default(), &[]).expect("a factory");
        factory.quiet();
        let fresh = Matcher::new(factory.create_parser(grammar));
        assert!(!fresh.is_error(), "{:?}", fresh.get_error());
        Guide { fresh, end: bytes.tok_trie().eos_token() }
    }

    pub fn accepts(&mut self, text: &str) -> bool {
        let tokens: Vec<u32> = text.bytes().map(u32::from).chain([self.end]).collect();
        let valid = self.fresh.validate_tokens(&tokens).expect("it says how far");
        valid == tokens.len()
    }

    /// A text of random bytes that the grammar allows, or `None` if it is not whole after `limit` bytes. Bytes that may bring
    /// the end nearer are taken more often, from `patience` bytes on mostly: else hardly a text would end.
    pub fn sample(&self, rng: &mut ChaCha8Rng, patience: usize, limit: usize) -> Option<String> {
        const CLOSING: &[u8] = b"\"}])/\n{(,";
        let mut matcher = self.fresh.deep_clone();
        let mut text = Vec::new();
        while text.len() < limit {
            let mask = matcher.compute_mask_or_eos().expect("a mask");
            let hurry = text.len() >= patience;
            if mask.is_allowed(self.end) && (hurry || mask.num_set() == 1 || rng.random_bool(0.5)) {
                return Some(String::from_utf8(text).expect("a grammar of characters allows no half ones"));
            }
            let allowed: Vec<u8> = (0..=255).filter(|byte| mask.is_allowed(u32::from(*byte))).collect();
            assert!(!allowed.is_empty(), "nothing may follow {:?}", String::from_utf8_lossy(&text));
            let some = |wanted: &dyn Fn(u8) -> bool| {
                let some: Vec<u8> = allowed.iter().copied().filter(|byte| wanted(*byte)).collect();
                if some.is_empty() { allowed.clone() } else { some }
            };
            let taken = match rng.random_bool(if hurry { 0.5 } else { 0.2 }) {
                true => some(&|byte| CLOSING.contains(&byte)),
                false if hurry => some(&|byte| byte.is_ascii_graphic()),
                false => allowed.clone(),
            };
            let byte = taken[rng.random_range(0..taken.len())];
            matcher.consume_token(u32::from(byte)).expect("it allowed it");
            text.push(byte);
        }
        None
    }
}
