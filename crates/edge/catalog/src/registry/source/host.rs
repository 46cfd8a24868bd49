//! Which host a source leads to, and whether that is one of ours.

use super::super::uri::Uri;
use crate::CatalogError;

/// Refuses a source by which the server, or a client of it, would be led to a host that is not one
/// of those where this server keeps artifacts (`roots`).
pub fn check_host(source: &str, roots: &[&str]) -> Result<(), CatalogError> {
    let uri = Uri::of(source);
    let Some(targets) = targets(&uri) else { return Ok(()) };
    let trusted: Vec<Target> =
        roots.iter().filter_map(|root| self::targets(&Uri::of(root))).flatten().collect();
    if targets.iter().any(|target| trusted.contains(target)) {
        return Ok(());
    }
    let scheme = uri.scheme;
    Err(CatalogError::invalid(format!(
        "'source' cannot use the '{scheme}' scheme: the '{scheme}' scheme addresses a host other \
         than the tracking server's configured artifact storage, so the server would connect to \
         the host named in the URI. Put the files where this server keeps artifacts."
    )))
}

/// A family of schemes, a host and a port, if it is known.
type Target = (&'static str, String, Option<u16>);

/// The hosts that an address leads to; `None` if it does not choose one.
fn targets(uri: &Uri<'_>) -> Option<Vec<Target>> {
    let (family, ports): (_, &[u16]) = match uri.scheme.as_str() {
        "ftp" => ("ftp", &[21]),
        "sftp" => ("sftp", &[22]),
        "hdfs" | "viewfs" => ("hdfs", &[]),
        "http" => ("http", &[80]),
        "https" => ("http", &[443]),
        "mlflow-artifacts" if uri.authority.is_empty() => return None,
        "mlflow-artifacts" => ("http", &[80, 443]),
        "r2" => ("r2", &[443]),
        "b2" => ("b2", &[443]),
        "abfss" => ("abfss", &[443]),
        _ => return None,
    };
    let odd = uri.authority.contains(|c: char| c == '\\' || c.is_whitespace());
    let target = |port| (family, uri.host(), port);
    Some(match uri.port() {
        _ if odd => vec![],
        Err(()) => vec![],
        Ok(Some(port)) => vec![target(Some(port))],
        Ok(None) if ports.is_empty() => vec![target(None)],
        Ok(None) => ports.iter().map(|port| target(Some(*port))).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_leads_to_no_other_host() {
        let roots = ["mlflow-artifacts:/", "https://store:8443/a"];
        for good in
            ["s3://bucket/a", "mlflow-artifacts:/1/x", "/a", "https://store:8443/b", "runs:/r/m"]
        {
            check_host(good, &roots).unwrap();
        }
        for bad in [
            "http://store/a",
            "https://store/a",
            "ftp://store/a",
            "mlflow-artifacts://store/a",
            "abfss://c@account.dfs.core.windows.net/a",
            "https://store:8443\\@other/a",
            "https://store:x/a",
        ] {
            check_host(bad, &roots).unwrap_err();
        }
    }
}
