//! The files in which tools of AWS keep keys and region: `~/.aws/credentials` and `~/.aws/config`.
//!
//! In: the settings of the process, which name the profile and, if they like, other files. Out:
//! more settings, for what the process's own do not say. The client of S3 does not read these
//! files; a server that follows another onto the same machine would miss its keys.

use std::fs;
use std::path::{Path, PathBuf};

use super::open::{Settings, setting};

/// The keys and the region of the profile, under the names of the environment's variables.
pub(super) fn settings(given: &Settings) -> Settings {
    let profile = setting(given, "AWS_PROFILE").unwrap_or("default");
    let has = |names: &[&str]| names.iter().any(|name| setting(given, name).is_some());
    let mut found = Settings::new();
    if !has(&["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE"]) {
        let file = place(given, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
        let names = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"];
        found.extend(file.iter().flat_map(|file| section(file, profile, &names)));
    }
    if !has(&["AWS_REGION", "AWS_DEFAULT_REGION"]) {
        let file = place(given, "AWS_CONFIG_FILE", "config");
        let title = match profile {
            "default" => "default".to_owned(),
            profile => format!("profile {profile}"),
        };
        let region = file.iter().flat_map(|file| section(file, &title, &["region"]));
        found.extend(region.map(|(_, region)| ("AWS_REGION".to_owned(), region)));
    }
    found
}

/// Where a file is: where its variable says, or in the home folder.
fn place(given: &Settings, variable: &str, name: &str) -> Option<PathBuf> {
    let home = || Some(Path::new(setting(given, "HOME")?).join(".aws").join(name));
    setting(given, variable).map(PathBuf::from).or_else(home)
}

/// What a section of a file says of these names; nothing, if there is no such file.
fn section(file: &Path, title: &str, names: &[&str]) -> Settings {
    let text = fs::read_to_string(file).unwrap_or_default();
    let (mut inside, mut found) = (false, Settings::new());
    for line in text.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            inside = header.split(']').next().is_some_and(|header| header.trim() == title);
        } else if let Some((name, value)) = line.split_once('=')
            && inside
            && names.contains(&name.trim())
        {
            found.push((name.trim().to_ascii_uppercase(), value.trim().to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files of "Configuration and credential file settings", AWS CLI User Guide.
    fn home() -> tempfile::TempDir {
        let home = tempfile::tempdir().expect("a folder");
        fs::create_dir(home.path().join(".aws")).expect("a folder");
        let credentials = "[default]\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\n\
            aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n\n\
            # another\n[user1]\naws_access_key_id=AKIAI44QH8DHBEXAMPLE\n\
            aws_secret_access_key=je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY\n\
            aws_session_token=token=\n";
        let config =
            "[default]\nregion=us-west-2\noutput=json\n\n[profile user1]\nregion=us-east-1\n";
        fs::write(home.path().join(".aws/credentials"), credentials).expect("a file");
        fs::write(home.path().join(".aws/config"), config).expect("a file");
        home
    }

    fn ask(home: &Path, more: &[(&str, &str)]) -> Vec<String> {
        let home = home.to_str().expect("text");
        let home = [("HOME", home)];
        let given = more.iter().chain(&home);
        let given = given.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        settings(&given.collect())
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    }

    #[test]
    fn keys_and_region_are_those_of_the_profile() {
        let home = home();
        let default = [
            "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "AWS_REGION=us-west-2",
        ];
        assert_eq!(ask(home.path(), &[]), default);
        let user1 = [
            "AWS_ACCESS_KEY_ID=AKIAI44QH8DHBEXAMPLE",
            "AWS_SECRET_ACCESS_KEY=je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
            "AWS_SESSION_TOKEN=token=",
            "AWS_REGION=us-east-1",
        ];
        assert_eq!(ask(home.path(), &[("AWS_PROFILE", "user1")]), user1);
        assert_eq!(ask(home.path(), &[("AWS_PROFILE", "none")]), [""; 0]);
        assert_eq!(ask(&home.path().join("nowhere"), &[]), [""; 0]);
    }

    #[test]
    fn what_the_process_says_comes_first() {
        let home = home();
        let given = [("AWS_ACCESS_KEY_ID", "mine"), ("AWS_DEFAULT_REGION", "eu-west-1")];
        assert_eq!(ask(home.path(), &given), [""; 0]);
        assert_eq!(ask(home.path(), &given[..1]), ["AWS_REGION=us-west-2"]);
        let elsewhere = home.path().join("elsewhere");
        let elsewhere = [("AWS_SHARED_CREDENTIALS_FILE", elsewhere.to_str().expect("text"))];
        assert_eq!(ask(home.path(), &elsewhere), ["AWS_REGION=us-west-2"]);
    }
}
