//! Files of numbers, and how long something takes.

use std::fs;
use std::path::Path;
use std::time::Instant;

/// What can go wrong: told, not treated.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// All numbers of a file.
pub fn read(folder: &Path, name: &str) -> Outcome<Vec<f64>> {
    let path = folder.join(name);
    let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let (numbers, rest) = bytes.as_chunks::<8>();
    match rest.is_empty() {
        true => Ok(numbers.iter().map(|number| f64::from_le_bytes(*number)).collect()),
        false => Err(format!("{}: {} bytes are no numbers", path.display(), bytes.len()).into()),
    }
}

/// Writes numbers to a file.
pub fn write(folder: &Path, name: &str, numbers: &[f64]) -> Outcome<()> {
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    Ok(fs::write(folder.join(name), bytes)?)
}

/// The median time of one answer in seconds, and the last answer.
pub fn timed<T>(times: usize, mut answer: impl FnMut() -> Outcome<T>) -> Outcome<(f64, T)> {
    let mut seconds = Vec::with_capacity(times);
    let mut last = None;
    for _ in 0..times.max(1) {
        let start = Instant::now();
        last = Some(answer()?);
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    Ok((seconds[seconds.len() / 2], last.ok_or("nothing was asked")?))
}
