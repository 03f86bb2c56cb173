use fake_aws::{FakeAws, Fault, Fleet, Tags, World};
use serde_json::{Value, json};

use crate::deployment::{deployed, file, run};
use crate::program::REGIONS;

const UUID: &str = "0f3c1e52-6a0d-4b8e-9a0e-1c2d3e4f5a6b";

fn tags(deployment: &str, stack: Option<&str>) -> Tags {
    let deployment = ("stagecert:deployment".to_owned(), deployment.to_owned());
    let stack = stack.map(|stack| ("aws:cloudformation:stack-name".to_owned(), stack.to_owned()));
    [deployment].into_iter().chain(stack).collect()
}

fn left_over() -> World {
    let mut world = deployed(3, 2);
    let admin = Fleet::account(0);
    for (name, tag) in [
        ("stagecert-canary", Some("stagecert")),
        ("stagecert-unreserved", None),
        ("stagecert-pilot", Some("stagecert-pilot")),
        ("stagecert-other", None),
        ("stagecertified", Some("stagecert")),
    ] {
        let accounts = if name == "stagecert-canary" { vec![Fleet::account(1)] } else { vec![] };
        let set = world.add_stack_set(name, &admin, REGIONS[0], &accounts, &REGIONS);
        set.delegated = true;
        set.tags = tag.map(|tag| tags(tag, None)).unwrap_or_default();
    }
    let mut add = |region: &str, arn: &str, tags: Tags| {
        world.region_mut(&admin, region).tags.insert(arn.replace("ACCOUNT", &admin), tags);
    };
    let current = "stagecert-code-eu-west-1";
    add(REGIONS[0], "arn:aws:s3:::stagecert-code-ACCOUNT-eu-west-1", tags("stagecert", Some(current)));
    add(
        REGIONS[0],
        "arn:aws:cloudformation:eu-west-1:ACCOUNT:stack/stagecert-code-eu-west-1/id",
        tags("stagecert", None),
    );
    let instance = format!("StackSet-stagecert-{UUID}");
    add(
        REGIONS[0],
        "arn:aws:lambda:eu-west-1:ACCOUNT:function:stagecert-evaluator",
        tags("stagecert", Some(&instance)),
    );
    add(REGIONS[0], "arn:aws:lambda:eu-west-1:ACCOUNT:function:pilot", tags("pilot", Some("pilot")));
    // The same stack in another Region is not in the file.
    add(REGIONS[1], "arn:aws:s3:::stagecert-code-ACCOUNT-us-east-1", tags("stagecert", Some(current)));
    add(REGIONS[1], "arn:aws:kms:us-east-1:ACCOUNT:key/k 1;rm\u{1b}", tags("stagecert", None));
    add(REGIONS[1], "arn:aws:unknown:us-east-1:ACCOUNT:thing/1", tags("stagecert", Some("stagecert-alerts")));
    world
}

#[test]
fn what_is_left_over_is_listed_with_the_commands_that_delete_it() {
    let fake_aws = FakeAws::spawn(left_over());
    let orphans = run(&fake_aws, "orphans --format json", &file());
    assert_eq!(orphans.status, 1, "{}", orphans.err);
    let admin = Fleet::account(0);
    let orphan = |region: &str, id: &str, stack: Value, commands: &[&str]| json!({"account": admin, "region": region, "id": id, "stack": stack, "commands": commands});
    let set = |name: &str, command: &str| {
        format!(
            "aws cloudformation {command} --region eu-west-1 --stack-set-name {name} --call-as DELEGATED_ADMIN"
        )
    };
    let instances = set("stagecert-canary", "delete-stack-instances");
    let expected = json!([
        orphan(
            "eu-west-1",
            "stagecert-canary",
            Value::Null,
            &[
                &format!(
                    "{instances} --no-retain-stacks --deployment-targets OrganizationalUnitIds=ou-ab12-workload --regions eu-west-1 us-east-1"
                ),
                &set("stagecert-canary", "delete-stack-set"),
            ]
        ),
        orphan(
            "eu-west-1",
            "stagecert-unreserved",
            Value::Null,
            &[&set("stagecert-unreserved", "delete-stack-set")]
        ),
        orphan(
            "us-east-1",
            &format!("arn:aws:kms:us-east-1:{admin}:key/k 1;rm?"),
            Value::Null,
            &["aws kms schedule-key-deletion --region us-east-1 --key-id 'k 1;rm?'"]
        ),
        orphan(
            "us-east-1",
            &format!("arn:aws:s3:::stagecert-code-{admin}-us-east-1"),
            json!("stagecert-code-eu-west-1"),
            &[
                &format!(
                    "aws s3api delete-objects --region us-east-1 --bucket stagecert-code-{admin}-us-east-1 --delete \"$(aws s3api list-object-versions --region us-east-1 --bucket stagecert-code-{admin}-us-east-1 --output json --query '{{Objects: [Versions, DeleteMarkers][].{{Key: Key, VersionId: VersionId}}}}')\""
                ),
                &format!("aws s3 rb --force --region us-east-1 s3://stagecert-code-{admin}-us-east-1"),
            ]
        ),
        orphan(
            "us-east-1",
            &format!("arn:aws:unknown:us-east-1:{admin}:thing/1"),
            json!("stagecert-alerts"),
            &[]
        ),
    ]);
    assert_eq!(orphans.json(), json!({"orphansVersion": 1, "orphans": expected}));
    let page = run(&fake_aws, "orphans", &file());
    assert!(page.out.ends_with("5 left over; nothing was deleted\n"), "{}", page.out);
    assert!(
        page.out.contains("  no command is known: delete it in the console of its service\n"),
        "{}",
        page.out
    );
    assert!(!page.out.contains('\u{1b}'), "{}", page.out);
}

#[test]
fn what_is_left_in_a_region_that_the_file_no_longer_names_is_listed() {
    let fake_aws = FakeAws::spawn(left_over());
    let mut document = file();
    document["regions"] = json!([REGIONS[0]]);
    document["stackSets"][0]["regions"] = json!([REGIONS[0]]);
    let orphans = run(&fake_aws, "orphans", &document);
    assert!(orphans.out.ends_with("5 left over; nothing was deleted\n"), "{}{}", orphans.out, orphans.err);
    let one = run(&fake_aws, "orphans --region us-east-1", &document);
    assert!(one.out.contains("us-east-1 arn:aws:kms:"), "{}", one.out);
    assert!(one.out.ends_with("5 left over; nothing was deleted\n"), "{}", one.out);
    let none = run(&fake_aws, "orphans --region eu-west-1", &document);
    assert!(none.out.ends_with("2 left over; nothing was deleted\n"), "{}", none.out);
    // Without permission to list the Regions, only those of the file are read.
    fake_aws.faults().always("ListRegions", Fault::AccessDenied);
    let orphans = run(&fake_aws, "orphans", &document);
    assert_eq!(orphans.status, 2);
    assert!(orphans.out.ends_with("2 left over; nothing was deleted\n"), "{}", orphans.out);
    assert!(
        orphans.err.starts_with("error: ListRegions of the enabled Regions in account"),
        "{}",
        orphans.err
    );
}

#[test]
fn nothing_left_over_exits_with_0_and_a_partial_list_with_2() {
    let fake_aws = FakeAws::spawn(deployed(3, 2));
    let orphans = run(&fake_aws, "orphans", &file());
    assert_eq!(
        (orphans.status, orphans.out.as_str()),
        (0, "0 left over; nothing was deleted\n"),
        "{}",
        orphans.err
    );
    let fake_aws = FakeAws::spawn(left_over());
    fake_aws.faults().always("ListStackSets", Fault::AccessDenied);
    let orphans = run(&fake_aws, "orphans", &file());
    assert_eq!(orphans.status, 2);
    assert!(orphans.out.ends_with("3 left over; nothing was deleted\n"), "{}", orphans.out);
    assert!(orphans.err.starts_with("error: ListStackSets of all StackSets in account"), "{}", orphans.err);
}
