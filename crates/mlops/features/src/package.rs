//! Packages: named sets of features that a mandate uses by one name.
//!
//! Both are Qlib's (`qlib/contrib/data/loader.py`, version 0.9.7), with its names and in its order.
//! Their sources are in Qlib's operators; comparisons are written `Gt` and `Lt`, since the signs
//! would give unknown where Qlib's give 0.

use std::sync::LazyLock;

use crate::Definition;

/// A named set of features.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The name, as in `use = ["alpha158"]`.
    pub name: &'static str,
    /// What it is, and where it comes from.
    pub doc: &'static str,
    /// Its features, in column order.
    pub definitions: Vec<Definition>,
}

/// Every package.
///
/// ```
/// let sizes = features::packages().iter().map(|package| package.definitions.len());
/// assert_eq!(sizes.collect::<Vec<_>>(), [158, 360]);
/// ```
pub fn packages() -> &'static [Package] {
    static ALL: LazyLock<[Package; 2]> = LazyLock::new(|| {
        [
            Package {
                name: "alpha158",
                doc: "Qlib's Alpha158: bars, prices, and 29 statistics over 5, 10, 20, 30 and 60 \
                      days. Needs `open`, `high`, `low`, `close`, `vwap` and `volume`.",
                definitions: alpha158(),
            },
            Package {
                name: "alpha360",
                doc: "Qlib's Alpha360: the prices and volumes of 60 days over the newest. Needs \
                      `open`, `high`, `low`, `close`, `vwap` and `volume`.",
                definitions: alpha360(),
            },
        ]
    });
    &*ALL
}

/// The package of that name.
pub(crate) fn package(name: &str) -> Option<&'static Package> {
    packages().iter().find(|package| package.name == name)
}

const WINDOWS: [usize; 5] = [5, 10, 20, 30, 60];

const BARS: [(&str, &str); 13] = [
    ("KMID", "($close-$open)/$open"),
    ("KLEN", "($high-$low)/$open"),
    ("KMID2", "($close-$open)/($high-$low+1e-12)"),
    ("KUP", "($high-Greater($open,$close))/$open"),
    ("KUP2", "($high-Greater($open,$close))/($high-$low+1e-12)"),
    ("KLOW", "(Less($open,$close)-$low)/$open"),
    ("KLOW2", "(Less($open,$close)-$low)/($high-$low+1e-12)"),
    ("KSFT", "(2*$close-$high-$low)/$open"),
    ("KSFT2", "(2*$close-$high-$low)/($high-$low+1e-12)"),
    ("OPEN0", "$open/$close"),
    ("HIGH0", "$high/$close"),
    ("LOW0", "$low/$close"),
    ("VWAP0", "$vwap/$close"),
];

/// Over each window, which is `#` in the text.
const ROLLING: [(&str, &str); 29] = [
    ("ROC", "Ref($close,#)/$close"),
    ("MA", "Mean($close,#)/$close"),
    ("STD", "Std($close,#)/$close"),
    ("BETA", "Slope($close,#)/$close"),
    ("RSQR", "Rsquare($close,#)"),
    ("RESI", "Resi($close,#)/$close"),
    ("MAX", "Max($high,#)/$close"),
    ("MIN", "Min($low,#)/$close"),
    ("QTLU", "Quantile($close,#,0.8)/$close"),
    ("QTLD", "Quantile($close,#,0.2)/$close"),
    ("RANK", "Rank($close,#)"),
    ("RSV", "($close-Min($low,#))/(Max($high,#)-Min($low,#)+1e-12)"),
    ("IMAX", "IdxMax($high,#)/#"),
    ("IMIN", "IdxMin($low,#)/#"),
    ("IMXD", "(IdxMax($high,#)-IdxMin($low,#))/#"),
    ("CORR", "Corr($close,Log($volume+1),#)"),
    ("CORD", "Corr($close/Ref($close,1),Log($volume/Ref($volume,1)+1),#)"),
    ("CNTP", "Mean(Gt($close,Ref($close,1)),#)"),
    ("CNTN", "Mean(Lt($close,Ref($close,1)),#)"),
    ("CNTD", "Mean(Gt($close,Ref($close,1)),#)-Mean(Lt($close,Ref($close,1)),#)"),
    ("SUMP", "Sum(Greater($close-Ref($close,1),0),#)/(Sum(Abs($close-Ref($close,1)),#)+1e-12)"),
    ("SUMN", "Sum(Greater(Ref($close,1)-$close,0),#)/(Sum(Abs($close-Ref($close,1)),#)+1e-12)"),
    (
        "SUMD",
        "(Sum(Greater($close-Ref($close,1),0),#)-Sum(Greater(Ref($close,1)-$close,0),#))\
         /(Sum(Abs($close-Ref($close,1)),#)+1e-12)",
    ),
    ("VMA", "Mean($volume,#)/($volume+1e-12)"),
    ("VSTD", "Std($volume,#)/($volume+1e-12)"),
    (
        "WVMA",
        "Std(Abs($close/Ref($close,1)-1)*$volume,#)\
         /(Mean(Abs($close/Ref($close,1)-1)*$volume,#)+1e-12)",
    ),
    (
        "VSUMP",
        "Sum(Greater($volume-Ref($volume,1),0),#)/(Sum(Abs($volume-Ref($volume,1)),#)+1e-12)",
    ),
    (
        "VSUMN",
        "Sum(Greater(Ref($volume,1)-$volume,0),#)/(Sum(Abs($volume-Ref($volume,1)),#)+1e-12)",
    ),
    (
        "VSUMD",
        "(Sum(Greater($volume-Ref($volume,1),0),#)-Sum(Greater(Ref($volume,1)-$volume,0),#))\
         /(Sum(Abs($volume-Ref($volume,1)),#)+1e-12)",
    ),
];

fn alpha158() -> Vec<Definition> {
    let bars = BARS.iter().map(|(name, source)| Definition::new(*name, *source));
    let rolling = ROLLING.iter().flat_map(|(name, source)| {
        WINDOWS.map(|rows| {
            let source = source.replace('#', &rows.to_string());
            Definition::new(format!("{name}{rows}"), source)
        })
    });
    bars.chain(rolling).collect()
}

fn alpha360() -> Vec<Definition> {
    let fields = ["close", "open", "high", "low", "vwap", "volume"];
    let lagged = |field: &'static str| {
        let newest = if field == "volume" { "($volume+1e-12)" } else { "$close" };
        (0..60).rev().map(move |rows| {
            let name = format!("{}{rows}", field.to_uppercase());
            Definition::new(name, format!("Ref(${field},{rows})/{newest}"))
        })
    };
    fields.into_iter().flat_map(lagged).collect()
}
