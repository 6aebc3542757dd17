//! The scenes by which each strategy is known: three of each kind, in other words, with other things, at other times. In: nothing;
//! out: scenes. Of a place's name nobody is to make anything that the game's own texts would not say.

use super::scene::Scene;

/// The scenes of one strategy in one kind of task, where several kinds are told apart.
pub type Scenes = Vec<Scene>;

/// Take the goal object when it is here. All other places were seen before, or one is left: that is no reason to leave. Something
/// else lies there too: taking whatever lies about is no strategy.
pub fn take() -> Scenes {
    vec![
        Scene::new("put a mug in shelf.", &["desk 1", "drawer 1", "shelf 1"])
            .with("drawer 1", &["pencil 1"])
            .with("desk 1", &["cd 2", "mug 1"])
            .go("shelf 1")
            .go("drawer 1")
            .go("desk 1")
            .ask(&["take mug 1 from desk 1"], &["take cd 2 from desk 1", "go to shelf 1", "go to drawer 1"]),
        Scene::new("clean some plate and put it in countertop.", &["cabinet 1", "countertop 1", "sinkbasin 1"])
            .shut(&["cabinet 1"])
            .with("cabinet 1", &["bowl 3", "plate 2", "cup 1"])
            .go("countertop 1")
            .go("sinkbasin 1")
            .go("cabinet 1")
            .open()
            .ask(
                &["take plate 2 from cabinet 1"],
                &["take bowl 3 from cabinet 1", "take cup 1 from cabinet 1", "go to countertop 1", "close cabinet 1"],
            ),
        Scene::new("examine the book with the desklamp.", &["bed 1", "desk 1", "dresser 1"])
            .with("bed 1", &["pillow 1", "book 2"])
            .go("desk 1")
            .go("bed 1")
            .ask(&["take book 2 from bed 1"], &["take pillow 1 from bed 1", "go to desk 1", "go to dresser 1"]),
    ]
}

/// Do not revisit a place: while nothing was found, what was not seen stands above what was.
pub fn no_revisit() -> Scenes {
    vec![
        Scene::new("put some pen on desk.", &["desk 1", "drawer 1", "drawer 2", "shelf 1", "shelf 2"])
            .with("shelf 1", &["vase 1"])
            .go("shelf 1")
            .go("drawer 1")
            .ask_all(&["go to drawer 2", "go to shelf 2", "go to desk 1"], &["go to shelf 1"]),
        Scene::new(
            "put a cool apple in microwave.",
            &["countertop 1", "diningtable 1", "fridge 1", "microwave 1", "sinkbasin 1"],
        )
        .with("countertop 1", &["knife 1", "egg 1"])
        .go("countertop 1")
        .go("sinkbasin 1")
        .go("diningtable 1")
        .ask_all(&["go to fridge 1", "go to microwave 1"], &["go to countertop 1", "go to sinkbasin 1"]),
        Scene::new("look at laptop under the desklamp.", &["bed 1", "desk 1", "drawer 1", "dresser 1"])
            .shut(&["drawer 1"])
            .with("drawer 1", &["keychain 2"])
            .go("drawer 1")
            .open()
            .go("desk 1")
            .ask_all(&["go to bed 1", "go to dresser 1"], &["go to drawer 1"]),
    ]
}

/// Open what is closed before leaving it.
pub fn open_first() -> Scenes {
    vec![
        Scene::new("put a pencil in desk.", &["desk 1", "drawer 1", "drawer 2"])
            .shut(&["drawer 1", "drawer 2"])
            .go("drawer 2")
            .ask(&["open drawer 2"], &["go to drawer 1", "go to desk 1"]),
        Scene::new(
            "heat some potato and put it in diningtable.",
            &["cabinet 4", "diningtable 1", "fridge 1", "microwave 1"],
        )
        .shut(&["cabinet 4", "fridge 1", "microwave 1"])
        .go("diningtable 1")
        .go("fridge 1")
        .ask(&["open fridge 1"], &["go to cabinet 4", "go to diningtable 1", "go to microwave 1"]),
        Scene::new("find two soapbottle and put them in toilet.", &["cabinet 1", "cabinet 2", "toilet 1"])
            .shut(&["cabinet 1", "cabinet 2"])
            .go("toilet 1")
            .go("cabinet 1")
            .ask(&["open cabinet 1"], &["go to cabinet 2", "go to toilet 1"]),
    ]
}

/// An apple, a mug and a plate in hand, which heat, cool or clean is to change, each where it lay; and the device.
fn in_hand(verb: &str) -> ([Scene; 3], &'static str) {
    let Kind { said, device } = kind(verb);
    let scenes = [
        Scene::new(said[0], &["countertop 1", "diningtable 1", device])
            .shut(&[device])
            .with("diningtable 1", &["apple 1"])
            .go("diningtable 1")
            .take("apple 1"),
        Scene::new(said[1], &["cabinet 1", "shelf 1", "countertop 2", device])
            .shut(&[device])
            .with("countertop 2", &["knife 1", "mug 2"])
            .go("countertop 2")
            .take("mug 2"),
        Scene::new(said[2], &["diningtable 1", "countertop 1", device])
            .shut(&[device])
            .with("countertop 1", &["plate 3"])
            .go("countertop 1")
            .take("plate 3"),
    ];
    (scenes, device)
}

/// Change the state before placing, for one of heat, cool and clean: with the untouched object at its destination the way to the
/// device stands above putting it down, and at the device its action above carrying the object on.
pub fn change_first(verb: &str) -> Scenes {
    let ([apple, mug, plate], device) = in_hand(verb);
    let way = format!("go to {device}");
    vec![
        apple.go("countertop 1").ask(&[&way], &["move apple 1 to countertop 1"]),
        mug.go("shelf 1").ask(&[&way], &["move mug 2 to shelf 1"]),
        plate.go(device).ask(&[&format!("{verb} plate 3 with {device}")], &["go to diningtable 1"]),
    ]
}

/// Carry the changed object to its destination and put it there, after heat, cool or clean.
pub fn carry_changed(verb: &str) -> Scenes {
    let ([apple, mug, plate], device) = in_hand(verb);
    let carried = |scene: Scene, thing: &str, to: &str, elsewhere: &[&str]| {
        let scene = scene.go(device).change(verb).ask(&[&format!("go to {to}")], elsewhere);
        scene.go(to).ask(&[&format!("move {thing} to {to}")], elsewhere)
    };
    vec![
        carried(apple, "apple 1", "countertop 1", &["go to diningtable 1"]),
        carried(mug, "mug 2", "shelf 1", &["go to cabinet 1", "go to countertop 2"]),
        carried(plate, "plate 3", "diningtable 1", &["go to countertop 1"]),
    ]
}

/// Carry the object to its destination and put it there, where nothing else is asked.
pub fn carry() -> Scenes {
    vec![
        Scene::new("put a mug in shelf.", &["desk 1", "drawer 1", "shelf 1"])
            .with("desk 1", &["mug 1"])
            .go("desk 1")
            .take("mug 1")
            .ask(&["go to shelf 1"], &["go to drawer 1", "move mug 1 to desk 1"])
            .go("shelf 1")
            .ask(&["move mug 1 to shelf 1"], &["go to desk 1", "go to drawer 1"]),
        Scene::new("put some newspaper on sofa.", &["armchair 1", "coffeetable 1", "sofa 1"])
            .with("armchair 1", &["newspaper 2", "pillow 1"])
            .go("coffeetable 1")
            .go("armchair 1")
            .take("newspaper 2")
            .ask(&["go to sofa 1"], &["go to coffeetable 1", "move newspaper 2 to armchair 1"])
            .go("sofa 1")
            .ask(&["move newspaper 2 to sofa 1"], &["go to armchair 1", "go to coffeetable 1"]),
        Scene::new("put some saltshaker on cabinet.", &["cabinet 1", "cabinet 2", "countertop 1", "stoveburner 1"])
            .with("countertop 1", &["bread 1", "saltshaker 1"])
            .go("countertop 1")
            .take("saltshaker 1")
            .ask(&["go to cabinet 1", "go to cabinet 2"], &["go to stoveburner 1", "move saltshaker 1 to countertop 1"])
            .go("cabinet 2")
            .ask(&["move saltshaker 1 to cabinet 2"], &["go to countertop 1", "go to stoveburner 1"]),
    ]
}

/// One at a time, where two are wanted: when the first has been put down, the search for the second goes on, or the way goes back
/// to where it was seen, rather than that the same one is picked up again; and where the second lies, nobody leaves without it.
pub fn one_at_a_time() -> Scenes {
    vec![
        Scene::new("find two pen and put them in drawer.", &["desk 1", "drawer 1", "shelf 1", "shelf 2"])
            .with("desk 1", &["pen 1"])
            .go("desk 1")
            .take("pen 1")
            .go("drawer 1")
            .put()
            .ask(&["go to shelf 1", "go to shelf 2"], &["take pen 1 from drawer 1"]),
        Scene::new("put two soapbar in cabinet.", &["cabinet 2", "countertop 1", "toilet 1"])
            .with("countertop 1", &["soapbar 1", "candle 1", "soapbar 3"])
            .go("toilet 1")
            .go("countertop 1")
            .take("soapbar 3")
            .go("cabinet 2")
            .put()
            .ask(&["go to countertop 1"], &["take soapbar 3 from cabinet 2"]),
        Scene::new("put two pillow in sofa.", &["armchair 1", "bed 1", "sofa 1"])
            .with("bed 1", &["pillow 1"])
            .with("armchair 1", &["pillow 2"])
            .go("bed 1")
            .take("pillow 1")
            .go("sofa 1")
            .put()
            .go("armchair 1")
            .ask(&["take pillow 2 from armchair 1"], &["go to sofa 1", "go to bed 1"]),
    ]
}

/// Switch on the lamp with the object in hand: beside the lamp with the object, and not before the object was taken.
pub fn lamp() -> Scenes {
    vec![
        Scene::new("look at cd under the desklamp.", &["bed 1", "desk 1", "drawer 1"])
            .with("desk 1", &["cd 2", "desklamp 1"])
            .go("desk 1")
            .take("cd 2")
            .ask(&["use desklamp 1"], &["go to bed 1", "go to drawer 1", "move cd 2 to desk 1"]),
        Scene::new("examine the book with the desklamp.", &["bed 1", "dresser 1", "sidetable 1"])
            .with("sidetable 1", &["desklamp 2"])
            .with("bed 1", &["book 1", "pillow 2"])
            .go("sidetable 1")
            .go("bed 1")
            .take("book 1")
            .go("sidetable 1")
            .ask(&["use desklamp 2"], &["go to bed 1", "go to dresser 1", "move book 1 to sidetable 1"]),
        Scene::new("look at keychain under the desklamp.", &["desk 1", "safe 1", "shelf 1"])
            .with("desk 1", &["desklamp 1", "keychain 1"])
            .go("shelf 1")
            .go("desk 1")
            .ask(&["take keychain 1 from desk 1"], &["use desklamp 1"]),
    ]
}

/// A kind of task that wants something changed.
struct Kind {
    /// For an apple to a countertop, a mug to a shelf, a plate to a diningtable.
    said: [&'static str; 3],
    device: &'static str,
}

fn kind(verb: &str) -> Kind {
    match verb {
        "heat" => Kind {
            said: [
                "heat some apple and put it in countertop.",
                "put a hot mug in shelf.",
                "heat some plate and put it in diningtable.",
            ],
            device: "microwave 1",
        },
        "cool" => Kind {
            said: [
                "cool some apple and put it in countertop.",
                "put a cool mug in shelf.",
                "cool some plate and put it in diningtable.",
            ],
            device: "fridge 1",
        },
        // The household knows no fourth.
        _ => Kind {
            said: [
                "clean some apple and put it in countertop.",
                "put a clean mug in shelf.",
                "clean some plate and put it in diningtable.",
            ],
            device: "sinkbasin 1",
        },
    }
}
