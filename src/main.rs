//! The `reskill` command; see `reskill::cli`.

fn main() -> std::process::ExitCode {
    reskill::cli::main()
}
