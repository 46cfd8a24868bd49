//! Options of `trimtab serve` about signatures of model versions.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// How versions are signed, and what is asked of them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Signatures")]
pub struct SignatureArgs {
    /// Sign new model versions with this private key (P-256, PEM); the signature is written beside
    /// their files as model.sig
    #[arg(long, env = "TRIMTAB_SIGNING_KEY", hide_env_values = true, value_name = "FILE")]
    signing_key: Option<PathBuf>,
    /// Accept signatures of this public key too, or of signers with a certificate of this root (PEM);
    /// may be given several times
    #[arg(long = "trusted-key", value_name = "FILE")]
    trusted_keys: Vec<PathBuf>,
    /// What becomes of loads of a version that is not signed, or no longer as it was signed; the
    /// policy of a model can ask for more, not for less
    #[arg(long, value_enum, default_value = "off", value_name = "HOW")]
    require_signatures: Require,
}

/// What becomes of a load.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Require {
    /// Nothing
    Off,
    /// It is logged, and the answer says so in a header
    Warn,
    /// It is refused
    Enforce,
}

impl SignatureArgs {
    /// The same in the server's words.
    pub fn read(&self) -> server::Signing {
        server::Signing {
            key: self.signing_key.clone(),
            trusted: self.trusted_keys.clone(),
            require: match self.require_signatures {
                Require::Off => server::Demand::Off,
                Require::Warn => server::Demand::Warn,
                Require::Enforce => server::Demand::Enforce,
            },
        }
    }
}
