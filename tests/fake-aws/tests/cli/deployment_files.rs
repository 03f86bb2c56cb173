//! Deployment files that are wrong: one line that names the field.

use fake_aws::{FakeAws, Fleet};
use serde_json::{Value, json};

use crate::deployment::{deployed, file, run};
use crate::program::ROLE;

#[test]
fn an_invalid_deployment_file_is_an_error_in_one_line_that_names_the_field() {
    let fake_aws = FakeAws::spawn(deployed(2, 2));
    let cases: [(&str, Value, &str); 23] = [
        ("/deploymentVersion", json!(2), "deployment.deploymentVersion: allowed: 1"),
        ("/name", json!("Stage cert"), "deployment.name: allowed: "),
        ("/name", json!("a".repeat(14)), "deployment.name: allowed: "),
        ("/name", json!(7), "deployment.name: expected a string"),
        ("/deploymentMode", json!("stackset"), "deployment.deploymentMode: unknown variant"),
        ("/partition", json!("azure"), "deployment.partition: allowed: "),
        ("/homeRegion", json!("../x"), "deployment.regions: allowed: Regions"),
        ("/regions", json!([]), "deployment.regions: allowed: at least one"),
        ("/regions/0", json!("eu west"), "deployment.regions: allowed: Regions"),
        ("/administratorAccount", json!("123"), "deployment.accounts: allowed: account IDs"),
        ("/excludedAccounts", json!(["12345678901x"]), "deployment.accounts: allowed: account IDs"),
        ("/callAs", json!("ROOT"), "deployment.callAs: unknown variant"),
        ("/organizationalUnits", json!(["ou-x"]), "deployment.organizationalUnits: allowed: "),
        ("/stackSets", json!([]), "deployment.stackSets: allowed: at least one"),
        ("/stackSets/0/name", json!("a b"), "deployment.stackSets: allowed: StackSet names"),
        ("/stackSets/0/reservedConcurrency", json!(-1), "deployment.stackSets[0].reservedConcurrency: "),
        ("/stacks/0/name", json!("x;rm"), "deployment.stacks: allowed: stack names"),
        ("/rules", json!([]), "deployment.rules: allowed: at least one rule"),
        ("/rules/0/name", json!("a' OR '1'='1"), "deployment.rules: allowed: rule names"),
        ("/rules/0/match", json!("regex"), "deployment.rules[0].match: unknown variant"),
        (
            "/rules/0",
            json!({"name": "stagecert-front-door", "match": "exact", "frequency": "Weekly"}),
            "deployment.rules[0].frequency: unknown variant",
        ),
        ("/frequency", json!("Weekly"), "deployment.frequency: unknown variant"),
        ("/functionName", json!("a\u{1b}[2J"), "deployment.functionName: allowed: "),
    ];
    let check = |document: &Value, expected: &str| {
        let failed = run(&fake_aws, "coverage", document);
        assert_eq!((failed.status, failed.out.as_str()), (2, ""), "{expected}");
        // After the name of the file.
        let problem = failed.err.strip_prefix("error: /").and_then(|err| err.split_once(": "));
        assert!(problem.is_some_and(|(_, it)| it.starts_with(expected)), "{expected}: {}", failed.err);
        assert_eq!(failed.err.lines().count(), 1, "{}", failed.err);
    };
    for (path, value, expected) in cases {
        let mut document = file();
        *document.pointer_mut(path).unwrap() = value;
        check(&document, expected);
    }
    for field in file().as_object().unwrap().keys() {
        let mut document = file();
        document.as_object_mut().unwrap().remove(field);
        check(&document, &format!("deployment: missing field `{field}`"));
    }
    let mut document = file();
    document["color"] = json!("blue");
    check(&document, "deployment.color: unknown field `color`");
    document["deploymentVersion"] = json!(2);
    check(&document, "deployment.deploymentVersion: allowed: 1, the version of this program's files");
    check(&json!([]), "deployment: not a JSON object");
    assert_eq!(fake_aws.log().calls().len(), 0, "nothing is called");
}

#[test]
fn a_deployment_to_only_the_management_account_has_no_stack_sets() {
    let mut world = deployed(2, 2);
    let management = Fleet::account(1);
    world.stack_sets.clear();
    world.remove_role(&management, ROLE);
    let fake_aws = FakeAws::spawn(world);
    let mut document = file();
    document["managementAccount"] = json!(management);
    document["includesManagementAccount"] = json!(true);
    document["accounts"] = json!([management]);
    document["stackSets"] = json!([]);
    let covered = run(&fake_aws, "coverage --format json", &document);
    let places: Vec<Value> = covered.json()["places"].as_array().unwrap().clone();
    assert_eq!(places.len(), 2, "{}", covered.err);
    assert!(places.iter().all(|place| place["account"] == json!(management)), "{places:?}");
    assert_eq!(
        (run(&fake_aws, "retry", &document).status, run(&fake_aws, "orphans", &document).status),
        (0, 0)
    );
}

#[test]
fn other_credentials_or_another_partition_are_an_error() {
    let fake_aws = FakeAws::spawn(deployed(2, 2));
    for (field, value, expected) in [
        (
            "administratorAccount",
            json!(Fleet::account(1)),
            "deployment.administratorAccount says 111122220001, but GetCallerIdentity with these credentials says 111122220000",
        ),
        (
            "partition",
            json!("aws-cn"),
            "deployment.partition says aws-cn, but GetCallerIdentity with these credentials says aws",
        ),
    ] {
        for command in ["coverage", "preflight", "retry", "orphans"] {
            let mut document = file();
            document[field] = value.clone();
            let failed = run(&fake_aws, command, &document);
            assert_eq!((failed.status, failed.out.as_str()), (2, ""), "{command}");
            assert!(failed.err.starts_with(&format!("error: {expected}")), "{command}: {}", failed.err);
        }
    }
    let counts = fake_aws.log().counts();
    assert_eq!(counts.keys().collect::<Vec<_>>(), [&"GetCallerIdentity"]);
}
