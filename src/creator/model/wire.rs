//! What goes over the wire, in two dialects: OpenAI's chat completions and Anthropic's Messages. In: a system text and a prompt; out:
//! the body of a call; and from the body of an answer the text of the reply with its counts.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::config::{Constrain, Kind};
use super::quote::line;

/// One question to a model: everything that its reply may depend on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chat {
    pub kind: Kind,
    pub model: String,
    pub system: String,
    pub prompt: String,
    pub max_tokens: u64,
    pub temperature: Option<f64>,
    pub constrain: Constrain,
    /// The grammar that the reply is to keep to.
    pub grammar: Option<String>,
}

/// A reply.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    pub text: String,
    /// It ended because it had as many tokens as it may.
    pub cut: bool,
    /// As the server counts; not believed as it is ([`super::budget::counts`]).
    pub tokens: [Option<u64>; 2],
}

impl Chat {
    /// The body of the call.
    pub fn body(&self) -> Value {
        let user = json!({"role": "user", "content": self.prompt});
        let mut body = match self.kind {
            Kind::Anthropic => json!({
                "model": self.model, "max_tokens": self.max_tokens, "system": self.system, "messages": [user],
            }),
            _ => json!({
                "model": self.model, "max_tokens": self.max_tokens, "stream": false,
                "messages": [{"role": "system", "content": self.system}, user],
            }),
        };
        if let Some(temperature) = self.temperature {
            body["temperature"] = json!(temperature);
        }
        match (&self.grammar, self.constrain) {
            (Some(grammar), Constrain::Lark) => {
                // vLLM reads the first from 0.11 on and the second up to 0.11; each passes over what it does not know.
                body["structured_outputs"] = json!({"grammar": grammar});
                body["guided_grammar"] = json!(grammar);
            }
            (Some(grammar), Constrain::Gbnf) => body["grammar"] = json!(grammar),
            _ => {}
        }
        body
    }
}

/// Headers that say which dialect is spoken.
pub(super) fn headers(kind: Kind) -> &'static [(&'static str, &'static str)] {
    match kind {
        Kind::Anthropic => &[("content-type", "application/json"), ("anthropic-version", "2023-06-01")],
        _ => &[("content-type", "application/json")],
    }
}

/// Reads an answer.
///
/// # Errors
/// What is wrong with it, in half a sentence.
pub(super) fn read(kind: Kind, body: &[u8]) -> Result<Said, String> {
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        let start = String::from_utf8_lossy(&body[..body.len().min(400)]);
        format!("it is no JSON ({error}); it begins with {:?}", line(&start, 80))
    })?;
    match kind {
        Kind::Anthropic => anthropic(&value),
        _ => openai(&value),
    }
}

fn openai(value: &Value) -> Result<Said, String> {
    let Some(choice) = value["choices"].get(0) else { return Err(missing(value, "choices")) };
    let text = match &choice["message"]["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => joined(parts),
        // Some servers leave out what is empty.
        Value::Null if choice["message"].is_object() => String::new(),
        _ => return Err(missing(value, "choices[0].message.content")),
    };
    let cut = choice["finish_reason"] == "length";
    let count = |name: &str| value["usage"][name].as_u64();
    Ok(Said { text, cut, tokens: [count("prompt_tokens"), count("completion_tokens")] })
}

fn anthropic(value: &Value) -> Result<Said, String> {
    let Some(parts) = value["content"].as_array() else { return Err(missing(value, "content")) };
    let count = |name: &str| value["usage"][name].as_u64();
    let cut = value["stop_reason"] == "max_tokens";
    Ok(Said { text: joined(parts), cut, tokens: [count("input_tokens"), count("output_tokens")] })
}

/// The texts among the parts of a message.
fn joined(parts: &[Value]) -> String {
    parts.iter().filter(|part| part["type"] == "text").filter_map(|part| part["text"].as_str()).collect()
}

/// What an answer without its main part says instead.
fn missing(value: &Value, part: &str) -> String {
    match told(value) {
        Some(message) => format!("the server says: {message}"),
        None => format!("it has no `{part}`"),
    }
}

/// The message of an error in an answer, on one line.
pub(super) fn told(value: &Value) -> Option<String> {
    let error = value.get("error")?;
    let message = error.as_str().or_else(|| error["message"].as_str())?;
    Some(line(message, 200))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat(kind: Kind, constrain: Constrain) -> Chat {
        Chat {
            kind,
            model: "m".into(),
            system: "s".into(),
            prompt: "p".into(),
            max_tokens: 9,
            temperature: Some(0.5),
            constrain,
            grammar: Some("g".into()),
        }
    }

    #[test]
    fn bodies_of_both_dialects() {
        let openai = chat(Kind::Openai, Constrain::None).body();
        assert_eq!(openai["messages"], json!([{"role": "system", "content": "s"}, {"role": "user", "content": "p"}]));
        assert_eq!(
            (&openai["model"], &openai["max_tokens"], &openai["temperature"]),
            (&json!("m"), &json!(9), &json!(0.5))
        );
        assert!(openai.get("grammar").is_none() && openai.get("structured_outputs").is_none());
        let lark = chat(Kind::Openai, Constrain::Lark).body();
        assert_eq!((&lark["structured_outputs"]["grammar"], &lark["guided_grammar"]), (&json!("g"), &json!("g")));
        assert_eq!(chat(Kind::Openai, Constrain::Gbnf).body()["grammar"], json!("g"));
        let anthropic = chat(Kind::Anthropic, Constrain::None).body();
        assert_eq!((&anthropic["system"], &anthropic["messages"][0]["role"]), (&json!("s"), &json!("user")));
        assert_eq!(anthropic["messages"].as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn answers_are_read_or_told_apart() {
        let good = br#"{"choices": [{"message": {"content": "hi"}, "finish_reason": "length"}], "usage": {"prompt_tokens": 3, "completion_tokens": -1}}"#;
        assert_eq!(read(Kind::Openai, good), Ok(Said { text: "hi".into(), cut: true, tokens: [Some(3), None] }));
        let parts = br#"{"content": [{"type": "thinking", "thinking": "x"}, {"type": "text", "text": "hi"}], "usage": {"output_tokens": 1}}"#;
        assert_eq!(read(Kind::Anthropic, parts), Ok(Said { text: "hi".into(), cut: false, tokens: [None, Some(1)] }));
        let deep = "[".repeat(100_000);
        let cases = [
            (Kind::Openai, "<html>\n<body>Bad gateway", "it begins with \"<html> <body>Bad gateway\""),
            (Kind::Openai, "{\"choices\": []}", "it has no `choices`"),
            (
                Kind::Openai,
                "{\"choices\": [{\"message\": {\"content\": 5}}]}",
                "it has no `choices[0].message.content`",
            ),
            (Kind::Openai, "{\"error\": {\"message\": \"no such\\nmodel\"}}", "the server says: no such model"),
            (Kind::Anthropic, "{\"error\": {\"message\": \"overloaded\"}}", "the server says: overloaded"),
            (Kind::Anthropic, "[1, 2]", "it has no `content`"),
            (Kind::Openai, &deep, "it is no JSON (recursion limit exceeded"),
        ];
        for (kind, body, part) in cases {
            let told = read(kind, body.as_bytes()).expect_err("no answer");
            assert!(told.contains(part), "{told}");
        }
    }
}
