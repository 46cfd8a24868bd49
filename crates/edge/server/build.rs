//! Generates the messages and the service of `proto/inference.proto`, without `protoc`; for the tests,
//! in a folder of its own, also its client.

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto/inference.proto");
    let descriptors = protox::compile(["proto/inference.proto"], ["proto"])?;
    tonic_prost_build::configure().build_client(false).compile_fds(descriptors.clone())?;
    let client = PathBuf::from(std::env::var("OUT_DIR")?).join("client");
    std::fs::create_dir_all(&client)?;
    let own = tonic_prost_build::configure().build_server(false).build_transport(false);
    own.out_dir(client).compile_fds(descriptors)?;
    Ok(())
}
