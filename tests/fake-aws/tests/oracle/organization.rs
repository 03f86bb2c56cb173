use std::time::Duration;

use fake_aws::{Fleet, Outcome, World};
use serde_json::Value;

use crate::function::Function;

const REGION: &str = "eu-west-1";
const ROLE: &str = "stagecert-member";
const ACCOUNTS: usize = 50;

/// Fifty member accounts whose rules call the function in account 0, which assumes their role.
fn organization() -> World {
    let mut world = World::fleet(&Fleet {
        seed: 3,
        stages: ACCOUNTS * 4,
        accounts: ACCOUNTS,
        parameters: Some(format!(r#"{{"executionRoleName":"{ROLE}","appliesTo":"all-stages"}}"#)),
        ..Fleet::default()
    });
    let central = Fleet::account(0);
    for number in 0..ACCOUNTS {
        world.trust(&Fleet::account(number), ROLE, &central);
    }
    world
}

/// One reevaluation event for every account in turn, and again: no two consecutive events are from
/// the same account.
fn interleaved(world: &mut World) -> Vec<(String, Value)> {
    let mut rounds: Vec<Vec<(String, Value)>> = Vec::new();
    for number in 0..ACCOUNTS {
        let account = Fleet::account(number);
        for (round, event) in world.reevaluate(&account, REGION, "stagecert").into_iter().enumerate() {
            if rounds.len() <= round {
                rounds.push(Vec::new());
            }
            rounds[round].push((account.clone(), event));
        }
    }
    rounds.into_iter().flatten().collect()
}

#[test]
fn events_of_fifty_accounts_never_use_another_account_s_credentials() {
    let function = Function::start(organization(), &Fleet::account(0), REGION);
    let closed = Fleet::account(7);
    function.fake_aws.world().remove_role(&closed, ROLE);
    let events = interleaved(&mut function.fake_aws.world());
    for (account, event) in &events {
        let outcome = function.invoke_within(event, Duration::from_secs(60));
        match outcome {
            Outcome::Success(_) => assert_ne!(*account, closed),
            Outcome::Error { message, .. } => {
                assert_eq!(*account, closed, "{message}");
                assert!(message.contains("AssumeRole") && message.contains(&closed), "{message}");
            }
            Outcome::TimedOut => panic!("{account}: no response"),
        }
    }
    let log = function.fake_aws.log();
    assert!(log.never_crossed_accounts(), "{:?}", log.crossings().first());
    let world = function.fake_aws.world();
    for number in 0..ACCOUNTS {
        let account = Fleet::account(number);
        let evaluations = &world.region(&account, REGION).rules["stagecert"].evaluations;
        assert_eq!(evaluations.is_empty(), account == closed, "{account}");
        for stored in evaluations.values() {
            assert_eq!(stored.put_by.0, account, "put with another account's credentials");
        }
    }
    println!("{} events of {ACCOUNTS} accounts, {} AssumeRole", events.len(), log.count("AssumeRole"));
}
