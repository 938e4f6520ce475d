//! Where included scripts come from, and how far an `@` may reach.

use std::io;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

/// The path that `@file` means, relative to the script directory: `@` starts there, `@@` beside the including script.
/// Gives nothing for a path that leaves the directory.
pub(super) fn included(word: &str, nested: bool, including: &Utf8Path) -> Option<Utf8PathBuf> {
    let asked = Utf8Path::new(word);
    if asked.is_absolute() || word.contains("://") || word.contains('\\') {
        return None;
    }
    let base = if nested { including.parent().unwrap_or(Utf8Path::new("")) } else { Utf8Path::new("") };
    let mut found = Utf8PathBuf::new();
    for part in base.join(asked).components() {
        match part {
            Utf8Component::Normal(name) => found.push(name),
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir if found.pop() => {}
            _ => return None,
        }
    }
    found.file_name()?;
    if found.extension().is_none() {
        found.set_extension("sql");
    }
    Some(found)
}

/// A loader for the scripts of a directory. Symbolic links may not lead out of it either.
///
/// # Errors
/// The directory cannot be found.
pub fn directory_loader(
    directory: &Utf8Path,
) -> io::Result<impl Fn(&Utf8Path) -> io::Result<String> + use<>> {
    let root = fs_err::canonicalize(directory)?;
    Ok(move |path: &Utf8Path| {
        let file = fs_err::canonicalize(root.join(path.as_std_path()))?;
        if !file.starts_with(&root) {
            return Err(io::Error::other("a link leads out of the script's directory"));
        }
        fs_err::read_to_string(file)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_the_directory() {
        fn check(word: &str, nested: bool, wanted: Option<&str>) {
            let found = included(word, nested, Utf8Path::new("sub/main.sql"));
            assert_eq!(found.as_deref(), wanted.map(Utf8Path::new), "{word} {nested}");
        }
        check("a.sql", false, Some("a.sql"));
        check("a", true, Some("sub/a.sql"));
        check("../a", true, Some("a.sql"));
        check("../../a", true, None);
        check("../a", false, None);
        check("/etc/passwd", false, None);
        check("https://example.com/a.sql", false, None);
        check("..", false, None);
        check("c:\\a.sql", false, None);
    }

    #[test]
    fn links_do_not_leave_it_either() {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(dir.path()).unwrap();
        fs_err::create_dir_all(root.join("in")).unwrap();
        fs_err::write(root.join("out.sql"), "x").unwrap();
        fs_err::write(root.join("in/a.sql"), "select 1 from dual;").unwrap();
        fs_err::os::unix::fs::symlink(root.join("out.sql"), root.join("in/b.sql")).unwrap();
        let load = directory_loader(&root.join("in")).unwrap();
        assert!(load(Utf8Path::new("a.sql")).is_ok());
        assert!(load(Utf8Path::new("b.sql")).is_err());
    }
}
