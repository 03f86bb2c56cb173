//! The fake AWS as a program, for manual use, boto3 and `benches/peers`: a fleet of a given size on
//! a port.

mod console;
/// The expected result of each stage, shared with the oracle tests.
#[path = "../tests/oracle/oracle.rs"]
mod oracle;

use std::time::Duration;

use fake_aws::{FakeAws, Fleet, Gateway, World};

const USAGE: &str = "fake-aws [--port N] [--stages N] [--apis N] [--certificates N] [--seed N] [--accounts N] [--regions N] \
     [--role NAME] [--domains N] [--private-apis N] [--limits on|off] \
     [--latency MILLISECONDS] [--console on|off]

--apis and --certificates are per account and Region. --domains and --private-apis give the first account a front door. --limits on (the default) enforces AWS's rate limits, such as API
Gateway's 10 per second with a burst of 40; off disables them. --latency delays every response.
--console on reads commands from standard input until it ends: calls, times, event, results, truth.";

fn main() {
    let mut fleet = Fleet::default();
    let (mut port, mut role) = (0, "stagecert-member".to_owned());
    let (mut limits, mut console) = (true, false);
    let (mut domains, mut private_apis) = (0, 0);
    let mut latency = Duration::ZERO;
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().unwrap_or_else(|| fail(&format!("{name} needs a value")));
        let number = || value.parse::<u64>().unwrap_or_else(|_| fail(&format!("{name} needs a number")));
        match name.as_str() {
            "--port" => port = u16::try_from(number()).unwrap_or_else(|_| fail("--port is at most 65535")),
            "--stages" => {
                fleet.stages = usize::try_from(number()).unwrap_or_else(|_| fail("too many stages"))
            }
            "--apis" => {
                fleet.apis = Some(usize::try_from(number()).unwrap_or_else(|_| fail("too many APIs")))
            }
            "--certificates" => {
                fleet.certificates =
                    Some(usize::try_from(number()).unwrap_or_else(|_| fail("too many certificates")));
            }
            "--domains" => domains = usize::try_from(number()).unwrap_or_else(|_| fail("too many domains")),
            "--private-apis" => {
                private_apis = usize::try_from(number()).unwrap_or_else(|_| fail("too many private APIs"));
            }
            "--latency" => latency = Duration::from_millis(number()),
            "--limits" => limits = on(&name, &value),
            "--console" => console = on(&name, &value),
            "--seed" => fleet.seed = number(),
            "--accounts" => {
                fleet.accounts = usize::try_from(number()).unwrap_or_else(|_| fail("too many accounts"));
            }
            "--regions" => {
                fleet.regions = usize::try_from(number()).unwrap_or_else(|_| fail("too many Regions"));
            }
            "--role" => role = value,
            _ => fail(&format!("unknown option {name}")),
        }
    }
    let mut world = World::fleet(&fleet);
    if domains > 0 || private_apis > 0 {
        // Where the certificates of edge-optimized domain names are.
        world.add_account(&fleet.partition, &Fleet::account(0), "us-east-1");
        world.populate_front_door((&Fleet::account(0), &fleet.region), domains, private_apis);
    }
    let accounts: Vec<String> = world.accounts().map(|account| account.id.clone()).collect();
    for account in &accounts {
        world.trust(account, &role, &accounts[0]);
    }
    // What `coverage`, `preflight`, `retry` and `orphans` read.
    let regions = fleet.region_names();
    let regions: Vec<&str> = regions.iter().map(String::as_str).collect();
    world.add_unit("r-fake", None, &accounts);
    world.add_stack_set("stagecert", &accounts[0], &fleet.region, &accounts[1..], &regions);
    // A result token for each account's rule, for manual calls of PutEvaluations.
    let tokens: Vec<String> =
        accounts.iter().map(|account| world.issue_token(account, &fleet.region, &fleet.rule)).collect();
    let fake_aws = FakeAws::spawn_on(world, port).unwrap_or_else(|error| fail(&error.to_string()));
    fake_aws.set_latency(latency);
    fake_aws.limits().set_enabled(limits);
    let gateway = Gateway::spawn(&fake_aws).unwrap_or_else(|error| fail(&error.to_string()));
    println!(
        "AWS_ENDPOINT_URL={} AWS_REGION={} aggregator=organization gateway=http://{}",
        fake_aws.url(),
        fleet.region,
        gateway.address()
    );
    for (account, token) in accounts.iter().zip(tokens) {
        let keys = fake_aws.world().credentials(account);
        println!(
            "account={account} AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY={} role={role} result_token={token}",
            keys.access_key_id, keys.secret_access_key
        );
    }
    if console {
        return console::serve(&fake_aws, &fleet);
    }
    loop {
        std::thread::park();
    }
}

fn on(name: &str, value: &str) -> bool {
    match value {
        "on" => true,
        "off" => false,
        _ => fail(&format!("{name} must be on or off")),
    }
}

fn fail(problem: &str) -> ! {
    eprintln!("{problem}\n{USAGE}");
    std::process::exit(2)
}
