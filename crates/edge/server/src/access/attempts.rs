//! How often somebody failed to say who they are, so that passwords cannot be tried out.
//!
//! Counted per name and address. After a few failures each further one has to wait, twice as long
//! every time. An attempt counts from its beginning, so that many at once do not slip through.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// So many failures cost nothing.
const FREE: u32 = 5;

/// The longest wait.
const LONGEST: Duration = Duration::from_secs(300);

/// After so long without an attempt all is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(900);

/// So many names and addresses are remembered.
const REMEMBERED: usize = 20_000;

/// Failures by name and address.
#[derive(Default)]
pub struct Attempts {
    hasher: RandomState,
    tried: Mutex<HashMap<u64, Tried>>,
}

#[derive(Clone, Copy)]
struct Tried {
    count: u32,
    last: Instant,
}

impl Tried {
    fn free_at(self) -> Instant {
        match self.count.checked_sub(FREE) {
            None => self.last,
            Some(beyond) => self.last + LONGEST.min(Duration::from_secs(1 << beyond.min(16))),
        }
    }
}

impl Attempts {
    /// An attempt begins; or how long must be waited before there can be one.
    pub fn begin(&self, name: &str, from: IpAddr, now: Instant) -> Result<(), Duration> {
        let key = self.key(name, from);
        let mut tried = self.tried.lock().expect("no holder of the lock panics");
        make_room(&mut tried, now);
        let one = tried.entry(key).or_insert(Tried { count: 0, last: now });
        if now.duration_since(one.last) > FORGOTTEN {
            *one = Tried { count: 0, last: now };
        }
        let free_at = one.free_at();
        if free_at > now {
            return Err(free_at - now);
        }
        *one = Tried { count: one.count + 1, last: now };
        Ok(())
    }

    /// The attempt was right: what went before is forgotten.
    pub fn succeeded(&self, name: &str, from: IpAddr) {
        let key = self.key(name, from);
        self.tried.lock().expect("no holder of the lock panics").remove(&key);
    }

    fn key(&self, name: &str, from: IpAddr) -> u64 {
        self.hasher.hash_one((name, network(from)))
    }
}

/// Whoever has an address of version 6 has 2^64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
        address => address,
    }
}

fn make_room(tried: &mut HashMap<u64, Tried>, now: Instant) {
    if tried.len() < REMEMBERED {
        return;
    }
    tried.retain(|_, one| now.duration_since(one.last) <= FORGOTTEN);
    if tried.len() >= REMEMBERED {
        let mut ages: Vec<Instant> = tried.values().map(|one| one.last).collect();
        ages.sort_unstable();
        let middle = ages[ages.len() / 2];
        tried.retain(|_, one| one.last > middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "192.0.2.1";

    fn at(from: &str) -> IpAddr {
        from.parse().unwrap()
    }

    #[test]
    fn after_a_few_failures_each_waits_twice_as_long() {
        let (attempts, start) = (Attempts::default(), Instant::now());
        for _ in 0..FREE {
            attempts.begin("ada", at(HERE), start).unwrap();
        }
        let mut now = start;
        for wait in [1, 2, 4, 8] {
            let left = attempts.begin("ada", at(HERE), now).unwrap_err();
            assert_eq!(left, Duration::from_secs(wait));
            now += left;
            attempts.begin("ada", at(HERE), now).unwrap();
        }
        attempts.begin("bob", at(HERE), now).unwrap();
        attempts.begin("ada", at("192.0.2.2"), now).unwrap();
        attempts.begin("ada", at(HERE), now + LONGEST).unwrap();
        attempts.begin("ada", at(HERE), now + LONGEST + FORGOTTEN * 2).unwrap();
        attempts.begin("ada", at(HERE), now + LONGEST + FORGOTTEN * 2).unwrap();
    }

    #[test]
    fn success_forgets_and_a_network_is_one_address() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        for _ in 0..FREE {
            attempts.begin("ada", at("2001:db8::1"), now).unwrap();
        }
        attempts.begin("ada", at("2001:db8::ffff:2"), now).unwrap_err();
        attempts.begin("ada", at("2001:db8:0:1::1"), now).unwrap();
        attempts.succeeded("ada", at("2001:db8::3"));
        attempts.begin("ada", at("2001:db8::1"), now).unwrap();
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (attempts, start) = (Attempts::default(), Instant::now());
        for number in 0..REMEMBERED * 2 {
            let now = start + Duration::from_millis(number as u64);
            let _ = attempts.begin(&number.to_string(), at(HERE), now);
        }
        assert!(attempts.tried.lock().unwrap().len() <= REMEMBERED);
    }
}
