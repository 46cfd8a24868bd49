//! Webhooks and what waits to be told. Several tellers share it.

mod common;

use catalog::webhooks::{self, Action, Entity, Event, Given, Status};
use catalog::{CatalogError, Code};
use database::{Database, Tx};

const HOME: &str = "default";

fn write<T: Send + 'static>(
    db: &Database,
    work: impl FnMut(&mut Tx<'_>) -> Result<T, CatalogError> + Send + 'static,
) -> Result<T, CatalogError> {
    db.write_blocking(work)
}

fn given(name: &str) -> Given {
    let made = Event { entity: Entity::Prompt, action: Action::Created };
    Given {
        name: Some(name.into()),
        url: Some("https://example.com/x".into()),
        events: Some(vec![made, made]),
        secret: Some(vec![1, 2, 3]),
        ..Given::default()
    }
}

fn make(db: &Database, workspace: &'static str, name: &'static str) -> String {
    write(db, move |tx| webhooks::create(tx, workspace, &given(name), 5)).unwrap().webhook_id
}

fn raise(db: &Database, workspace: &'static str, count: usize) {
    write(db, move |tx| {
        for _ in 0..count {
            webhooks::raise(tx, workspace, Entity::Prompt, Action::Created, "{}", 10)?;
        }
        Ok(())
    })
    .unwrap();
}

fn claim(db: &Database, now: i64, max: usize) -> Vec<webhooks::Delivery> {
    write(db, move |tx| webhooks::claim(tx, now, now + 100, max)).unwrap()
}

#[test]
fn what_is_not_given_stays() {
    common::on_each(|db| {
        let id = make(db, HOME, "w");
        let change = |given: Given| {
            let id = id.clone();
            write(db, move |tx| webhooks::update(tx, HOME, &id, &given, 9))
        };
        let found = change(Given::default()).unwrap();
        assert_eq!((found.name.as_str(), found.secret), ("w", Some(vec![1, 2, 3])));
        assert_eq!((found.creation_timestamp, found.last_updated_timestamp), (5, 9));
        assert_eq!(found.events.len(), 1);
        let found = change(Given {
            description: Some("d".into()),
            secret: Some(vec![]),
            status: Some(Status::Disabled),
            ..Given::default()
        });
        let found = found.unwrap();
        assert_eq!((found.description.as_str(), found.secret), ("d", None));
        assert_eq!(found.status, Status::Disabled);
        change(Given { events: Some(vec![]), ..Given::default() }).unwrap_err();
        let elsewhere = id.clone();
        let error = write(db, move |tx| webhooks::get(tx, "other", &elsewhere)).unwrap_err();
        assert_eq!(error.code, Code::ResourceDoesNotExist);
        assert_eq!(error.message, format!("Webhook with ID {id} not found."));
    });
}

#[test]
fn each_delivery_is_taken_once_until_its_lease_ends() {
    common::on_each(|db| {
        make(db, HOME, "a");
        make(db, HOME, "b");
        make(db, "other", "c");
        raise(db, HOME, 3);
        assert_eq!(write(db, webhooks::next_due).unwrap(), Some(10));
        let first = claim(db, 10, 4);
        let second = claim(db, 10, 4);
        assert_eq!((first.len(), second.len()), (4, 2));
        let mut ids: Vec<i64> = first.iter().chain(&second).map(|one| one.id).collect();
        ids.dedup();
        assert_eq!(ids.len(), 6);
        assert!(first.iter().all(|one| one.attempt == 1 && one.workspace == HOME));
        assert!(claim(db, 109, 9).is_empty());
        assert_eq!(write(db, webhooks::next_due).unwrap(), Some(110));
        let again = claim(db, 110, 9);
        assert_eq!(again.len(), 6);
        assert!(again.iter().all(|one| one.attempt == 2));

        let (done, later) = (again[0].id, again[1].id);
        write(db, move |tx| {
            webhooks::arrived(tx, done)?;
            webhooks::failed(tx, later, 150)
        })
        .unwrap();
        assert!(claim(db, 149, 9).is_empty());
        let due = claim(db, 150, 9);
        assert_eq!(due.iter().map(|one| (one.id, one.attempt)).collect::<Vec<_>>(), [(later, 3)]);
        assert_eq!(claim(db, 500, 9).len(), 5);
    });
}

#[test]
fn tellers_at_once_do_not_take_the_same() {
    common::on_each(|db| {
        make(db, HOME, "a");
        raise(db, HOME, 200);
        let taken: Vec<i64> = std::thread::scope(|scope| {
            let teller = || {
                let mut taken = Vec::new();
                loop {
                    let some = claim(db, 10, 7);
                    if some.is_empty() {
                        return taken;
                    }
                    taken.extend(some.iter().map(|one| one.id));
                }
            };
            let tellers: Vec<_> = (0..4).map(|_| scope.spawn(teller)).collect();
            tellers.into_iter().flat_map(|one| one.join().unwrap()).collect()
        });
        let mut once = taken.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!((taken.len(), once.len()), (200, 200));
    });
}

#[test]
fn nothing_waits_for_a_webhook_that_is_gone() {
    common::on_each(|db| {
        let (asleep, gone) = (make(db, HOME, "a"), make(db, HOME, "b"));
        raise(db, HOME, 1);
        write(db, move |tx| {
            let given = Given { status: Some(Status::Disabled), ..Given::default() };
            webhooks::update(tx, HOME, &asleep, &given, 1)?;
            webhooks::delete(tx, HOME, &gone)
        })
        .unwrap();
        raise(db, HOME, 1);
        assert!(claim(db, 1_000, 9).is_empty());
        assert_eq!(write(db, webhooks::next_due).unwrap(), None);
    });
}
