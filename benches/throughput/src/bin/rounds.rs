//! Evaluates accounts several times; prints the number of stages and of evaluations. `guard.py`
//! counts its instructions.

use std::hint::black_box;

use throughput::{Account, fleet};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let account = arguments.next();
    let mut number = || arguments.next().and_then(|text| text.parse::<u64>().ok());
    let (Some(account), Some(stages), Some(rounds)) = (account, number(), number()) else {
        panic!("usage: rounds fleet|account|peers STAGES ROUNDS");
    };
    let accounts = match account.as_str() {
        "fleet" => fleet(stages),
        "account" => vec![Account::mixed(0..stages)],
        "peers" => vec![Account::peers(stages)],
        other => panic!("fleet, account or peers, not {other}"),
    };
    let stages: usize = accounts.iter().map(Account::count).sum();
    let round =
        || accounts.iter().flat_map(|account| black_box(account).evaluations()).map(black_box).count();
    let evaluated: usize = (0..rounds).map(|_| round()).sum();
    println!("{stages} {evaluated}");
}
