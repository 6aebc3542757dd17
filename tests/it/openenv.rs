//! Worlds behind an OpenEnv server, against a scripted one on loopback that behaves and misbehaves by the seed it is reset with.

use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use reskill::world::config::WorldConfig;
use reskill::world::openenv::{OpenEnv, OpenEnvConfig};
use reskill::world::{World, WorldError};
use serde_json::{Value, json};
use tungstenite::Message;

/// Misdeeds by task of the split `bad`, after its reset.
const MISDEEDS: [(&str, &str); 10] = [
    ("hangs", "no answer in time"),
    ("trickles", "no answer in time"),
    ("leaves", ""),
    ("closes", "closed"),
    ("bytes", "bytes"),
    ("no json", "nonsense"),
    ("error", "the engine is on fire"),
    ("state", "instead of an observation"),
    ("twice", "twice"),
    ("long", "Space limit exceeded"),
];

fn observation(text: &str, actions: &[&str], reward: Value, done: bool) -> Message {
    let observation = json!({"text": text, "task": "open the door", "menu": {"legal": actions}});
    Message::text(
        json!({"type": "observation", "data": {"observation": observation, "reward": reward, "done": done}})
            .to_string(),
    )
}

/// A server that plays sessions until the test is over; its port.
fn server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let Ok(mut socket) = tungstenite::accept(stream) else { return };
                let mut misdeed = None;
                while let Ok(Message::Text(text)) = socket.read() {
                    let asked: Value = serde_json::from_str(&text).expect("JSON");
                    let answer = match (asked["type"].as_str(), misdeed) {
                        (Some("reset"), _) => {
                            let seed = asked["data"]["seed"].as_u64().expect("a seed");
                            // Splits are in the order of their names: `bad`, `train`.
                            misdeed = (seed < 1 << 24).then(|| MISDEEDS[seed as usize].0);
                            observation(&format!("A door. seed {seed}"), &["push", "pull"], Value::Null, false)
                        }
                        (Some("step"), None) => match asked["data"]["command"].as_str() {
                            Some("pull") => observation("It opens.", &[], json!(0.75), true),
                            _ => observation("It creaks.", &["push", "pull"], json!(0.25), false),
                        },
                        (Some("step"), Some("hangs")) => {
                            thread::sleep(Duration::from_secs(3));
                            return;
                        }
                        (Some("step"), Some("trickles")) => {
                            let stream = socket.get_mut();
                            // The head of a text frame of 125 bytes, and then its bytes, slowly.
                            for byte in [0x81, 125].into_iter().chain([b' '; 125]) {
                                if std::io::Write::write_all(stream, &[byte]).is_err() {
                                    return;
                                }
                                thread::sleep(Duration::from_millis(40));
                            }
                            return;
                        }
                        (Some("step"), Some("leaves")) => return,
                        (Some("step"), Some("closes")) => Message::Close(None),
                        (Some("step"), Some("bytes")) => Message::binary(vec![1, 2, 3]),
                        (Some("step"), Some("no json")) => Message::text("<html>"),
                        (Some("step"), Some("error")) => Message::text(
                            json!({"type": "error", "data": {"message": "the engine is on fire"}}).to_string(),
                        ),
                        (Some("step"), Some("state")) => {
                            Message::text(json!({"type": "state", "data": {}}).to_string())
                        }
                        (Some("step"), Some("twice")) => observation("Hm.", &["push", "push"], json!(0), false),
                        (Some("step"), Some("long")) => observation(&"x".repeat(2 << 20), &["push"], json!(0), false),
                        _ => return,
                    };
                    if socket.send(answer).is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

fn config(port: u16) -> OpenEnvConfig {
    let text = format!(
        r#"
        [world]
        kind = "openenv"
        url = "ws://127.0.0.1:{port}/ws"
        splits = {{ bad = {}, train = 4 }}
        horizon = 3
        task = "/task"
        actions = "/menu/legal"
        action = "command"
        step_timeout_s = 0.5
        start_timeout_s = 5
        "#,
        MISDEEDS.len()
    );
    let file: toml::Table = text.parse().expect("TOML");
    match file["world"].clone().try_into().expect("a world") {
        WorldConfig::OpenEnv(config) => config,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_episode_is_played_to_its_end_and_another_follows_on_the_same_socket() {
    let world = OpenEnv::new(config(server())).expect("it can be meant");
    assert_eq!(
        world.info().splits.iter().map(|s| (s.name.as_str(), s.size)).collect::<Vec<_>>(),
        [("bad", 10), ("train", 4)]
    );
    let mut env = world.open().expect("open");
    for index in [2, 0] {
        let reset = env.reset("train", index, 9).expect("it answers");
        assert_eq!((reset.task.as_str(), reset.task_id.as_str()), ("open the door", &*format!("train/{index}")));
        assert_eq!(reset.first, format!("A door. seed {}", (1 << 24) + index));
        assert_eq!(reset.admissible, ["push", "pull"]);
        let first = env.step("push").expect("it answers");
        assert_eq!((first.reward, first.done, first.won, first.score), (0.25, false, false, 0.25));
        let last = env.step("pull").expect("it answers");
        assert_eq!((last.reward, last.done, last.won, last.score), (0.75, true, true, 1.0));
        assert!(matches!(env.step("push"), Err(WorldError::Request(_))), "the episode is over");
    }
    // An episode that goes on for too long ends without being won.
    env.reset("train", 1, 0).expect("it answers");
    let ends: Vec<(bool, bool)> =
        (0..3).map(|_| env.step("push").map(|s| (s.done, s.won)).expect("it answers")).collect();
    assert_eq!(ends, [(false, false), (false, false), (true, false)]);
    assert!(matches!(env.reset("train", 4, 0), Err(WorldError::Request(_))));
    assert!(matches!(env.reset("test", 0, 0), Err(WorldError::Request(_))));
}

#[test]
fn whatever_a_server_does_the_episode_is_void_and_the_next_one_is_played() {
    let world = OpenEnv::new(config(server())).expect("it can be meant");
    let mut env = world.open().expect("open");
    for (index, (misdeed, told)) in MISDEEDS.iter().enumerate() {
        env.reset("bad", index, 0).unwrap_or_else(|error| panic!("{misdeed}: {error}"));
        let start = Instant::now();
        let error = match env.step("push") {
            Err(WorldError::Process(error)) => error,
            other => panic!("{misdeed}: {other:?}"),
        };
        assert!(error.contains("step `push`") && error.contains(told), "{misdeed}: {error}");
        assert!(start.elapsed() < Duration::from_secs(2), "{misdeed}: {:?}", start.elapsed());
        assert!(matches!(env.step("push"), Err(WorldError::Request(_))), "{misdeed}: no episode is left");
    }
    assert!(env.reset("train", 0, 0).is_ok());
}

#[test]
fn a_server_that_is_not_there_and_keys_that_cannot_be_meant_are_told() {
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    let mut env = OpenEnv::new(config(port)).expect("it can be meant").open().expect("open");
    let error = env.reset("train", 0, 0).expect_err("nobody is there").to_string();
    assert!(error.contains(&port.to_string()), "{error}");
    // What speaks no WebSocket.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            drop(std::io::Write::write_all(&mut stream, b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"));
        }
    });
    let mut env = OpenEnv::new(config(port)).expect("it can be meant").open().expect("open");
    assert!(matches!(env.reset("train", 0, 0), Err(WorldError::Process(_))));
    type Change = fn(&mut OpenEnvConfig);
    let wrong: [(&str, Change); 7] = [
        ("url", |c| c.url = "https://example.org/ws".to_owned()),
        ("url", |c| c.url = "no url".to_owned()),
        ("splits", |c| c.splits.clear()),
        ("splits", |c| c.splits.extend([("none".to_owned(), 0)])),
        ("horizon", |c| c.horizon = 0),
        ("returns", |c| c.returns = [1.0, f64::NAN]),
        ("step_timeout_s", |c| c.step_timeout_s = -1.0),
    ];
    for (key, change) in wrong {
        let mut config = config(port);
        change(&mut config);
        let error = OpenEnv::new(config).err().expect(key).to_string();
        assert!(error.contains(key), "{key}: {error}");
    }
}
