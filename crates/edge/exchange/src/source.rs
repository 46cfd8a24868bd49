//! Where things come from.

mod mlflow;
mod server;

use catalog::import::ImportedTrace;

use crate::things::{Experiment, LoggedModel, Metric, RegisteredModel, Run};
use crate::{ByteStream, Result};

pub use mlflow::Mlflow;
pub use server::Server;

/// Somewhere that things come from. It is only read.
pub trait Source: Sync {
    /// What it is called in tags and in the history: its address, without a password.
    fn name(&self) -> &str;

    /// All experiments, deleted ones too.
    fn experiments(&self) -> Result<Vec<Experiment>>;

    /// Gives the runs of an experiment to `take`, some at a time, deleted ones too.
    fn runs(&self, experiment: &str, take: &mut dyn FnMut(Vec<Run>) -> Result<()>) -> Result<()>;

    /// The runs with all that belongs to them, where [`Source::runs`] does not give all.
    fn complete(&self, runs: Vec<Run>) -> Result<Vec<Run>> {
        Ok(runs)
    }

    /// All that these runs measured, in their order.
    fn histories(&self, runs: &[&Run]) -> Result<Vec<Vec<Metric>>>;

    /// The logged models of an experiment; deleted ones too, where they can be seen.
    fn logged_models(&self, experiment: &str) -> Result<Vec<LoggedModel>>;

    /// All registered models with their versions, prompts too.
    fn registered_models(&self) -> Result<Vec<RegisteredModel>>;

    /// Gives the traces of an experiment to `take`, some at a time, where they can be had.
    fn traces(
        &self,
        experiment: &str,
        take: &mut dyn FnMut(Vec<ImportedTrace>) -> Result<()>,
    ) -> Result<()>;

    /// All files of a run, a logged model or a trace.
    fn files(&self, of: &Owner<'_>) -> Result<Vec<File>>;

    /// One of these files.
    fn open(&self, of: &Owner<'_>, path: &str) -> Result<ByteStream>;

    /// What the reader should know at the end: that it was written to meanwhile.
    fn remark(&self) -> Option<String> {
        None
    }
}

/// Whose files are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    /// Those of a run.
    Run {
        /// Its id.
        id: &'a str,
        /// Where they are.
        uri: &'a str,
    },
    /// Those of a logged model.
    Model {
        /// Its id.
        id: &'a str,
        /// Where they are.
        uri: &'a str,
    },
    /// Those of a trace.
    Trace {
        /// Its id.
        id: &'a str,
        /// Where they are.
        uri: &'a str,
    },
}

impl<'a> Owner<'a> {
    /// Its id.
    pub fn id(&self) -> &'a str {
        match self {
            Self::Run { id, .. } | Self::Model { id, .. } | Self::Trace { id, .. } => id,
        }
    }

    /// Where the files are.
    pub fn uri(&self) -> &'a str {
        match self {
            Self::Run { uri, .. } | Self::Model { uri, .. } | Self::Trace { uri, .. } => uri,
        }
    }

    /// The folder in the store that a server gives access to, if they are there.
    pub fn proxied(&self) -> Option<&'a str> {
        proxied(self.uri())
    }
}

/// The folder that an address names in the store that a server gives access to.
pub(crate) fn proxied(uri: &str) -> Option<&str> {
    let rest = uri.strip_prefix("mlflow-artifacts:")?;
    let path = match rest.strip_prefix("//") {
        Some(rest) => rest.split_once('/')?.1,
        None => rest,
    };
    Some(path.trim_matches('/'))
}

/// A file of a run, a logged model or a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path below the folder of its owner.
    pub path: String,
    /// How many bytes it has, if that is known.
    pub size: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_behind_a_server_are_known() {
        assert_eq!(proxied("mlflow-artifacts:/1/r/artifacts"), Some("1/r/artifacts"));
        assert_eq!(proxied("mlflow-artifacts://h:5000/1/r"), Some("1/r"));
        assert_eq!(proxied("s3://bucket/1/r"), None);
        assert_eq!(proxied("/home/ann/mlruns/1"), None);
    }
}
