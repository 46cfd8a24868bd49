//! Holds the workspace against the house that is drawn in `ARCHITECTURE.md`.
//!
//! In: the fenced block marked `house` and what `cargo metadata` says. Out: every place where they
//! differ, in one list. The rules are those that stand under the drawing:
//!
//! * what is drawn is built, where it is drawn, and nothing else is;
//! * a room uses rooms of lower storeys, and of its own wing those that are drawn before it;
//!   development dependencies are free;
//! * a pure room uses no impure room and no impure crate, and its sources do not touch the world.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What the sources of a pure room must not mention.
const WORLD: [&str; 9] = [
    "std::fs",
    "std::net",
    "std::env",
    "SystemTime",
    "Instant::now",
    "thread::spawn",
    "thread::sleep",
    "println!",
    "print!",
];

/// The drawing.
#[derive(Debug, Default, Clone)]
struct House {
    /// Storeys from the top down; wings on one storey do not know each other.
    storeys: Vec<Vec<String>>,
    /// Each wing with its rooms, in their order.
    wings: Vec<(String, Vec<String>)>,
    planned: BTreeSet<String>,
    /// Rooms without clock, entropy and IO. A wing stands for all of its rooms.
    pure: BTreeSet<String>,
    /// Crates that bring the world in.
    impure: BTreeSet<String>,
}

impl House {
    /// Reads the block out of the page.
    fn read(page: &str) -> Self {
        let block = page.split("```house\n").nth(1).expect("the page has a ```house block");
        let block = block.split("```").next().expect("the block ends");
        let mut house = Self::default();
        for line in block.lines().filter(|line| !line.trim().is_empty()) {
            let (key, rest) = line.split_once(':').unwrap_or_else(|| panic!("no key in `{line}`"));
            let words = || rest.split_whitespace().map(str::to_owned);
            match key.trim() {
                "storeys" => {
                    let storeys = rest.split("->");
                    house.storeys = storeys
                        .map(|storey| storey.split_whitespace().map(str::to_owned).collect())
                        .collect();
                }
                "planned" => house.planned.extend(words()),
                "pure" => house.pure.extend(words()),
                "impure" => house.impure.extend(words()),
                wing => house.wings.push((wing.to_owned(), words().collect())),
            }
        }
        house
    }

    /// The storey of a wing, 0 at the top.
    fn storey(&self, wing: &str) -> Option<usize> {
        self.storeys.iter().position(|wings| wings.iter().any(|name| name == wing))
    }

    /// The wing of a room and its place there.
    fn place(&self, room: &str) -> Option<(&str, usize)> {
        self.wings.iter().find_map(|(wing, rooms)| {
            Some((wing.as_str(), rooms.iter().position(|name| name == room)?))
        })
    }

    fn is_pure(&self, room: &str) -> bool {
        let wing = self.place(room).map(|(wing, _)| wing);
        self.pure.contains(room) || wing.is_some_and(|wing| self.pure.contains(wing))
    }

    /// Why `room` may not use `used`, if it may not.
    fn objection(&self, room: &str, used: &str) -> Option<String> {
        let (Some((wing, place)), Some((theirs, before))) = (self.place(room), self.place(used))
        else {
            return None; // Not drawn, and said so elsewhere.
        };
        if wing == theirs {
            return (before >= place)
                .then(|| format!("`{room}` uses `{used}`, which is drawn after it in {wing}"));
        }
        if self.storey(theirs) <= self.storey(wing) {
            return Some(format!("`{room}` ({wing}) uses `{used}` ({theirs}): arrows point down"));
        }
        (self.is_pure(room) && !self.is_pure(used))
            .then(|| format!("`{room}` is pure and uses `{used}`, which is not"))
    }
}

/// A package of the workspace.
#[derive(Debug, Clone)]
struct Room {
    name: String,
    wing: String,
    folder: PathBuf,
    /// Rooms that it uses, build dependencies included, development dependencies not.
    rooms: BTreeSet<String>,
    /// Crates from elsewhere, likewise.
    crates: BTreeSet<String>,
}

impl Room {
    fn of(package: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("cargo says so in text").to_owned();
        let folder = PathBuf::from(text(&package["manifest_path"]));
        let folder = folder.parent().expect("a manifest is in a folder").to_owned();
        let used = package["dependencies"].as_array().expect("a package has dependencies");
        let used = used.iter().filter(|one| one["kind"] != "dev");
        let (rooms, crates): (Vec<_>, Vec<_>) = used.partition(|one| one["path"].is_string());
        let names = |of: Vec<&Value>| of.into_iter().map(|one| text(&one["name"])).collect();
        let above = |path: &Path| path.parent().and_then(Path::file_name).map(|n| n.to_owned());
        Self {
            name: text(&package["name"]),
            wing: above(&folder).expect("a room is in a wing").to_string_lossy().into_owned(),
            folder,
            rooms: names(rooms),
            crates: names(crates),
        }
    }

    fn sources(&self) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.join("src")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("a room has sources") {
                let path = entry.expect("a folder can be listed").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let text = fs::read_to_string(&path).expect("sources are text");
                    found.push((path, text));
                }
            }
        }
        found.sort();
        found
    }
}

fn root() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    folder.ancestors().nth(3).expect("crates/edge/cli is three folders down").to_owned()
}

fn page() -> String {
    fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md can be read")
}

fn house() -> House {
    House::read(&page())
}

fn rooms() -> Vec<Room> {
    let told = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let told: Value = serde_json::from_slice(&told.stdout).expect("cargo tells in JSON");
    told["packages"].as_array().expect("a workspace has packages").iter().map(Room::of).collect()
}

/// Where the drawing and what is built differ.
fn faults(house: &House, rooms: &[Room]) -> Vec<String> {
    let mut faults = Vec::new();
    for (wing, drawn) in &house.wings {
        if house.storey(wing).is_none() {
            faults.push(format!("`{wing}` is on no storey"));
        }
        let missing = drawn.iter().filter(|name| rooms.iter().all(|room| room.name != **name));
        faults.extend(missing.map(|name| format!("`{name}` is drawn and not built")));
    }
    for room in rooms {
        let name = &room.name;
        if house.planned.contains(name) {
            faults.push(format!("`{name}` is built: it is no longer planned"));
        }
        match house.place(name) {
            None => faults.push(format!("`{name}` is built and not drawn")),
            Some((wing, _)) if wing != room.wing => {
                faults.push(format!("`{name}` is drawn in {wing} and built in {}", room.wing));
            }
            Some(_) => {}
        }
        faults.extend(room.rooms.iter().filter_map(|used| house.objection(name, used)));
        if house.is_pure(name) {
            let used = room.crates.intersection(&house.impure);
            faults.extend(used.map(|used| format!("`{name}` is pure and uses the crate `{used}`")));
        }
    }
    faults
}

/// Lines of `text`, comments aside, that touch the world.
fn touches(text: &str) -> impl Iterator<Item = (usize, &'static str)> {
    text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")).flat_map(
        |(number, line)| {
            let found = WORLD.into_iter().find(|word| line.contains(word));
            found.map(|word| (number + 1, word))
        },
    )
}

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "the house is not as drawn:\n  {}", faults.join("\n  "));
}

#[test]
fn the_house_is_as_drawn() {
    none(&faults(&house(), &rooms()));
}

#[test]
fn pure_rooms_do_not_touch_the_world() {
    let house = house();
    let mut faults = Vec::new();
    for room in rooms().iter().filter(|room| house.is_pure(&room.name)) {
        for (path, text) in room.sources() {
            let told = |(line, word)| format!("{}:{line}: {word}", path.display());
            faults.extend(touches(&text).map(told));
        }
    }
    none(&faults);
}

#[test]
fn links_of_the_page_lead_somewhere() {
    let page = page();
    let links = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let dead = links.filter(|link| !link.contains("://") && !root().join(link).exists());
    none(&dead.map(|link| format!("ARCHITECTURE.md links to {link}")).collect::<Vec<_>>());
}

#[test]
fn every_file_says_what_it_is_for() {
    let sources = rooms().into_iter().flat_map(|room| room.sources());
    let silent = sources.filter(|(_, text)| !text.starts_with("//!"));
    let told = |(path, _): (PathBuf, String)| format!("{} opens without //!", path.display());
    none(&silent.map(told).collect::<Vec<_>>());
}

#[test]
fn unsafe_code_is_forbidden_everywhere() {
    let manifest = |folder: &Path| {
        fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest can be read")
    };
    let whole = manifest(&root());
    let lints = whole.split("[workspace.lints.rust]\n").nth(1).expect("the workspace has lints");
    let lints = lints.split("\n[").next().expect("a section ends");
    assert!(lints.lines().any(|line| line == "unsafe_code = \"forbid\""), "{lints}");
    let rooms = rooms();
    let without =
        rooms.iter().filter(|room| !manifest(&room.folder).contains("[lints]\nworkspace = true\n"));
    none(&without.map(|room| format!("`{}` has lints of its own", room.name)).collect::<Vec<_>>());
}

/// A small house, changed one thing at a time: each fault is seen.
#[test]
fn faults_are_seen() {
    let house = House::read(
        "```house\nstoreys: edge -> left right -> base\nbase: types disk\nleft: a b\nright: c\n\
         edge: shell\nplanned: d\npure: types left right\nimpure: tokio\n```\n",
    );
    let room = |name: &str, wing: &str, uses: &[&str]| {
        let (rooms, crates) = uses
            .iter()
            .map(|used| (*used).to_owned())
            .partition(|used: &String| used != "tokio" && used != "serde");
        Room { name: name.into(), wing: wing.into(), folder: PathBuf::new(), rooms, crates }
    };
    let sound = [
        room("types", "base", &["serde"]),
        room("disk", "base", &["types", "tokio"]),
        room("a", "left", &["types"]),
        room("b", "left", &["a", "types"]),
        room("c", "right", &["types"]),
        room("shell", "edge", &["a", "disk", "tokio"]),
    ];
    assert_eq!(faults(&house, &sound), Vec::<String>::new());
    for (changed, expected) in [
        (room("a", "left", &["b"]), "`a` uses `b`, which is drawn after it in left"),
        (room("a", "left", &["c"]), "`a` (left) uses `c` (right): arrows point down"),
        (room("types", "base", &["a"]), "`types` (base) uses `a` (left): arrows point down"),
        (room("c", "right", &["shell"]), "`c` (right) uses `shell` (edge): arrows point down"),
        (room("b", "left", &["disk"]), "`b` is pure and uses `disk`, which is not"),
        (room("c", "right", &["tokio"]), "`c` is pure and uses the crate `tokio`"),
        (room("c", "left", &[]), "`c` is drawn in right and built in left"),
        (room("d", "left", &[]), "`d` is built: it is no longer planned"),
        (room("e", "left", &[]), "`e` is built and not drawn"),
    ] {
        let mut rooms = sound.to_vec();
        rooms.retain(|room| room.name != changed.name);
        rooms.push(changed);
        assert!(faults(&house, &rooms).contains(&expected.to_owned()), "{expected}");
    }
    assert_eq!(faults(&house, &sound[1..]), ["`types` is drawn and not built"]);
    let text = "let now = Instant::now();\n// println! is fine here\neprintln!(\"no\");";
    assert_eq!(touches(text).collect::<Vec<_>>(), [(1, "Instant::now"), (3, "println!")]);
}
