use fake_aws::{FakeAws, Fleet, Organization};

use crate::program::{REGIONS, ROLE, Results, expected, organization, scan, scan_with};

#[test]
fn an_organization_in_all_regions_matches_the_oracle() {
    let mut world = organization(23);
    let (closed, late) = (Fleet::account(3), Fleet::account(4));
    world.organization.as_mut().unwrap().states.insert(closed.clone(), "SUSPENDED".into());
    world.organization.as_mut().unwrap().states.insert(late.clone(), "PENDING_ACTIVATION".into());
    let fake_aws = FakeAws::spawn(world);
    let run = scan(&fake_aws, &format!("--all-regions --organization --role-name {ROLE} --format json"));
    assert_eq!(run.status, 1, "{}", run.err);
    assert_eq!(run.results(), expected(&fake_aws, &[closed, late]));
    let document = run.json();
    assert_eq!((&document["complete"], &document["errors"]), (&true.into(), &serde_json::json!([])));
    let places = document["places"].as_array().unwrap();
    assert!(
        places.iter().filter(|account_region| account_region["listedFrom"] == "config").count() > 30,
        "most have REST stages"
    );
    let printed: Vec<(&str, &str)> = document["places"]
        .as_array()
        .unwrap()
        .iter()
        .map(|account_region| {
            (account_region["accountId"].as_str().unwrap(), account_region["awsRegion"].as_str().unwrap())
        })
        .collect();
    assert!(printed.is_sorted());

    let log = fake_aws.log();
    assert!(log.never_crossed_accounts(), "{:?}", log.crossings().first());
    let counts = log.counts();
    assert_eq!((counts["ListAccounts"], counts["ListRegions"], counts["AssumeRole"]), (2, 21, 20));
    assert_eq!(counts["GetCallerIdentity"], 1);
    // One line per account and Region, and the excluded accounts.
    assert!(
        run.err.starts_with("note: 2 accounts of the organization are not ACTIVE and are skipped\n"),
        "{}",
        run.err
    );
    assert_eq!(run.err.lines().count(), 1 + 21 * REGIONS.len(), "{}", run.err);
    assert!(run.err.contains("[42/42] account "), "{}", run.err);
}

#[test]
fn selected_accounts_and_regions_and_a_single_account() {
    let fake_aws = FakeAws::spawn(organization(3));
    let (one, two) = (Fleet::account(1), Fleet::account(2));
    let all = expected(&fake_aws, &[]);
    let of = |wanted: &[(&str, &str)]| -> Results {
        wanted
            .iter()
            .map(|(account, region)| ((*account).into(), (*region).into()))
            .map(|key: (String, String)| (key.clone(), all[&key].clone()))
            .collect()
    };
    let run = scan(
        &fake_aws,
        &format!(
            "--region {} --accounts {two},{one},{two} --role-name {ROLE} --format json --quiet --output -",
            REGIONS[1]
        ),
    );
    assert_eq!((run.status, run.out.as_str(), run.err.as_str()), (1, "", ""));
    let run = scan(
        &fake_aws,
        &format!("--region {} --accounts {two},{one},{two} --role-name {ROLE} --format json", REGIONS[1]),
    );
    assert_eq!(run.results(), of(&[(&one, REGIONS[1]), (&two, REGIONS[1])]));
    let run = scan(
        &fake_aws,
        &format!("--region {0} --region {1} --region {0} --format json", REGIONS[0], REGIONS[1]),
    );
    let own = Fleet::account(0);
    assert_eq!(run.results(), of(&[(&own, REGIONS[0]), (&own, REGIONS[1])]));
    let run = scan(&fake_aws, &format!("--region {} --format json", REGIONS[0]));
    assert_eq!((run.results(), run.err.as_str()), (of(&[(&own, REGIONS[0])]), ""));
    assert!(fake_aws.log().never_crossed_accounts());
}

#[test]
fn an_aggregator_lists_the_same_stages() {
    let fake_aws = FakeAws::spawn(organization(4));
    let direct = scan(&fake_aws, &format!("--all-regions --organization --role-name {ROLE} --format json"));
    fake_aws.log().clear();
    let aggregated = scan(&fake_aws, &format!("--aggregator organization --role-name {ROLE} --format json"));
    assert_eq!(aggregated.status, 1, "{}", aggregated.err);
    assert_eq!(aggregated.results(), direct.results());
    assert_eq!(aggregated.results(), expected(&fake_aws, &[]));
    assert!(
        aggregated.json()["places"]
            .as_array()
            .unwrap()
            .iter()
            .all(|account_region| account_region["listedFrom"] == "aggregator")
    );
    assert!(
        aggregated
            .err
            .contains("note: the aggregator organization covers the Regions eu-west-1, us-east-1\n"),
        "{}",
        aggregated.err
    );
    let log = fake_aws.log();
    assert!(log.never_crossed_accounts());
    let asks_for_stages = |call: &&fake_aws::LoggedCall| {
        call.input["Expression"].to_string().contains("AWS::ApiGateway::Stage")
    };
    assert_eq!(log.of("SelectResourceConfig").iter().filter(asks_for_stages).count(), 0);
    assert_eq!(log.count("AssumeRole"), 3);

    let some = format!(
        "--aggregator organization --role-name {ROLE} --accounts {} --format json",
        Fleet::account(2)
    );
    let accounts: Vec<String> =
        scan(&fake_aws, &some).results().into_keys().map(|(account, _)| account).collect();
    assert_eq!(accounts, [Fleet::account(2), Fleet::account(2)]);
}

#[test]
fn api_gateway_is_read_if_config_shows_no_rest_stages() {
    let mut world = organization(2);
    let other = Fleet::account(1);
    world.region_mut(&other, REGIONS[0]).options.unrecorded.insert("AWS::ApiGateway::Stage".into());
    world.add_account("aws", &other, "eu-central-1");
    let fake_aws = FakeAws::spawn(world);
    let run = scan(&fake_aws, &format!("--all-regions --organization --role-name {ROLE} --format json"));
    assert_eq!(run.status, 1, "{}", run.err);
    let mut all = expected(&fake_aws, &[]);
    assert!(all[&(other.clone(), "eu-central-1".into())].is_empty());
    assert_eq!(run.results(), all);
    let calls: Vec<_> =
        fake_aws.log().of("GetRestApis").into_iter().map(|call| (call.account, call.region)).collect();
    assert_eq!(calls.len(), 2, "{calls:?}");
    for account_region in run.json()["places"].as_array().unwrap() {
        let reads_inventory = calls.contains(&(
            account_region["accountId"].as_str().unwrap().into(),
            account_region["awsRegion"].as_str().unwrap().into(),
        ));
        assert_eq!(account_region["listedFrom"], if reads_inventory { "apigateway" } else { "config" });
    }
    // With Config's inventory only, nothing is reported about it.
    let run = scan(
        &fake_aws,
        &format!(
            "--region {} --accounts {other} --role-name {ROLE} --param inventory=config --format json",
            REGIONS[0]
        ),
    );
    all.retain(|account_region, _| *account_region == (other.clone(), REGIONS[0].into()));
    assert!(
        run.results().values().map(std::collections::BTreeMap::len).sum::<usize>()
            < all.values().map(std::collections::BTreeMap::len).sum()
    );
}

#[test]
fn a_profile_takes_precedence_over_keys_in_the_environment() {
    let fake_aws = FakeAws::spawn(organization(2));
    let keys = fake_aws.world().credentials(&Fleet::account(1));
    let file = std::env::temp_dir().join(format!("stagecert-profile-{}", std::process::id()));
    let text = format!(
        "[profile audit]\naws_access_key_id={}\naws_secret_access_key={}\nregion={}\n",
        keys.access_key_id, keys.secret_access_key, REGIONS[1]
    );
    std::fs::write(&file, text).unwrap();
    let run = scan_with(
        &fake_aws,
        &format!("--region {} --profile audit --format json", REGIONS[0]),
        &[("AWS_CONFIG_FILE", file.to_str().unwrap())],
    );
    let missing = scan_with(
        &fake_aws,
        &format!("--region {} --profile unknown --format json", REGIONS[0]),
        &[("AWS_CONFIG_FILE", file.to_str().unwrap())],
    );
    std::fs::remove_file(&file).unwrap();
    assert_eq!(
        run.results().into_keys().collect::<Vec<_>>(),
        [(Fleet::account(1), REGIONS[0].to_owned())],
        "{}",
        run.err
    );
    assert!(missing.status == 2 && missing.err.contains("unknown"), "{}", missing.err);
}

#[test]
fn a_delegated_administrator_can_scan_the_organization() {
    let mut world = organization(2);
    let (management, own) = (Fleet::account(1), Fleet::account(0));
    world.organization =
        Some(Organization { management, delegated: [own].into(), ..Organization::default() });
    let fake_aws = FakeAws::spawn(world);
    let run =
        scan(&fake_aws, &format!("--region {} --organization --role-name {ROLE} --format json", REGIONS[0]));
    assert_eq!((run.status, run.results().len()), (1, 2), "{}", run.err);
}
