//! The stand-in for manual use and for boto3: `standin --port N --stages N --seed N --accounts N --regions N`.

use standin::{Fleet, Standin, World};

const USAGE: &str = "standin [--port N] [--stages N] [--seed N] [--accounts N] [--regions N] [--role NAME]";

fn main() {
    let mut fleet = Fleet::default();
    let (mut port, mut role) = (0, "stagecert-member".to_owned());
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().unwrap_or_else(|| fail(&format!("{name} wants a value")));
        let number = || value.parse::<u64>().unwrap_or_else(|_| fail(&format!("{name} wants a number")));
        match name.as_str() {
            "--port" => port = u16::try_from(number()).unwrap_or_else(|_| fail("--port is 65535 at most")),
            "--stages" => {
                fleet.stages = usize::try_from(number()).unwrap_or_else(|_| fail("too many stages"))
            }
            "--seed" => fleet.seed = number(),
            "--accounts" => {
                fleet.accounts = usize::try_from(number()).unwrap_or_else(|_| fail("too many accounts"));
            }
            "--regions" => {
                fleet.regions = usize::try_from(number()).unwrap_or_else(|_| fail("too many Regions"));
            }
            "--role" => role = value,
            _ => fail(&format!("what is {name}?")),
        }
    }
    let mut world = World::fleet(&fleet);
    let accounts: Vec<String> = world.accounts().map(|account| account.id.clone()).collect();
    for account in &accounts {
        world.trust(account, &role, &accounts[0]);
    }
    // For PutEvaluations by hand: a token of each account's rule.
    let tokens: Vec<String> =
        accounts.iter().map(|account| world.issue_token(account, &fleet.region, &fleet.rule)).collect();
    let standin = Standin::spawn_on(world, port).unwrap_or_else(|error| fail(&error.to_string()));
    println!("AWS_ENDPOINT_URL={} AWS_REGION={} aggregator=organization", standin.url(), fleet.region);
    for (account, token) in accounts.iter().zip(tokens) {
        let keys = standin.world().credentials(account);
        println!(
            "account={account} AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY={} role={role} result_token={token}",
            keys.access_key_id, keys.secret_access_key
        );
    }
    loop {
        std::thread::park();
    }
}

fn fail(problem: &str) -> ! {
    eprintln!("{problem}\n{USAGE}");
    std::process::exit(2)
}
