//! Tells the linker where libtorch lies at run time, so that no one has to set `LD_LIBRARY_PATH`.
//!
//! In: `LIBTORCH` (set in `.cargo/config.toml`, or your own), or `LIBTORCH_USE_PYTORCH` for the libraries of an installed
//! PyTorch: the same rules by which torch-sys finds them at build time. Out: an rpath with the folder's absolute path.
//! Without the feature `train` nothing links to libtorch and nothing happens here.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_TRAIN").is_none() {
        return;
    }
    for name in ["LIBTORCH", "LIBTORCH_LIB", "LIBTORCH_USE_PYTORCH", "VIRTUAL_ENV"] {
        println!("cargo:rerun-if-env-changed={name}");
    }
    match libraries() {
        Ok(folder) => println!("cargo:rustc-link-arg=-Wl,-rpath,{}", folder.display()),
        Err(message) => {
            eprintln!("{message}");
            std::process::exit(1);
        }
    }
}

/// The folder with libtorch's shared libraries, absolute; or what to do about its absence.
fn libraries() -> Result<PathBuf, String> {
    if std::env::var_os("LIBTORCH_USE_PYTORCH").is_some() {
        return of_pytorch();
    }
    let base = std::env::var_os("LIBTORCH_LIB").or_else(|| std::env::var_os("LIBTORCH")).ok_or(
        "LIBTORCH is not set: build inside the repository (its .cargo/config.toml sets it), or set LIBTORCH_USE_PYTORCH=1",
    )?;
    let folder = Path::new(&base).join("lib");
    folder.canonicalize().map_err(|error| {
        format!(
            "no libtorch in {}: {error}. Run `make libtorch`, or set LIBTORCH_USE_PYTORCH=1 to use an installed PyTorch 2.11, \
             or build without the feature `train`",
            folder.display()
        )
    })
}

fn of_pytorch() -> Result<PathBuf, String> {
    let python = if std::env::var_os("VIRTUAL_ENV").is_some() { "python" } else { "python3" };
    let script = "import torch, pathlib; print(pathlib.Path(torch.__file__).parent / 'lib')";
    let output = Command::new(python).args(["-c", script]).output().map_err(|error| format!("{python}: {error}"))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(format!("LIBTORCH_USE_PYTORCH is set, but {python} cannot import torch: {}", reason.trim()));
    }
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}
