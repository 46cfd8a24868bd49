//! Several things under way at once, on threads that end with the call.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::Result;

/// So many requests are under way at once. A server answers one after the other on each core, and
/// waits for its disk in between.
const AT_ONCE: usize = 8;

/// Does `work` on each item and gives what came of it, in their order. After an error no more is
/// begun, and the first error is given.
pub(crate) fn each<I: Sync, T: Send>(
    items: &[I],
    work: impl Fn(&I) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    if items.len() < 2 {
        return items.iter().map(work).collect();
    }
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let done: Mutex<Vec<(usize, Result<T>)>> = Mutex::new(Vec::with_capacity(items.len()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(items.len()) {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(place) else { break };
                    let outcome = work(item);
                    if outcome.is_err() {
                        stop.store(true, Ordering::Relaxed);
                    }
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((place, outcome));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ExchangeError;

    #[test]
    fn outcomes_keep_their_order_and_an_error_stops_the_rest() {
        let items: Vec<usize> = (0..100).collect();
        assert_eq!(each(&items, |item| Ok(item * 2)).unwrap()[99], 198);
        let begun = AtomicUsize::new(0);
        let outcome = each(&items, |item| {
            begun.fetch_add(1, Ordering::Relaxed);
            match item {
                3 => Err(ExchangeError::Missing("three".to_owned())),
                _ => {
                    std::thread::sleep(std::time::Duration::from_millis(2));
                    Ok(())
                }
            }
        });
        assert_eq!(outcome.unwrap_err().to_string(), "three");
        assert!(begun.into_inner() < 100);
    }
}
