//! How long `reskill check` takes on a bank of 1,000 skills, about 1 MB, and how much memory. In: the skills of this
//! repository, renamed until there are enough; out: the median of five runs of the real program, beside the bare parser on
//! the same text, on standard output and in `target/bench/check.json`.
//!
//! `SKILLS=FOLDER` takes the skills from elsewhere.

use std::ffi::{c_int, c_long};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;
use std::{fs, io};

use pest::Parser as _;
use reskill::lang::check::check;
use reskill::lang::load::load;
use reskill::lang::parse::parse;
use reskill::lang::source::Source;
use serde_json::json;

/// The grammar alone: what no reader of these files can be faster than.
#[derive(pest_derive::Parser)]
#[grammar = "../grammar/skill.pest"]
struct Grammar;

const SKILLS: usize = 1000;
const RUNS: usize = 5;
/// What the project wants of the program on this bank.
const GOAL_SECONDS: f64 = 0.5;
const GOAL_MEGABYTES: f64 = 200.0;

fn main() -> io::Result<()> {
    let results = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench");
    fs::create_dir_all(&results)?;
    let bank = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let from = std::env::var("SKILLS").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/skills").to_owned());
    let bytes = write_bank(Path::new(&from), bank.path())?;

    // The program first: the memory of a child counts from what its parent had.
    let mut walls = Vec::new();
    for run in 0..=RUNS {
        let begun = Instant::now();
        let output = Command::new(env!("CARGO_BIN_EXE_reskill")).arg("check").arg(bank.path()).output()?;
        if run > 0 {
            walls.push(begun.elapsed().as_secs_f64());
        }
        fail_unless_clean(&output)?;
    }
    let megabytes = peak_of_children()? as f64 / 1024.0;
    let wall = median(&mut walls);

    let files = load(&[bank.path().to_owned()]).map_err(io::Error::other)?.files;
    let bare = timed(|| files.iter().for_each(|file| bare_parse(&file.text)));
    let parsed = timed(|| files.iter().for_each(|file| drop(parse(&file.text))));
    let checked = timed(|| drop(check(&files)));

    println!("reskill check on {SKILLS} skills, {} files, {:.2} MB", files.len(), bytes as f64 / 1e6);
    println!(
        "  whole program        {wall:.3} s, {megabytes:.0} MB at most (median of {RUNS}; goal {GOAL_SECONDS} s, {GOAL_MEGABYTES} MB)"
    );
    println!("  bare pest parse      {bare:.3} s (same text, in this process)");
    println!("  parse into trees     {parsed:.3} s");
    println!("  parse and check      {checked:.3} s");
    let report = json!({
        "skills": SKILLS, "files": files.len(), "bytes": bytes, "wall_s": walls, "median_s": wall, "peak_mb": megabytes,
        "bare_pest_parse_s": bare, "parse_s": parsed, "parse_and_check_s": checked,
        "goal": { "median_s": GOAL_SECONDS, "peak_mb": GOAL_MEGABYTES },
        "met": wall < GOAL_SECONDS && megabytes < GOAL_MEGABYTES,
    });
    fs::write(results.join("check.json"), format!("{report:#}\n"))
}

/// Writes every domain below `from` once, and its skills under new names until there are [`SKILLS`]; the bytes in all.
fn write_bank(from: &Path, to: &Path) -> io::Result<usize> {
    let loaded = load(&[PathBuf::from(from)]).map_err(io::Error::other)?;
    let mut domains = String::new();
    // By file: the skills, each cut before its name.
    let mut skills: Vec<Vec<(String, String)>> = Vec::new();
    for file in &loaded.files {
        let source = Source::new(&file.text).map_err(|d| io::Error::other(d.message))?;
        let mut here = Vec::new();
        let mut end = 0;
        for chunk in source.chunks().0 {
            let (lead, text) = (&file.text[end..chunk.range().start], source.slice(chunk));
            end = chunk.range().end;
            match text.strip_prefix("skill ") {
                Some(named) => here.push((format!("{lead}skill "), named.to_owned())),
                None => domains.extend([lead, text, "\n"]),
            }
        }
        if !here.is_empty() {
            skills.push(here);
        }
    }
    if skills.is_empty() {
        return Err(io::Error::other(format!("no skill below {}", from.display())));
    }
    fs::write(to.join("domains.skill"), &domains)?;
    let mut bytes = domains.len();
    let mut written = 0;
    for (number, file) in skills.iter().cycle().enumerate() {
        let mut text = String::new();
        for (lead, named) in file.iter().take(SKILLS - written) {
            let (name, rest) = named.split_once(' ').unwrap_or((named, ""));
            let rest = rest.trim_end().strip_suffix('}').unwrap_or(rest);
            // An assertion of its own: copies of one meaning would be findings.
            let own = format!("assert copy_{number}: at most {} times repeated", 1000 + number);
            text.push_str(&format!("{lead}{name}_{number} {rest}    {own}\n}}\n"));
            written += 1;
        }
        fs::write(to.join(format!("skills_{number}.skill")), &text)?;
        bytes += text.len();
        if written == SKILLS {
            break;
        }
    }
    Ok(bytes)
}

fn fail_unless_clean(output: &Output) -> io::Result<()> {
    let said = String::from_utf8_lossy(&output.stdout);
    let clean = output.status.success() && said.contains(&format!("{SKILLS} skills"));
    clean.then_some(()).ok_or_else(|| {
        let beginning: String = said.chars().take(4000).collect();
        io::Error::other(format!(
            "`reskill check` found something: {beginning}{}",
            String::from_utf8_lossy(&output.stderr)
        ))
    })
}

fn bare_parse(text: &str) {
    let source = Source::new(text).expect("a file that was checked");
    for chunk in source.chunks().0 {
        Grammar::parse(Rule::single, source.slice(chunk)).expect("an item that was checked");
    }
}

fn timed(work: impl Fn()) -> f64 {
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed().as_secs_f64()
        })
        .collect();
    median(&mut times)
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The most memory that any child so far has held, in KiB.
fn peak_of_children() -> io::Result<c_long> {
    const CHILDREN: c_int = -1;
    /// Two times of two fields each, the peak, and thirteen more.
    type Usage = [c_long; 18];
    unsafe extern "C" {
        fn getrusage(who: c_int, usage: *mut Usage) -> c_int;
    }
    let mut usage: Usage = [0; 18];
    // SAFETY: `usage` is as large as the `struct rusage` of 64-bit Linux, and outlives the call.
    match unsafe { getrusage(CHILDREN, &mut usage) } {
        0 => Ok(usage[4]),
        _ => Err(io::Error::last_os_error()),
    }
}
