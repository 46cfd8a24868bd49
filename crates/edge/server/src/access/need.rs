//! What an endpoint needs, as words for the table.

use catalog::access::Action;

/// What whoever asks needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing, not even a name.
    Nothing,
    /// To have said who they are.
    Login,
    /// To be an administrator.
    Administrator,
    /// To be allowed to make experiments in the workspace, and to write where its artifacts go.
    CreateExperiment,
    /// To be allowed to do this to all experiments of the workspace: what belongs to it as a whole.
    OnAll(Action),
    /// To be allowed to make a registered model or a prompt, as the tags say.
    CreateModel,
    /// To be allowed to do this to all things that are named there.
    On(Find, Action),
    /// To see something: the experiments that are named are cut down to those that they may read.
    Narrowed,
    /// To see something: of the answer they get what they may read.
    Filtered(List),
    /// To be allowed to do it to these people.
    People(People),
}

/// Where a request says what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Find {
    /// The field `experiment_id`.
    Experiment,
    /// The same; without it, the experiment that is always there.
    ExperimentOrDefault,
    /// The field `experiment_name`.
    ExperimentName,
    /// The list `experiment_ids`.
    Experiments,
    /// The header of those who send traces by OpenTelemetry.
    ExperimentHeader,
    /// The field `run_id`, or by its old name `run_uuid`.
    Run,
    /// The field `run_uuid` of the query, before a body that goes on as it comes.
    RunInQuery,
    /// The list `run_ids`.
    Runs,
    /// The same as several `run_id`.
    RunRepeated,
    /// The run, and the logged models that metrics, inputs or outputs name.
    RunAndModels,
    /// Either the run or the logged model, whichever is named.
    RunOrModel,
    /// The logged model that the path names.
    LoggedModel,
    /// The trace that the path names.
    TraceInPath,
    /// The field `trace_id`.
    Trace,
    /// The list `trace_ids`, or by its old name `request_ids`.
    Traces,
    /// Where a trace that is sent belongs.
    TraceLocation,
    /// Where traces are looked for.
    TraceLocations,
    /// The run; the traces in the list `trace_ids` only have to be readable.
    TracesAndRun,
    /// The evaluation dataset that the path names: all experiments that it is for.
    Dataset,
    /// That, and the list `experiment_ids`.
    DatasetAndExperiments,
    /// The field `name`: a registered model or a prompt.
    Registered,
    /// The same; without it, all of them.
    RegisteredOrAll,
    /// The field `name` of the query, where a body is not looked at.
    RegisteredInQuery,
    /// The registered model that a request for a prediction is about: in its path or a header, or the
    /// one that is served by default.
    Served,
    /// The field `run_id` of the query, or by its old name, where a body is not looked at.
    RunByQuery,
    /// The registered model, and what the version is made of.
    NewVersion,
    /// The path of an artifact, which begins with its experiment.
    ArtifactPath,
    /// The field `path`, which is the path of an artifact.
    ArtifactField,
}

impl Find {
    /// Whether only the path, the query and the headers say it: the body goes on as it comes.
    pub const fn before_body(self) -> bool {
        matches!(
            self,
            Self::ArtifactPath
                | Self::ExperimentHeader
                | Self::RegisteredInQuery
                | Self::RunByQuery
                | Self::RunInQuery
                | Self::Served
        )
    }
}

/// What an answer lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Experiments.
    Experiments,
    /// Registered models and prompts.
    Models,
    /// Versions of them.
    Versions,
}

/// What is done to people, roles and workspaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum People {
    /// Makes an account: those who manage some workspace may.
    Create,
    /// Lists accounts: those who may work in the workspace may.
    List,
    /// Concerns the account `username` alone: they themselves may.
    Oneself,
    /// Shows what `username` may do: they, and those who manage a workspace that they are in.
    Shown,
    /// Shows what `username` may do with a thing: they, and those who manage its workspace.
    ShownOn,
    /// Changes who may do what with a thing: those who manage it, or for `*` the workspace.
    Granted,
    /// Shows a role: those who have one in its workspace.
    RoleShown,
    /// Lists roles: those who have one in each workspace that is named.
    RolesListed,
    /// Changes a role: those who manage its workspace.
    RoleChanged,
    /// Shows a workspace: those who are in it.
    Workspace,
}
