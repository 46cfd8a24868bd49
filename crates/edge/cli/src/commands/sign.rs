//! `trimtab sign`: signs a model on disk, or holds it against its signature.
//!
//! The format is that of OpenSSF model signing: `model_signing verify key` accepts what is signed
//! here, and `--verify` what that tool signed with a key.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use serde::Serialize;
use signing::{GIT_PATHS, Hashing, Ignored, Manifest, SIGNATURE_FILE, Sha256, SigningKey, Trust};

use crate::commands::Found;
use crate::commands::report::save;
use crate::show::{Format, count, json, say};

/// Options of `trimtab sign`.
#[derive(Debug, Args)]
pub struct SignArgs {
    /// The folder of the model
    folder: PathBuf,
    /// The key, P-256 in PEM: the private one to sign; to verify the public one, or the certificates
    /// that may issue the signer's
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Verify the signature and the files in place of signing
    #[arg(long)]
    verify: bool,
    /// The signature [default: model.sig in the folder]
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Leave this path of the folder out, with all below it
    #[arg(long, value_name = "PATH")]
    ignore: Vec<String>,
    /// Sign git's own files too: .git, .gitattributes, .github, .gitignore
    #[arg(long, conflicts_with = "verify")]
    with_git: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What was signed, or what was found.
#[derive(Debug, Serialize)]
struct Outcome {
    model: String,
    files: usize,
    signature: PathBuf,
    /// The digest of the statement that is signed.
    statement: Option<String>,
    problems: Vec<String>,
}

/// Signs or verifies.
pub fn sign(args: &SignArgs) -> anyhow::Result<Found> {
    let folder = fs::canonicalize(&args.folder)
        .with_context(|| format!("model {}", args.folder.display()))?;
    if !folder.is_dir() {
        bail!("model {}: it is no folder", args.folder.display());
    }
    let outcome = if args.verify { verified(args, &folder)? } else { signed(args, &folder)? };
    match args.format {
        Format::Json => json(&outcome)?,
        Format::Table => print(&outcome, args.verify),
    }
    Ok(if outcome.problems.is_empty() { Found::AllWell } else { Found::Disagreement })
}

/// Reads a private key.
pub fn private_key(file: &Path) -> anyhow::Result<SigningKey> {
    let said = || format!("key {}", file.display());
    SigningKey::from_pem(&fs::read_to_string(file).with_context(said)?).with_context(said)
}

fn trusted(file: &Path) -> anyhow::Result<Trust> {
    let said = || format!("key {}", file.display());
    Trust::from_pem(&fs::read_to_string(file).with_context(said)?).with_context(said)
}

fn signed(args: &SignArgs, folder: &Path) -> anyhow::Result<Outcome> {
    let key = private_key(&args.key)?;
    let file = signature_file(args, folder);
    let git = GIT_PATHS.into_iter().filter(|_| !args.with_git).map(str::to_owned);
    let ignored = Ignored::new(git.chain(left_out(args, folder, &file)));
    let Hashed { files, links } = hash(folder, &ignored)?;
    if let Some(link) = links.first() {
        bail!("`{link}` is a link, and links are not signed: put the file itself in its place");
    }
    let manifest = Manifest::new(&name(folder), ignored, files)
        .with_context(|| format!("model {}", args.folder.display()))?;
    save(&file, manifest.sign(&key).as_bytes())?;
    Ok(Outcome {
        model: manifest.model().to_owned(),
        files: manifest.files().len(),
        signature: file,
        statement: Some(Sha256::of(manifest.statement().as_bytes()).to_string()),
        problems: vec![],
    })
}

fn verified(args: &SignArgs, folder: &Path) -> anyhow::Result<Outcome> {
    let trust = trusted(&args.key)?;
    let file = signature_file(args, folder);
    let bytes = fs::read(&file).with_context(|| format!("signature {}", file.display()))?;
    let mut outcome = Outcome {
        model: name(folder),
        files: 0,
        signature: file,
        statement: None,
        problems: vec![],
    };
    let signed = match signing::open(&bytes, &trust) {
        Ok(signed) => signed,
        Err(error) => {
            outcome.problems.push(error.to_string());
            return Ok(outcome);
        }
    };
    let own = left_out(args, folder, &outcome.signature);
    let ignored = Ignored::new(signed.manifest.ignored().paths().iter().cloned().chain(own));
    let Hashed { files, links } = hash(folder, &ignored)?;
    let differences = signed.manifest.differences(files);
    let expected = signed.manifest.files().iter().filter(|(name, _)| !ignored.covers(name));
    outcome.files = expected.count();
    outcome.statement = Some(signed.statement.to_string());
    outcome.problems = links.iter().map(|link| format!("`{link}` is a link")).collect();
    outcome.problems.extend(
        differences
            .iter()
            .filter(|difference| !ignored.covers(difference.name()))
            .map(ToString::to_string),
    );
    Ok(outcome)
}

fn signature_file(args: &SignArgs, folder: &Path) -> PathBuf {
    args.signature.clone().unwrap_or_else(|| folder.join(SIGNATURE_FILE))
}

/// The name of a model on disk is that of its folder.
fn name(folder: &Path) -> String {
    folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// What is left out beside git's files: what was asked for, and the signature itself.
fn left_out(args: &SignArgs, folder: &Path, signature: &Path) -> Vec<String> {
    let parent = signature.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = fs::canonicalize(parent.unwrap_or(Path::new("."))).unwrap_or_default();
    let place = parent.join(signature.file_name().unwrap_or_default());
    let own = place.strip_prefix(folder).ok().and_then(Path::to_str).map(str::to_owned);
    args.ignore.iter().cloned().chain(own).collect()
}

/// The files of a folder, and the links in it, which are not followed.
#[derive(Debug, Default)]
struct Hashed {
    files: Vec<(String, Sha256)>,
    links: Vec<String>,
}

fn hash(folder: &Path, ignored: &Ignored) -> anyhow::Result<Hashed> {
    let (mut hashed, mut waiting) = (Hashed::default(), vec![folder.to_owned()]);
    while let Some(dir) = waiting.pop() {
        for entry in fs::read_dir(&dir).with_context(|| dir.display().to_string())? {
            let entry = entry.with_context(|| dir.display().to_string())?;
            let path = entry.path();
            let Some(name) = path.strip_prefix(folder).ok().and_then(Path::to_str) else {
                bail!("{}: its name is not UTF-8: rename it", path.display());
            };
            if ignored.covers(name) {
                continue;
            }
            let kind = entry.file_type().with_context(|| path.display().to_string())?;
            if kind.is_symlink() {
                hashed.links.push(name.to_owned());
            } else if kind.is_dir() {
                waiting.push(path);
            } else if kind.is_file() {
                let digest = digest(&path).with_context(|| path.display().to_string())?;
                hashed.files.push((name.to_owned(), digest));
            } else {
                bail!("{}: it is neither a file nor a folder: remove it", path.display());
            }
        }
    }
    hashed.links.sort();
    Ok(hashed)
}

fn digest(path: &Path) -> std::io::Result<Sha256> {
    let (mut file, mut hashing) = (File::open(path)?, Hashing::default());
    let mut piece = vec![0; 1 << 20];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(hashing.finish()),
            Ok(length) => hashing.take(&piece[..length]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn print(outcome: &Outcome, verify: bool) {
    let (model, files) = (&outcome.model, count(outcome.files, "file"));
    if !outcome.problems.is_empty() {
        say(&format!("NOT AS SIGNED: {model}"));
        outcome.problems.iter().for_each(|problem| say(&format!("  {problem}")));
        return;
    }
    match verify {
        true => say(&format!("{model}: {files} as they were signed")),
        false => say(&format!("{model}: {files} signed in {}", outcome.signature.display())),
    }
}
