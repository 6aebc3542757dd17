//! The shop world: its pages word for word, its score, its demonstrator, its splits, and WebShop's files, good and bad.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use reskill::world::shop::{Shop, ShopConfig};
use reskill::world::{Env, Reset, World, WorldError};
use serde_json::json;

use crate::heard::heard;

/// The default shop, made once.
static SHOP: LazyLock<Shop> = LazyLock::new(|| shop(ShopConfig::default()));

fn shop(config: ShopConfig) -> Shop {
    Shop::load(config).expect("the built-in tables load")
}

/// Plays the demonstrator to the end: the transcript, the number of actions, the score.
fn demonstrate(env: &mut dyn Env, reset: &Reset) -> (String, usize, f64) {
    let mut admissible = reset.admissible.clone();
    let mut transcript = reset.first.clone();
    for steps in 1.. {
        let action = env.expert().unwrap().expect("a running episode has a next action");
        assert!(admissible.contains(&action), "{}: `{action}` is not admissible\n{transcript}", reset.task_id);
        let stepped = env.step(&action).unwrap();
        transcript += &format!("\n> {action}\n{}", stepped.observation);
        if stepped.done {
            assert_eq!((stepped.reward, stepped.won), (stepped.score, stepped.score == 1.0));
            assert_eq!(env.expert().unwrap(), None);
            return (transcript, steps, stepped.score);
        }
        assert_eq!((stepped.reward, stepped.won, stepped.score), (0.0, false, 0.0));
        admissible = stepped.admissible;
    }
    unreachable!("an episode ends at the horizon")
}

#[test]
fn the_demonstrator_wins_nearly_always_in_every_split() {
    let mut env = SHOP.open().unwrap();
    for split in ["train", "seen", "unseen"] {
        let (mut won, mut actions, mut score) = (0, 0, 0.0);
        for index in 0..200 {
            let reset = env.reset(split, index, 0).unwrap();
            assert!(reset.first.contains(&reset.task));
            let (_, steps, own) = demonstrate(&mut *env, &reset);
            won += usize::from(own == 1.0);
            actions += steps;
            score += own;
        }
        println!("{split}: won {won} of 200, mean score {}, mean actions {}", score / 200.0, actions as f64 / 200.0);
        assert!(won >= 190, "{split}: {won} of 200");
    }
}

#[test]
fn chance_seldom_wins() {
    let mut env = SHOP.open().unwrap();
    let (mut won, mut score) = (0, 0.0);
    for index in 0..500 {
        let mut admissible = env.reset("train", index, 0).unwrap().admissible;
        for turn in 0.. {
            let stepped = env.step(&admissible[(index * 31 + turn * 17) % admissible.len()]).unwrap();
            won += usize::from(stepped.won);
            score += stepped.reward;
            if stepped.done {
                break;
            }
            admissible = stepped.admissible;
        }
    }
    println!("won by chance: {won} of 500, mean score {}", score / 500.0);
    assert!(won <= 50, "{won}");
}

#[test]
fn an_episode_reads_like_the_original() {
    let mut env = SHOP.open().unwrap();
    let like = |i: &usize| {
        let facts = SHOP.facts("train", *i).unwrap();
        facts.options.len() == 2 && facts.attributes.len() == 2
    };
    let reset = env.reset("train", (0..100).find(like).unwrap(), 0).unwrap();
    let (transcript, _, score) = demonstrate(&mut *env, &reset);
    assert_eq!(score, 1.0, "{transcript}");
    insta::assert_snapshot!("shop_episode", format!("{transcript}\n{}", reset.admissible.join("\n")));
}

#[test]
fn pages_lead_where_they_say_and_what_is_impossible_changes_nothing() {
    let shop = shop(ShopConfig { horizon: 100, ..ShopConfig::default() });
    let mut env = shop.open().unwrap();
    let index = (0..100).find(|&i| shop.facts("train", i).unwrap().options.len() == 2).unwrap();
    let reset = env.reset("train", index, 0).unwrap();
    let mut say = |action: &str| env.step(action).unwrap();
    for action in ["", "look", "click[", "click[buy now]", "click[search]", "search[]", "search[ ", "[x]", "click[b0]"]
    {
        let stepped = say(action);
        assert_eq!((&stepped.observation, &stepped.admissible), (&reset.first, &reset.admissible), "{action}");
    }
    let query = reset.admissible.last().unwrap();
    let page = say(query);
    assert!(page.observation.contains("Back to Search [SEP] Page 1 (Total results: 50) [SEP] Next > [SEP] B0"));
    assert_eq!(page.admissible.len(), 12);
    for action in [query.as_str(), "click[< prev]", "click[buy now]", "click[features]", "click[b0zzzzzzzz]"] {
        assert_eq!(say(action), page, "{action}");
    }
    let last = ["click[next >]"; 4].map(&mut say).pop_last();
    assert!(last.observation.contains("Page 5 (Total results: 50) [SEP] < Prev [SEP] B0"), "{}", last.observation);
    assert_eq!(say("click[next >]"), last);
    assert_eq!(
        [say("click[back to search]").observation, say(&query.to_uppercase()).observation],
        [reset.first.clone(), page.observation.clone()]
    );
    let open = &page.admissible[2];
    let item = say(open);
    for option in item.admissible.iter().take(4).skip(2) {
        assert_eq!(say(option), item);
    }
    for sub in ["click[description]", "click[features]", "click[reviews]"] {
        let shown = say(sub);
        assert_eq!(shown.admissible, ["click[back to search]", "click[< prev]"]);
        assert_eq!(say("click[buy now]"), shown);
        assert_eq!(say("Click[< Prev]"), item);
    }
    assert_eq!(say("click[< prev]"), page);
    say(open);
    let end = say(" click[buy now] ");
    assert!(end.done && end.admissible.is_empty() && (0.0..1.0).contains(&end.score), "no option was chosen");
    assert!(matches!(env.step("click[buy now]"), Err(WorldError::Request(_))));
    env.reset("train", index, 0).unwrap();
    let nothing = env.step("search[xyzzy]").unwrap();
    assert!(nothing.observation.ends_with("Page 1 (Total results: 0)"));
    assert_eq!(nothing.admissible, ["click[back to search]"]);
}

trait PopLast<T> {
    fn pop_last(self) -> T;
}

impl<T, const N: usize> PopLast<T> for [T; N] {
    fn pop_last(self) -> T {
        self.into_iter().next_back().expect("not empty")
    }
}

#[test]
fn the_horizon_ends_an_episode_without_a_purchase_and_requests_out_of_range_are_refused() {
    let mut env = SHOP.open().unwrap();
    assert_eq!((SHOP.info().horizon, SHOP.info().returns), (15, [0.0, 1.0]));
    assert!(matches!(env.step("click[buy now]"), Err(WorldError::Request(_))));
    env.reset("seen", 0, 0).unwrap();
    for step in 1..=15 {
        let stepped = env.step("dance").unwrap();
        assert_eq!((stepped.done, stepped.won, stepped.reward, stepped.score), (step == 15, false, 0.0, 0.0));
    }
    assert!(matches!(env.step("dance"), Err(WorldError::Request(_))));
    for (split, index) in [("test", 0), ("train", 10_000), ("seen", 500), ("unseen", usize::MAX)] {
        assert!(matches!(env.reset(split, index, 0), Err(WorldError::Request(_))), "{split}/{index}");
    }
    for config in [
        ShopConfig { horizon: 0, ..ShopConfig::default() },
        ShopConfig { held_out: 1.0, ..ShopConfig::default() },
        ShopConfig { products: 0, ..ShopConfig::default() },
        ShopConfig { attributes_file: Some("a.json".into()), ..ShopConfig::default() },
        ShopConfig { products_file: Some("a.json".into()), ..ShopConfig::default() },
    ] {
        assert!(matches!(Shop::load(config), Err(WorldError::Request(_))));
    }
    let few = Shop::load(ShopConfig { products: 1, ..ShopConfig::default() });
    assert!(matches!(few, Err(WorldError::Data { .. })));
}

#[test]
fn a_task_depends_on_seed_split_and_index_alone() {
    let same = shop(ShopConfig { train: 20_000, ..ShopConfig::default() });
    let other = shop(ShopConfig { seed: 1, ..ShopConfig::default() });
    assert_eq!(SHOP.info().hash, shop(ShopConfig::default()).info().hash);
    assert_ne!(SHOP.info().hash, same.info().hash);
    assert_ne!(SHOP.info().hash, other.info().hash);
    let (mut a, mut b, mut c) = (SHOP.open().unwrap(), same.open().unwrap(), other.open().unwrap());
    for index in (0..10_000).step_by(501) {
        let reset = a.reset("train", index, 1).unwrap();
        assert_eq!(reset, b.reset("train", index, 2).unwrap());
        assert_ne!(reset.first, c.reset("train", index, 1).unwrap().first);
        // What was played before in either place plays no part.
        for _ in 0..3 {
            b.step(&reset.admissible[0]).unwrap();
        }
        b.reset("train", index, 3).unwrap();
        for action in [&reset.admissible[0], "click[next >]"] {
            assert_eq!(a.step(action).unwrap(), b.step(action).unwrap());
        }
    }
}

#[test]
fn unseen_has_other_categories_and_seen_other_products() {
    let facts = |split: &str, count: usize| (0..count).map(|i| SHOP.facts(split, i).unwrap()).collect::<Vec<_>>();
    let (train, seen, unseen) = (facts("train", 10_000), facts("seen", 500), facts("unseen", 500));
    let categories = |of: &[reskill::world::shop::WishFacts]| -> BTreeSet<String> {
        of.iter().map(|f| f.category.clone()).collect()
    };
    let asins =
        |of: &[reskill::world::shop::WishFacts]| -> BTreeSet<String> { of.iter().map(|f| f.asin.clone()).collect() };
    assert!(categories(&seen).is_subset(&categories(&train)));
    assert!(categories(&unseen).is_disjoint(&categories(&train)));
    assert!(asins(&seen).is_disjoint(&asins(&train)));
    println!("{} categories in training, {} unseen", categories(&train).len(), categories(&unseen).len());
    assert!(categories(&unseen).len() >= 5 && categories(&train).len() >= 20);
    for (split, facts) in [("train", train), ("seen", seen), ("unseen", unseen)] {
        let options: BTreeSet<usize> = facts.iter().map(|f| f.options.len()).collect();
        let attributes: BTreeSet<usize> = facts.iter().map(|f| f.attributes.len()).collect();
        assert_eq!((options, attributes), ([0, 1, 2].into(), [1, 2, 3].into()), "{split}");
    }
}

#[test]
fn the_skills_of_the_shop_understand_its_texts_and_do_not_forbid_what_wins() {
    let heard = heard(&*SHOP, "shop", 100);
    assert!(heard.spoke.len() >= 8, "{heard:?}");
    assert!(heard.forbidden * 50 <= heard.steps, "{heard:?}");
}

/// Two categories of WebShop's form, with what real files have: nothing to choose, no price, a range, a number twice.
fn webshop_files(folder: &Path, change: impl Fn(&mut serde_json::Value)) -> ShopConfig {
    let product = |asin: &str, name: &str, query: &str, pricing: serde_json::Value, options: serde_json::Value| {
        json!({"asin": asin, "name": name, "query": query, "category": "garden", "images": ["x"],
            "product_category": format!("Home › Things › {query}"), "full_description": "Good.\nVery good.",
            "small_description": ["Leak proof", "Keeps warm"], "pricing": pricing, "customization_options": options})
    };
    let values = json!({"Color": [{"value": "Red/White", "image": null}, {"value": "blue"}], "Size": null});
    let mut products = json!([
        product("B000000001", "Tin Travel Mug", "travel mug", json!("$13.99"), values.clone()),
        product("B000000002", "Iron Travel Mug", "travel mug", json!("$10.00$48.00"), json!({})),
        product("B000000002", "The same again", "travel mug", json!("$1.00"), json!("")),
        product("B000000003", "Steel Travel Mug", "travel mug", json!(null), json!(null)),
        product("nan", "Left out", "desk lamp", json!(""), json!("")),
        product("B000000004", "Desk Lamp", "desk lamp", json!("$1,299.00"), values),
    ]);
    change(&mut products);
    let attributes = json!({
        "B000000001": {"attributes": ["leak proof"], "instruction": "Find me leak proof travel mug.",
            "instruction_attributes": ["leak proof"]},
        "B000000002": {"attributes": [], "instruction": null, "instruction_attributes": null},
        "B000000003": {"attributes": ["heavy"], "instruction": "Find me heavy travel mug", "instruction_attributes": ["heavy"]},
        "B000000004": {"attributes": ["bright"], "instruction": "Find me bright lamp", "instruction_attributes": ["bright"]},
    });
    let people = json!({
        "B000000001": [{"instruction": "i need a red mug that does not leak.", "instruction_attributes": ["leak proof"],
            "instruction_options": ["red | white"]}, {"instruction": "a mug", "instruction_attributes": []}],
        "B000000002": vec![json!({"instruction": "a mug of iron", "instruction_attributes": ["iron"]}); 20],
        "B000000004": [{"instruction": "a lamp", "instruction_attributes": ["bright"], "instruction_options": {"color": "blue"}}],
        "B00000000X": [{"instruction": "of a product that is not there", "instruction_attributes": ["x"]}],
    });
    for (name, value) in [("items.json", &products), ("ins.json", &attributes), ("people.json", &people)] {
        fs::write(folder.join(name), value.to_string()).unwrap();
    }
    ShopConfig {
        products_file: Some(folder.join("items.json")),
        attributes_file: Some(folder.join("ins.json")),
        instructions: Some(folder.join("people.json")),
        held_out: 0.5,
        ..ShopConfig::default()
    }
}

#[test]
fn files_of_the_original_are_read() {
    let folder = tempfile::tempdir().unwrap();
    // A seed with which the lamp is unseen, and the mugs are divided.
    let config = (0..50).map(|seed| ShopConfig { seed, ..webshop_files(folder.path(), |_| ()) });
    let shop = config.map(Shop::load).find_map(|shop| shop.ok().filter(|s| s.info().splits[2].size == 1)).unwrap();
    let sizes: Vec<usize> = shop.info().splits.iter().map(|split| split.size).collect();
    assert_eq!((sizes[0] + sizes[1], sizes[2]), (21, 1));
    let mut env = shop.open().unwrap();
    let reset = env.reset("unseen", 0, 0).unwrap();
    // No two full tens are left above the price: no limit.
    assert_eq!(reset.task, "a lamp");
    let found = env.step("search[travel mug]").unwrap().observation;
    assert!(
        found.contains("Page 1 (Total results: 3)")
            && found.contains("B000000002 [SEP] Iron Travel Mug [SEP] $10.0 to $48.0")
    );
    assert!(found.contains("B000000003 [SEP] Steel Travel Mug [SEP] $100.0"), "{found}");
    let item = env.step("click[b000000001]").unwrap();
    assert!(
        item.observation.contains("color [SEP] red | white [SEP] blue [SEP] Tin Travel Mug [SEP] Price: $13.99 [SEP]")
    );
    assert!(item.admissible.contains(&"click[red | white]".to_owned()));
    assert!(env.step("click[description]").unwrap().observation.ends_with("< Prev [SEP] Good. Very good."));
    let people: BTreeSet<String> =
        (0..sizes[0]).map(|i| env.reset("train", i, 0).unwrap().task).map(|t| t.chars().take(13).collect()).collect();
    assert!(people.contains("a mug of iron"), "{people:?}");

    // Without people's instructions: the written ones, each with one choice of options.
    let told = ShopConfig { instructions: None, held_out: 0.0, ..webshop_files(folder.path(), |_| ()) };
    let told = (0..50).find_map(|seed| Shop::load(ShopConfig { seed, seen: 0, ..told.clone() }).ok()).unwrap();
    let mut env = told.open().unwrap();
    let tasks: Vec<String> = ["train", "unseen"]
        .iter()
        .zip([0, 2])
        .flat_map(|(split, at)| (0..told.info().splits[at].size).map(move |i| (split, i)).collect::<Vec<_>>())
        .map(|(split, i)| env.reset(split, i, 0).unwrap().task)
        .collect();
    assert!(
        tasks
            .iter()
            .any(|t| t.starts_with("Find me leak proof travel mug with color: ")
                && t.contains(", and price lower than "))
            || tasks.iter().any(|t| t.starts_with("Find me heavy travel mug, and price lower than 1")),
        "{tasks:?}"
    );
    assert!(
        tasks.iter().any(|t| t.starts_with("Find me bright lamp with color: ") && !t.contains("price")),
        "{tasks:?}"
    );
}

#[test]
fn wrong_files_are_refused_with_file_and_product() {
    let folder = tempfile::tempdir().unwrap();
    let load = |change: &dyn Fn(&mut serde_json::Value)| Shop::load(webshop_files(folder.path(), change));
    let error = |change: &dyn Fn(&mut serde_json::Value)| match load(change) {
        Err(error @ WorldError::Data { .. }) => error.to_string().replace(&*folder.path().to_string_lossy(), "FOLDER"),
        other => panic!("{:?}", other.map(|_| ())),
    };
    let mut messages = vec![
        error(&|p| p[3]["pricing"] = json!("sold out")),
        error(&|p| p[3]["pricing"] = json!("$")),
        error(&|p| p[3]["pricing"] = json!("$1.2.3")),
        error(&|p| p[1]["name"] = json!(7)),
        error(&|p| *p = json!({"B000000001": {}})),
        error(&|p| *p = json!([])),
    ];
    let config = webshop_files(folder.path(), |_| ());
    for file in ["items.json", "ins.json", "people.json"] {
        let path = folder.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() - 20]).unwrap();
        let error = Shop::load(config.clone()).map(|_| ()).unwrap_err();
        messages.push(error.to_string().replace(&*folder.path().to_string_lossy(), "FOLDER"));
        fs::write(&path, text).unwrap();
    }
    insta::assert_snapshot!("shop_wrong_files", messages.join("\n---\n"));
    let missing = ShopConfig { products_file: Some("/nowhere/items.json".into()), ..config };
    assert!(matches!(Shop::load(missing), Err(WorldError::Io { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is said: no panic, and the list has no action twice and none is missing; each of its actions is understood.
    #[test]
    fn any_action_is_answered(
        index in 0usize..10_000,
        choices in prop::collection::vec((any::<prop::sample::Index>(), any::<Vec<u8>>(), 0u8..8), 1..16),
    ) {
        let mut env = SHOP.open().unwrap();
        let reset = env.reset("train", index, 0).unwrap();
        let (mut admissible, mut text) = (reset.admissible, reset.first);
        for (choice, bytes, mode) in choices {
            prop_assert!(!admissible.is_empty());
            prop_assert_eq!(admissible.iter().collect::<BTreeSet<_>>().len(), admissible.len());
            let chosen = choice.get(&admissible).clone();
            let action = match mode {
                0 => String::from_utf8_lossy(&bytes).into_owned(),
                1 => format!("click[{}]", String::from_utf8_lossy(&bytes)),
                _ => chosen,
            };
            let stepped = env.step(&action).unwrap();
            if mode > 1 {
                // A click on an option leaves the page as it is; anything else leads to another one.
                prop_assert!(stepped.observation != text || stepped.admissible == admissible || stepped.done);
            } else {
                prop_assert!(!stepped.won);
            }
            if stepped.done {
                break;
            }
            (admissible, text) = (stepped.admissible, stepped.observation);
        }
    }
}
