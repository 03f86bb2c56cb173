//! Judges accounts so many times and prints how many stages they have and how many evaluations that came to: what `guard.py` counts the instructions of.

use std::hint::black_box;

use throughput::{Judgeable, fleet};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let account = arguments.next();
    let mut number = || arguments.next().and_then(|text| text.parse::<u64>().ok());
    let (Some(account), Some(stages), Some(rounds)) = (account, number(), number()) else {
        panic!("usage: rounds fleet|account|peers STAGES ROUNDS");
    };
    let accounts = match account.as_str() {
        "fleet" => fleet(stages),
        "account" => vec![Judgeable::mixed(0..stages)],
        "peers" => vec![Judgeable::peers(stages)],
        other => panic!("fleet, account or peers, not {other}"),
    };
    let stages: usize = accounts.iter().map(Judgeable::count).sum();
    let round =
        || accounts.iter().flat_map(|account| black_box(account).evaluations()).map(black_box).count();
    let evaluated: usize = (0..rounds).map(|_| round()).sum();
    println!("{stages} {evaluated}");
}
