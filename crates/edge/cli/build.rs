//! Binds the binary to its source: the digest of every Rust file but tests, and of the lock file,
//! and the git revision where there is one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let mut files = vec![];
    println!("cargo::rerun-if-changed={}", root.join("crates").display());
    gather(&root.join("crates"), &mut files);
    files.sort();
    let mut source = blake3::Hasher::new();
    for file in &files {
        source.update(&fs::read(file).expect("a listed source file is readable"));
    }
    let lock = fs::read(root.join("Cargo.lock")).expect("a workspace has a lock file");
    source.update(&lock);
    println!("cargo::rustc-env=TRIMTAB_SOURCE={}", source.finalize().to_hex());
    println!("cargo::rustc-env=TRIMTAB_LOCK={}", blake3::hash(&lock).to_hex());
    println!("cargo::rustc-env=TRIMTAB_REVISION={}", revision(&root));
    println!("cargo::rustc-env=TRIMTAB_COMPILER={}", compiler());
    println!("cargo::rustc-env=TRIMTAB_TARGET={}", std::env::var("TARGET").unwrap_or_default());
    for file in &files {
        println!("cargo::rerun-if-changed={}", file.display());
    }
    println!("cargo::rerun-if-changed=../../../Cargo.lock");
    let moves = root.join(".git/logs/HEAD");
    if moves.is_file() {
        println!("cargo::rerun-if-changed={}", moves.display());
    }
}

fn gather(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a source folder is readable").flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("tests") {
            // A new file changes its folder, and the digest.
            println!("cargo::rerun-if-changed={}", path.display());
            gather(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn revision(root: &Path) -> String {
    let said =
        Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).current_dir(root).output();
    match said {
        Ok(said) if said.status.success() => {
            String::from_utf8_lossy(&said.stdout).trim().to_owned()
        }
        _ => "no-git".to_owned(),
    }
}

fn compiler() -> String {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let said = Command::new(rustc).arg("--version").output();
    said.map_or_else(
        |_| String::new(),
        |said| String::from_utf8_lossy(&said.stdout).trim().to_owned(),
    )
}
