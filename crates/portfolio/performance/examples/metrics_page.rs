//! Prints `docs/metrics.md`: `cargo run -p performance --example metrics_page > docs/metrics.md`.
#![allow(clippy::print_stdout)]

fn main() {
    print!("{}", performance::reference_markdown());
}
