//! The bridge against worlds that behave and worlds that do not: each fault ends one episode, never the run.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use reskill::episode::Trajectory;
use reskill::world::bridge::{Bridge, BridgeConfig};
use reskill::world::{Env, World, WorldError};
use tempfile::TempDir;

/// A world of three steps. An action that names a fault is answered by that fault. The hash is the text of a file.
const CHILD: &str = r#"
import json, os, subprocess, sys, time
folder, start = sys.argv[1], sys.argv[2]
def say(text):
    sys.stdout.write(text + "\n"); sys.stdout.flush()
if start == "exits":
    sys.stderr.write("no game files: make them first\n"); sys.exit(3)
if start == "hangs":
    time.sleep(100)
if start == "stays":
    subprocess.Popen(["sh", "-c", "while :; do echo x; sleep 0.01; done >" + folder + "/heartbeat"])
hello = {"op": "hello", "protocol": 1, "name": "fake", "splits": {"train": 3, "seen": 1}, "horizon": 3,
         "hash": open(folder + "/hash").read()}
if start == "newer":
    hello["protocol"] = 2
if start == "horizonless":
    del hello["horizon"]
say(json.dumps(hello))
for line in sys.stdin:
    ask = json.loads(line)
    if ask["op"] == "close":
        if start == "stays":
            time.sleep(100)
        open(folder + "/closed", "w").close()
        break
    k = ask["id"]
    if ask["op"] == "reset":
        steps = 0
        say(json.dumps({"id": k, "task_id": "%s/%d" % (ask["split"], ask["index"]), "kind": "k", "task": "win it.",
             "obs": str(os.getpid()), "admissible": ["wait", "win"], "expert": "win"}))
        continue
    a = ask["action"]
    steps += 1
    reply = {"id": k, "obs": "You %s." % a, "admissible": ["wait", "win"], "reward": 0.0, "done": False, "won": False,
             "score": 0.0, "expert": "win"}
    if a == "win":
        reply.update(admissible=[], reward=1.0, done=True, won=True, score=1.0, expert=None)
    if a == "die":
        sys.stderr.write("about to die\n"); sys.exit(7)
    if a == "abort":
        os.abort()
    if a == "hang":
        time.sleep(100)
    if a == "close output":
        os.close(1); time.sleep(100)
    if a == "flood":
        for n in range(100000): sys.stderr.write("noise %d %s\n" % (n, "x" * 90))
    if a == "flood and die":
        for n in range(1000): sys.stderr.write("noise %d %s\n" % (n, "\x1b[31m" * 5000))
        sys.exit(1)
    if a == "garbage":
        say("Welcome to the game!"); continue
    if a == "array":
        say("[1]"); continue
    if a == "bytes":
        os.write(1, b'{"id": "\xff\xfe"}\n'); continue
    if a == "endless":
        while True: os.write(1, b"x" * 65536)
    if a == "half":
        os.write(1, b'{"id": '); sys.exit(0)
    if a == "leak":
        hoard = b"x" * (200 << 20)
    if a == "twice":
        say(json.dumps(reply))
    if a == "wrong id": reply["id"] = k + 1
    if a == "no id": del reply["id"]
    if a == "error": reply = {"id": k, "error": "the stove is on fire"}
    if a == "no admissible": del reply["admissible"]
    if a == "empty admissible": reply["admissible"] = []
    if a == "same actions": reply["admissible"] = ["wait", "win", "wait"]
    if a == "empty action": reply["admissible"] = ["wait", ""]
    if a == "nan": reply["reward"] = float("nan")
    if a == "huge":
        say(json.dumps(reply).replace('"reward": 0.0', '"reward": 1e999')); continue
    if a == "score": reply["score"] = 5
    if a == "unknown field": reply["expart"] = "win"
    say(json.dumps(reply))
"#;

struct Fake {
    folder: TempDir,
}

impl Fake {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("world.py"), CHILD).unwrap();
        fs::write(folder.path().join("hash"), "h1").unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Generous times: only the tests of hanging shorten them, so that a busy machine fails nothing.
    fn config(&self, start: &str) -> BridgeConfig {
        let folder = self.folder.path().to_str().unwrap().to_owned();
        let command = vec!["python3".into(), self.path("world.py").to_str().unwrap().to_owned(), folder, start.into()];
        BridgeConfig { command, start_timeout_s: 20.0, step_timeout_s: 20.0, memory_mb: None }
    }

    fn start(&self) -> Bridge {
        Bridge::start(self.config("well")).unwrap()
    }
}

/// Starts an episode; the id of the process that plays it.
fn reset(env: &mut dyn Env) -> u32 {
    env.reset("train", 1, 5).unwrap().first.parse().unwrap()
}

/// Whether a process with this id is there (a child of ours that was not reaped counts).
fn is_there(process: u32) -> bool {
    Command::new("sh").args(["-c", &format!("kill -0 {process} 2>/dev/null")]).status().unwrap().success()
}

fn process_error(error: WorldError) -> String {
    match error {
        WorldError::Process(message) => message,
        other => panic!("not a fault of the process: {other}"),
    }
}

fn request_error<T>(result: Result<T, WorldError>) -> String {
    match result {
        Err(WorldError::Request(message)) => message,
        Err(other) => panic!("not a refused request: {other}"),
        Ok(_) => panic!("not refused"),
    }
}

#[test]
fn an_episode_is_played() {
    let fake = Fake::new();
    let world = fake.start();
    let info = world.info();
    assert_eq!((info.name.as_str(), info.horizon, info.hash.as_str()), ("fake", 3, "h1"));
    let splits: Vec<_> = info.splits.iter().map(|split| (split.name.as_str(), split.size)).collect();
    assert_eq!(splits, [("seen", 1), ("train", 3)]);

    let mut env = world.open().unwrap();
    assert!(request_error(env.step("win")).contains("reset first"));
    assert!(request_error(env.reset("test", 0, 0)).contains("it has seen, train"));
    assert!(request_error(env.reset("seen", 1, 0)).contains("has 1 tasks; asked for 1"));
    let start = env.reset("train", 2, u64::MAX).unwrap();
    assert_eq!((start.task_id.as_str(), start.kind.as_str(), start.task.as_str()), ("train/2", "k", "win it."));
    assert_eq!(start.admissible, ["wait", "win"]);
    assert_eq!(env.expert().unwrap().as_deref(), Some("win"));
    let step = env.step("wait").unwrap();
    assert_eq!(
        (step.observation.as_str(), step.reward, step.done, step.won, step.score),
        ("You wait.", 0.0, false, false, 0.0)
    );
    let step = env.step("win").unwrap();
    assert_eq!((step.reward, step.done, step.won, step.score), (1.0, true, true, 1.0));
    assert_eq!(env.expert().unwrap(), None);
    assert!(request_error(env.step("wait")).contains("reset first"));

    let process = reset(env.as_mut());
    assert_eq!(process, start.first.parse::<u32>().unwrap(), "a sane process plays on");
    assert!(!env.step("wait").unwrap().done);
    assert!(!env.step("wait").unwrap().done);
    assert!(env.step("wait").unwrap().done, "the horizon ends an episode that the world would go on with");
}

#[test]
fn a_fault_voids_one_episode_and_the_next_has_a_fresh_process() {
    let faults = [
        ("die", "it ended (exit status: 7)"),
        ("die", "about to die"),
        ("abort", "(signal: 6"),
        ("garbage", "it answered nonsense: expected value at line 1 column 1; the line: Welcome to the game!"),
        ("array", "an answer is a JSON object"),
        ("bytes", "not UTF-8"),
        ("endless", "longer than 1048576 bytes"),
        ("half", "it ended (exit status: 0)"),
        ("wrong id", "was asked; the line:"),
        ("no id", "missing field `id`"),
        ("error", "it reported an error: the stove is on fire"),
        ("no admissible", "missing field `admissible`"),
        ("empty admissible", "`admissible` is empty and the episode is not done"),
        ("same actions", "`admissible` holds `wait` twice"),
        ("empty action", "`admissible` holds an empty action"),
        ("nan", "it answered nonsense: expected"),
        ("huge", "number out of range"),
        ("score", "`score` 5 is not within 0 and 1"),
        ("unknown field", "unknown field `expart`"),
    ];
    let fake = Fake::new();
    let mut env = fake.start().open().unwrap();
    let mut first = reset(env.as_mut());
    for (action, expected) in faults {
        let message = process_error(env.step(action).unwrap_err());
        assert!(message.contains(expected), "{action}: {message}");
        assert!(message.contains(&format!("at step `{action}`")), "{action}: {message}");
        assert!(!is_there(first), "{action}: the process is still there");
        assert!(request_error(env.step("win")).contains("reset first"), "{action}: the episode goes on");
        let next = reset(env.as_mut());
        assert_ne!(next, first, "{action}");
        assert!(env.step("win").unwrap().won, "{action}");
        first = reset(env.as_mut());
        assert_eq!(next, first, "{action}");
    }
}

#[test]
fn an_answer_too_many_is_told_at_the_next_request() {
    let fake = Fake::new();
    let mut env = fake.start().open().unwrap();
    reset(env.as_mut());
    env.step("twice").unwrap();
    let message = process_error(env.step("wait").unwrap_err());
    assert!(message.contains("`id` is 2, 3 was asked"), "{message}");
    reset(env.as_mut());
}

#[test]
fn a_hanging_process_is_killed_in_time() {
    let fake = Fake::new();
    let world = Bridge::start(BridgeConfig { step_timeout_s: 0.3, ..fake.config("well") }).unwrap();
    // The last action does not fit into a pipe: writing it must not block us either.
    for action in ["hang".to_owned(), "close output".to_owned(), "hang".repeat(100_000)] {
        let mut env = world.open().unwrap();
        let first = reset(env.as_mut());
        if action.len() > 100 {
            // Busy with this one, it reads nothing more.
            let stopped = Command::new("sh").args(["-c", &format!("kill -STOP {first}")]).status().unwrap();
            assert!(stopped.success());
        }
        let begin = Instant::now();
        let message = process_error(env.step(&action).unwrap_err());
        assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
        let told = if action == "close output" { "it closed its output" } else { "it gave no answer within 0.3 s" };
        assert!(message.contains(told), "{message}");
        assert!(!is_there(first));
        assert_ne!(reset(env.as_mut()), first);
    }
}

#[test]
fn a_flood_on_stderr_neither_blocks_nor_fills_memory() {
    let fake = Fake::new();
    let mut env = fake.start().open().unwrap();
    reset(env.as_mut());
    assert_eq!(env.step("flood").unwrap().observation, "You flood.");
    let message = process_error(env.step("flood and die").unwrap_err());
    assert!(message.len() < 8000, "{} bytes", message.len());
    assert!(!message.contains('\x1b'), "control characters reach the terminal");
    reset(env.as_mut());
}

#[test]
fn a_process_that_cannot_start_says_why() {
    let fake = Fake::new();
    let error = |config: BridgeConfig| Bridge::start(config).err().expect("it must not start");
    let message = process_error(error(fake.config("exits")));
    assert!(message.contains("at the hello: it ended (exit status: 3)"), "{message}");
    assert!(message.contains("no game files: make them first"), "{message}");
    let message = process_error(error(BridgeConfig { start_timeout_s: 0.3, ..fake.config("hangs") }));
    assert!(message.contains("no answer within 0.3 s; it wrote nothing to stderr"), "{message}");
    let message = process_error(error(fake.config("newer")));
    assert!(message.contains("it speaks protocol 2, this program speaks 1"), "{message}");
    let message = process_error(error(fake.config("horizonless")));
    assert!(message.contains("missing field `horizon`"), "{message}");

    let missing = BridgeConfig { command: vec!["/nowhere/world".into()], ..fake.config("well") };
    assert!(matches!(error(missing), WorldError::Io { what, .. } if what == "cannot start `/nowhere/world`"));
    let empty = BridgeConfig { command: vec![], ..fake.config("well") };
    assert!(matches!(error(empty), WorldError::Request(message) if message.contains("world.command is empty")));
    let no_time = BridgeConfig { step_timeout_s: f64::NAN, ..fake.config("well") };
    assert!(matches!(error(no_time), WorldError::Request(message) if message.contains("world.step_timeout_s = NaN")));
}

#[test]
fn a_world_that_changes_during_a_run_is_refused() {
    let fake = Fake::new();
    let mut env = fake.start().open().unwrap();
    reset(env.as_mut());
    fs::write(fake.path("hash"), "h2").unwrap();
    env.step("die").unwrap_err();
    let message = process_error(env.reset("train", 0, 0).unwrap_err());
    assert!(message.contains("the world has changed during the run"), "{message}");
    fs::write(fake.path("hash"), "h1").unwrap();
    reset(env.as_mut());
}

#[test]
fn every_place_has_its_own_process_and_dropping_it_ends_it() {
    let fake = Fake::new();
    let world = fake.start();
    let mut envs: Vec<_> = (0..3).map(|_| world.open().unwrap()).collect();
    let processes: Vec<_> = envs.iter_mut().map(|env| reset(env.as_mut())).collect();
    assert!(processes[0] != processes[1] && processes[1] != processes[2] && processes[0] != processes[2]);
    drop(envs);
    assert!(!processes.iter().any(|&process| is_there(process)));
    assert!(fake.path("closed").exists(), "a process is told before it is killed");
}

#[test]
fn a_process_that_will_not_close_is_killed_with_all_it_started() {
    let fake = Fake::new();
    let mut env = Bridge::start(fake.config("stays")).unwrap().open().unwrap();
    let process = reset(env.as_mut());
    let beats = || fs::metadata(fake.path("heartbeat")).map_or(0, |file| file.len());
    let begin = Instant::now();
    while beats() == 0 {
        assert!(begin.elapsed() < Duration::from_secs(20), "no process was started");
        sleep(Duration::from_millis(5));
    }
    let begin = Instant::now();
    drop(env);
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert!(!is_there(process));
    let counted = beats();
    sleep(Duration::from_millis(200));
    assert_eq!(beats(), counted, "what the process had started still runs");
}

#[test]
fn the_example_of_the_documentation_works() {
    let fake = Fake::new();
    let text = fs::read_to_string("docs/bridge.md").unwrap();
    let (_, code) = text.split_once("```python\n").unwrap();
    fs::write(fake.path("guess.py"), code.split_once("```").unwrap().0).unwrap();
    let command = vec!["python3".into(), fake.path("guess.py").to_str().unwrap().to_owned()];
    let mut env = Bridge::start(BridgeConfig { command, ..fake.config("well") }).unwrap().open().unwrap();
    assert_eq!(env.reset("train", 3, 17).unwrap().task, "find the number.");
    let secret = env.expert().unwrap().unwrap();
    let wrong = if secret == "1" { "2" } else { "1" };
    assert!(!env.step(wrong).unwrap().done);
    assert!(env.step(&secret).unwrap().won);
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_that_leaks_is_replaced_between_episodes() {
    let fake = Fake::new();
    let config = BridgeConfig { memory_mb: Some(150), ..fake.config("well") };
    let mut env = Bridge::start(config).unwrap().open().unwrap();
    let first = reset(env.as_mut());
    assert_eq!(reset(env.as_mut()), first, "a small one stays");
    assert!(!env.step("leak").unwrap().done);
    assert!(env.step("win").unwrap().won, "the episode goes on");
    let second = reset(env.as_mut());
    assert!(second != first && !is_there(first));
    assert_eq!(reset(env.as_mut()), second);
}

#[test]
fn unknown_keys_are_refused() {
    let config: BridgeConfig = toml::from_str("command = ['python3', 'world.py']").unwrap();
    assert_eq!((config.start_timeout_s, config.step_timeout_s), (60.0, 30.0));
    let error = toml::from_str::<BridgeConfig>("command = ['a']\ntimeout = 3").unwrap_err();
    assert!(error.to_string().contains("unknown field `timeout`"), "{error}");
}

#[test]
fn the_recorded_textworld_episodes_are_whole() {
    let text = fs::read_to_string("tests/data/textworld.jsonl").unwrap();
    let episodes: Vec<Trajectory> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(episodes.len() >= 6);
    assert!(episodes.iter().any(|episode| episode.won) && episodes.iter().any(|episode| episode.done && !episode.won));
    for episode in episodes {
        assert!(episode.first.starts_with("-= "), "{}: the banner is still there: {}", episode.id, episode.first);
        for step in &episode.steps {
            assert!(step.admissible.contains(&step.action), "{}: {}", episode.id, step.action);
            assert!(!step.observation.contains("RESTART") && !step.observation.contains("\n>"), "{}", step.observation);
        }
        let total: f64 = episode.steps.iter().map(|step| step.reward).sum();
        assert!((total - episode.score).abs() < 1e-9, "{}: rewards add up to {total}", episode.id);
    }
}
