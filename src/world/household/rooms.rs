//! Rooms. In: the tables and a generator. Out: [`Layout`]s, the receptacles and kinds of objects of one room, with the
//! chance of finding an object kind at each receptacle.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::HouseholdConfig;
use super::data::Tables;

/// One room, without its objects' numbers and places: those are drawn anew in every task.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Position of the room's kind.
    pub room: usize,
    /// (receptacle kind, how many), by kind.
    pub receptacles: Vec<(usize, u32)>,
    /// Object kinds that the room holds, by kind.
    pub objects: Vec<usize>,
}

impl Layout {
    /// Draws a room of the kind.
    pub fn draw(tables: &Tables, config: &HouseholdConfig, room: usize, rng: &mut ChaCha8Rng) -> Layout {
        let kind = &tables.rooms[room];
        let mut layout = Layout { room, receptacles: Vec::new(), objects: Vec::new() };
        for stock in &kind.receptacles {
            if rng.random_bool(stock.chance) {
                let count = f64::from(rng.random_range(stock.least..=stock.most));
                // What there is only one of (a fridge) stays alone at any size.
                let count = if stock.most == 1 { 1.0 } else { (count * config.size).round().clamp(1.0, 99.0) };
                layout.receptacles.push((stock.kind, count as u32));
            }
        }
        for stock in &kind.objects {
            let chance = (stock.chance * config.clutter).min(1.0);
            if rng.random_bool(chance) && layout.could_hold(tables, stock.kind).next().is_some() {
                layout.objects.push(stock.kind);
            }
        }
        layout
    }

    pub fn has(&self, receptacle: usize) -> bool {
        self.receptacles.iter().any(|&(kind, _)| kind == receptacle)
    }

    /// The room's receptacle kinds at which objects of the kind may be when a task begins.
    pub fn could_hold<'a>(&'a self, tables: &'a Tables, object: usize) -> impl Iterator<Item = usize> + 'a {
        let kind = &tables.objects[object];
        self.receptacles
            .iter()
            .map(|&(r, _)| r)
            .filter(move |r| if kind.fixed { kind.usual.contains(r) } else { tables.receptacles[*r].accepts[object] })
    }
}

/// How likely, relative to the others, an object of the kind is at receptacles of the kind (all of them together).
pub fn weight(tables: &Tables, config: &HouseholdConfig, object: usize, receptacle: usize) -> f64 {
    if tables.objects[object].usual.contains(&receptacle) { config.usual } else { 1.0 }
}
