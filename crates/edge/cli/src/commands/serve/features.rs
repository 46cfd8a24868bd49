//! Options of `trimtab serve` about features.

use clap::Args;

/// Whether features are served, and from where.
#[derive(Debug, Args)]
#[command(next_help_heading = "Features")]
pub struct FeatureArgs {
    /// Serve the newest values of the home's feature store in Feast's protocol: /get-online-features,
    /// /push, /write-to-online-store, /materialize, /materialize-incremental
    #[arg(long)]
    features: bool,
    /// Keep them here: a file, redis://[USER:PASSWORD@]HOST[:PORT][/DB] or rediss://…; an address with
    /// a password is better given in TRIMTAB_ONLINE [default: online.redb in the home folder]
    #[arg(long, value_name = "ADDRESS", requires = "features")]
    online: Option<String>,
}

impl FeatureArgs {
    /// The same in the server's words.
    pub fn read(&self) -> Option<server::Features> {
        let told = || std::env::var("TRIMTAB_ONLINE").ok().filter(|address| !address.is_empty());
        self.features.then(|| server::Features { online: self.online.clone().or_else(told) })
    }
}
