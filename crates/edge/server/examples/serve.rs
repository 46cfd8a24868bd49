//! A tracking server within another program: `cargo run -p server --example serve -- PORT HOME`.

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let port: u16 = args.next().ok_or("which port?")?.parse()?;
    let home = args.next().ok_or("which home folder?")?;
    let options = server::Options::new(([127, 0, 0, 1], port).into(), home.into());
    server::serve(options, |address, _| eprintln!("serving on http://{address}")).await?;
    Ok(())
}
