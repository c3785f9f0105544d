//! The root directory of an image.

use anyhow::{Context, bail, ensure};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Who the process is: nobody that exists elsewhere.
pub(super) const USER: u32 = 65532;

/// Where systems keep the certificates that they trust; the first that is there is taken.
const CERTIFICATES: [&str; 3] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// A file or directory of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    Directory { mode: u32 },
    File { content: Vec<u8>, mode: u32 },
}

/// The files of an image by their paths, without the leading slash: the binary at the root, and what it needs.
pub(super) fn files(binary: &Path) -> anyhow::Result<BTreeMap<String, Entry>> {
    let read = |path: &Path| std::fs::read(path).with_context(|| format!("read {}", path.display()));
    let name = binary.file_name().and_then(|name| name.to_str()).context("the binary has no name")?;
    let mut files = BTreeMap::new();
    files.insert(name.to_owned(), Entry::File { content: read(binary)?, mode: 0o755 });
    for library in libraries(binary)? {
        let inside = library.strip_prefix("/").context("a library has no absolute path")?.to_string_lossy().into_owned();
        files.insert(inside, Entry::File { content: read(&library)?, mode: 0o755 });
    }
    let certificates = CERTIFICATES.iter().map(Path::new).find(|path| path.exists());
    let certificates = certificates.context("there are no certificates on this machine; install ca-certificates")?;
    let text = |text: String| Entry::File { content: text.into_bytes(), mode: 0o644 };
    files.insert("etc/ssl/certs/ca-certificates.crt".to_owned(), Entry::File { content: read(certificates)?, mode: 0o644 });
    files.insert("etc/passwd".to_owned(), text(format!("nonroot:x:{USER}:{USER}:nonroot:/:/sbin/nologin\n")));
    files.insert("etc/group".to_owned(), text(format!("nonroot:x:{USER}:\n")));
    files.insert("etc/nsswitch.conf".to_owned(), text("hosts: files dns\n".to_owned()));
    files.insert("tmp".to_owned(), Entry::Directory { mode: 0o1777 });
    Ok(with_parents(files))
}

/// Every directory is named before what is in it.
fn with_parents(mut files: BTreeMap<String, Entry>) -> BTreeMap<String, Entry> {
    let parents: Vec<String> = files
        .keys()
        .flat_map(|path| Path::new(path).ancestors().skip(1).map(Path::to_path_buf))
        .filter_map(|path| path.to_str().filter(|path| !path.is_empty()).map(str::to_owned))
        .collect();
    for parent in parents {
        files.entry(parent).or_insert(Entry::Directory { mode: 0o755 });
    }
    files
}

/// The libraries that a binary is linked with, and the loader, as the loader finds them; none for a static binary.
fn libraries(binary: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let output = Command::new("ldd").arg(binary).env("LC_ALL", "C").output().context("run ldd")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let problem = String::from_utf8_lossy(&output.stderr);
        ensure!(problem.contains("not a dynamic executable"), "ldd {}: {problem}", binary.display());
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with("linux-vdso")) {
        let path = line.split_once(" => ").map_or(line, |(_, path)| path);
        let path = path.split(" (").next().unwrap_or_default();
        if path == "statically linked" {
            continue;
        }
        if !path.starts_with('/') {
            bail!("a library is missing on this machine: {line}");
        }
        found.push(PathBuf::from(path));
    }
    Ok(found)
}
