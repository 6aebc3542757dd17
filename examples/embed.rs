//! Skills that advise an agent inside one's own program: `cargo run --example embed --no-default-features`.

use reskill::embed::{Bank, MarkKind};
use reskill::include_skills;

pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The texts become part of the program; `Bank::builder().folder("skills")?` would read them when it runs.
    let bank = Bank::builder()
        .sources(include_skills!("../skills/household/domain.skill", "../skills/household/heat_then_place.skill"))
        .build()?;
    let mut session = bank.session("household")?;

    // One episode: the task, what is seen first, and the actions to choose from.
    let actions = ["take mug 1 from table 1", "go to microwave 1"].map(str::to_owned);
    session.start("heat some mug and put it in coffeemachine.", "You see a table 1.", &actions);

    // After every step the agent is told what the skills make of it.
    let next = ["go to microwave 1", "put mug 1 in/on coffeemachine 1"].map(str::to_owned);
    let directives = session.observe("take mug 1 from table 1", "You pick up the mug 1 from the table 1.", &next);
    for firing in &directives.fired {
        let rule = bank.rule("household", firing.rule).ok_or("a rule of this bank")?;
        println!("{}.{}: {}", rule.skill, rule.rule, firing.advice.as_deref().unwrap_or("-"));
    }
    for (index, action) in next.iter().enumerate() {
        let marks = directives.marks.iter().filter(|mark| mark.action as usize == index);
        println!("{action}: {:?}", marks.map(|mark| mark.kind).collect::<Vec<MarkKind>>());
    }

    // At the end the assertions judge what was done.
    println!("{:?}", session.finish().verdicts);
    Ok(())
}
