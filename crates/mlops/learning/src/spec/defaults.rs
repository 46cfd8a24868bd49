//! What a parameter is where a mandate says nothing.

macro_rules! defaults {
    ($($name:ident: $kind:ty = $value:expr;)*) => {
        $(pub(super) fn $name() -> $kind { $value })*
    };
}

defaults! {
    one: f64 = 1.0;
    half: f64 = 0.5;
    third: f64 = 1.0 / 3.0;
    yes: bool = true;
    alpha: f64 = 0.01;
    smoothing: f64 = 1e-9;
    neighbours: usize = 50;
    trees: usize = 100;
    depth: usize = 3;
    learning_rate: f64 = 0.05;
    min_leaf_weight: f64 = 20.0;
    bins: u16 = 64;
    forest_trees: usize = 200;
    forest_depth: usize = 8;
    forest_bins: u16 = 255;
    min_leaf: usize = 20;
    hidden: Vec<usize> = vec![32];
    epochs: usize = 50;
    batch: usize = 256;
    step: f64 = 1e-3;
    weight_decay: f64 = 1e-4;
}
