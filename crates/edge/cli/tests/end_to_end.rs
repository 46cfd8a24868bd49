//! scratch
mod common;
#[test]
fn scratch() {
    let world = common::World::default();
    println!("{}", world.prints("run mandate.toml --home home"));
    println!("{}", world.prints("why --home home"));
    let t = std::path::Path::new("/tmp/cliagent/world");
    let _ = std::fs::remove_dir_all(t);
    std::fs::create_dir_all(t).unwrap();
    for f in ["mandate.toml","prices.csv"] { std::fs::copy(world.path(f), t.join(f)).unwrap(); }
}
