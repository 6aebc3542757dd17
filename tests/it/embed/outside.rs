//! The example pasted into a crate of its own, which knows reskill only as a dependency without features.

use std::fs;
use std::path::Path;
use std::process::Command;

const EXAMPLE: &str = include_str!("../../../examples/embed.rs");

const SAYS: &str = "\
heat_then_place.warm_up: Heat the mug 1 before you carry it to the coffeemachine.
go to microwave 1: [Prefer]
put mug 1 in/on coffeemachine 1: [Avoid]
[[Vacuous, Satisfied]]
";

#[test]
fn the_example_runs_in_a_crate_of_its_own() {
    assert!(EXAMPLE.lines().count() < 40, "an example that is read at a glance");
    let repo = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    };
    write(
        "Cargo.toml",
        &format!(
            "[package]\nname = \"stranger\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
             [dependencies]\nreskill = {{ path = {repo:?}, default-features = false }}\n"
        ),
    );
    write("Cargo.lock", &fs::read_to_string(repo.join("Cargo.lock")).expect("read"));
    write("src/main.rs", EXAMPLE);
    // The skills that it includes stand beside its `src`, as they stand beside `examples` here.
    let included: Vec<&str> = EXAMPLE.split('"').filter_map(|text| text.strip_prefix("../")).collect();
    assert!(!included.is_empty());
    for name in included {
        write(name, &fs::read_to_string(repo.join(name)).expect("a skill"));
    }
    // What is built stays: only the first time takes long.
    let run = Command::new(env!("CARGO"))
        .args(["run", "--offline", "--quiet", "--target-dir", concat!(env!("CARGO_TARGET_TMPDIR"), "/outside")])
        .current_dir(folder.path())
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo starts");
    let told = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{told}");
    assert_eq!((String::from_utf8_lossy(&run.stdout).as_ref(), told.as_ref()), (SAYS, ""));
}
