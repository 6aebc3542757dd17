//! Writing files so that a run killed at any moment leaves either the old file or the new one, whole.

pub mod log;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Replaces `path` by `bytes`: written beside it, synced, then renamed over it. Permissions of an old file are kept.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::rename(write_beside(path, bytes)?, path)
}

/// Writes `bytes` to a file beside `path`, with the permissions of what stands there.
fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "path has no file name"))?;
    let mut temporary = name.to_owned();
    temporary.push(".part");
    let beside = path.with_file_name(temporary);
    write_synced(&beside, bytes)?;
    if let Ok(old) = fs::metadata(path) {
        fs::set_permissions(&beside, old.permissions())?;
    }
    Ok(beside)
}

/// Replaces several files by their new contents and removes those without one, whole or not at all: everything is written
/// beside its place and synced before the first file is touched. Should a later step fail, what was done is undone.
pub fn write_all_atomic(files: &[(&Path, Option<&[u8]>)]) -> io::Result<()> {
    let mut written: Vec<(PathBuf, &Path)> = Vec::new();
    let forget = |written: &[(PathBuf, &Path)]| written.iter().for_each(|(beside, _)| drop(fs::remove_file(beside)));
    let mut before = Vec::new();
    for (path, bytes) in files {
        let prepared = read_if_there(path).and_then(|old| {
            let beside = bytes.map(|bytes| write_beside(path, bytes)).transpose()?;
            Ok((old, beside))
        });
        match prepared {
            Ok((old, beside)) => {
                before.push((*path, old));
                written.extend(beside.map(|beside| (beside, *path)));
            }
            Err(error) => {
                forget(&written);
                return Err(error);
            }
        }
    }
    let mut removed = files.iter().filter(|(_, bytes)| bytes.is_none());
    let renamed = written.iter().try_for_each(|(beside, path)| fs::rename(beside, path));
    let done = renamed.and_then(|()| removed.try_for_each(|(path, _)| fs::remove_file(path)));
    if done.is_err() {
        // Those that were renamed are not there any more.
        forget(&written);
        for (path, old) in before {
            let undone = match old {
                Some(old) => write_atomic(path, &old),
                None => fs::remove_file(path),
            };
            drop(undone);
        }
    }
    done
}

fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes `folder/name` for each of `files` as one folder that appears whole or not at all: built beside, synced,
/// then renamed. `folder` must not exist. What an earlier crash left of the same folder beside it is replaced.
pub fn write_folder_atomic(folder: &Path, files: &[(&str, &[u8])]) -> io::Result<()> {
    let name =
        folder.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "path has no file name"))?;
    // rename would replace an empty folder without a word.
    if folder.exists() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the folder exists already"));
    }
    let mut temporary = std::ffi::OsString::from(".");
    temporary.push(name);
    temporary.push(".part");
    let beside = folder.with_file_name(temporary);
    match fs::remove_dir_all(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => fs::create_dir_all(&beside)?,
    }
    for (name, bytes) in files {
        write_synced(&beside.join(name), bytes)?;
    }
    sync_folder(&beside)?;
    fs::rename(&beside, folder)?;
    folder.parent().map_or(Ok(()), sync_folder)
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Brings a folder's entries to the disk. Where a folder cannot be opened as a file (Windows), the file system
/// orders renames by itself.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?.sync_all()
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_files_change_together_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [one, two, gone, missing] = ["one", "two", "gone", "missing"].map(|name| folder.path().join(name));
        fs::write(&one, "old").expect("written");
        fs::write(&gone, "there").expect("written");
        let told = |path: &Path| fs::read_to_string(path).ok();
        let count = || fs::read_dir(folder.path()).expect("a folder").count();
        // The last step fails when the others are done: they are undone.
        let broken: [(&Path, Option<&[u8]>); 4] =
            [(&one, Some(b"new")), (&two, Some(b"new")), (&gone, None), (&missing, None)];
        assert!(write_all_atomic(&broken).is_err());
        assert_eq!((told(&one).as_deref(), told(&gone).as_deref(), count()), (Some("old"), Some("there"), 2));
        // Before anything is touched, what was written beside is taken away again.
        let nowhere = folder.path().join("no/folder");
        assert!(write_all_atomic(&[(&one, Some(b"new")), (&nowhere, Some(b"new"))]).is_err());
        assert_eq!((told(&one).as_deref(), count()), (Some("old"), 2));
        assert!(write_all_atomic(&broken[..3]).is_ok());
        assert_eq!((told(&one).as_deref(), told(&two).as_deref(), count()), (Some("new"), Some("new"), 2));
    }
}
