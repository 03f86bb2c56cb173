//! If something can't be read, no other result is lost, the error names it, and the exit status is
//! 2.

use fake_aws::{Aggregator, FakeAws, Fault, Fleet};

use crate::program::{REGIONS, ROLE, expected, organization, scan};

fn all() -> String {
    format!("--all-regions --organization --role-name {ROLE} --format json")
}

fn aggregated() -> String {
    format!("--aggregator organization --organization --role-name {ROLE} --format json")
}

#[test]
fn an_account_without_the_role_affects_no_other() {
    let fake_aws = FakeAws::spawn(organization(3));
    let closed = Fleet::account(1);
    fake_aws.world().remove_role(&closed, ROLE);
    let run = scan(&fake_aws, &all());
    assert_eq!(run.status, 2, "{}", run.err);
    assert_eq!(run.results(), expected(&fake_aws, std::slice::from_ref(&closed)));
    let errors = run.errors();
    let message =
        format!("AssumeRole of arn:aws:iam::{closed}:role/{ROLE} in account {closed}, Region eu-west-1: ");
    assert!(errors.len() == 1 && errors[0].starts_with(&message), "{errors:?}");
    assert!(run.err.contains(" hint: these credentials need sts:AssumeRole on arn:aws:iam::"), "{}", run.err);
    assert_eq!(run.json()["complete"], false);

    // The aggregator knows the stages that could not be evaluated.
    let run = scan(&fake_aws, &aggregated());
    assert_eq!(run.status, 2, "{}", run.err);
    let known = expected(&fake_aws, &[]);
    let mut unread = 0;
    for account_region in run.json()["places"].as_array().unwrap() {
        let key = (
            account_region["accountId"].as_str().unwrap().to_owned(),
            account_region["awsRegion"].as_str().unwrap().to_owned(),
        );
        let evaluated = account_region["stages"].as_array().unwrap().len();
        let not_evaluated = account_region["notEvaluated"].as_array().unwrap().len();
        let there = known[&key].len();
        assert_eq!((evaluated, not_evaluated), if key.0 == closed { (0, there) } else { (there, 0) });
        unread += not_evaluated;
    }
    assert!(
        unread > 10 && run.errors().iter().any(|error| error.starts_with(&message)),
        "{:?}",
        run.errors()
    );
    assert!(fake_aws.log().never_crossed_accounts());
}

#[test]
fn each_refusal_names_its_account_and_affects_no_other() {
    let refused = Fleet::account(1);
    for operation in ["SelectResourceConfig", "ListRegions", "GetClientCertificates"] {
        let fake_aws = FakeAws::spawn(organization(2));
        fake_aws.faults().always_in(&refused, operation, Fault::AccessDenied);
        let run = scan(&fake_aws, &all());
        assert_eq!(run.status, 2, "{operation}: {}", run.err);
        let errors = run.errors();
        let is_reported = |error: &String| error.contains(operation) && error.contains(&refused);
        assert!(errors.iter().any(is_reported), "{operation}: {errors:?}");
        let (mut results, known) = (run.results(), expected(&fake_aws, &[]));
        let of_refused: Vec<_> =
            results.extract_if(.., |account_region, _| account_region.0 == refused).collect();
        assert_eq!(results, expected(&fake_aws, std::slice::from_ref(&refused)), "{operation}");
        // Stages that need no certificate are evaluated, with the oracle's result.
        for (account_region, stages) in of_refused {
            assert!(stages.iter().all(|(arn, kind)| known[&account_region][arn] == *kind), "{operation}");
        }
    }
}

#[test]
fn a_region_that_is_not_enabled_affects_no_other() {
    let fake_aws = FakeAws::spawn(organization(1));
    let run = scan(&fake_aws, &format!("--region {} --region ap-south-2 --format json", REGIONS[0]));
    assert_eq!(run.status, 2);
    let results = run.results();
    let own = Fleet::account(0);
    assert!(results[&(own.clone(), "ap-south-2".into())].is_empty());
    assert_eq!(
        results[&(own.clone(), REGIONS[0].into())],
        expected(&fake_aws, &[])[&(own, REGIONS[0].into())]
    );
    for hint in ["ap-south-2 is an opt-in Region", "shows whether the account can use the Region at all"] {
        assert!(run.err.contains(hint), "{}", run.err);
    }
}

#[test]
fn an_account_missing_from_the_aggregator_is_reported() {
    let mut world = organization(3);
    let (without, outdated) = (Fleet::account(1), (Fleet::account(2), REGIONS[1].to_owned()));
    let aggregator = Aggregator { without: [without.clone()].into(), outdated: [outdated.clone()].into() };
    world.region_mut(&Fleet::account(0), REGIONS[0]).aggregators.insert("organization".into(), aggregator);
    let fake_aws = FakeAws::spawn(world);
    let run = scan(&fake_aws, &aggregated());
    assert_eq!(run.status, 2, "{}", run.err);
    assert_eq!(run.results(), expected(&fake_aws, std::slice::from_ref(&without)));
    let message = run.errors().join("\n");
    assert!(
        message.contains(&format!(
            "organization in account {without}, Region eu-west-1: the aggregator does not cover the account"
        )),
        "{message}"
    );
    assert!(message.contains(&format!("organization in account {}, Region us-east-1: the source is not up to date: FAILED: AccessDenied", outdated.0)), "{message}");
}

#[test]
fn a_scan_that_cannot_start_says_what_to_do() {
    let fake_aws = FakeAws::spawn(organization(2));
    fake_aws.world().organization.as_mut().unwrap().management = Fleet::account(1);
    let none = FakeAws::spawn(organization(2));
    none.world().organization = None;
    for (fake_aws, arguments, error, hint) in [
        (
            &fake_aws,
            all(),
            "error: ListAccounts of the organization in account 111122220000",
            "management account or a delegated administrator",
        ),
        (&none, all(), "error: ListAccounts of the organization in account 111122220000", "--accounts"),
        (
            &fake_aws,
            format!("--aggregator unknown --role-name {ROLE}"),
            "unknown in account 111122220000, Region eu-west-1: NoSuch",
            "--aggregator-region",
        ),
        (
            &fake_aws,
            format!("--aggregator organization --aggregator-region us-east-1 --role-name {ROLE}"),
            "organization in account 111122220000, Region us-east-1: NoSuch",
            "--aggregator-region",
        ),
        (
            &fake_aws,
            format!("--aggregator organization --role-name {ROLE} --param inventory=config"),
            "error: rule parameter inventory",
            "",
        ),
    ] {
        let run = scan(fake_aws, &arguments);
        assert_eq!(run.status, 2, "{arguments}");
        assert!(run.err.contains(error) && run.err.contains(hint), "{arguments}: {}", run.err);
    }
}
