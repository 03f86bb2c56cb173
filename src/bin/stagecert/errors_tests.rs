use stagecert::failure::{Cause, Location};

use super::*;

fn denied(operation: &'static str, account: &str, region: &str) -> Failure {
    Failure::Operation {
        operation,
        resource: "all".into(),
        location: Location { account: account.into(), region: region.into() },
        code: Some("AccessDeniedException".into()),
        source: "AccessDeniedException: no".into(),
    }
}

#[test]
fn all_missing_permissions_are_in_one_list_with_the_page_that_lists_every_permission() {
    let failures = vec![
        denied("SelectResourceConfig", "111122223333", "eu-west-1"),
        denied("GetClientCertificates", "111122223333", "eu-west-1"),
        denied("GetClientCertificates", "111122223333", "eu-west-1"),
        denied("GetResources", "444455556666", "eu-west-1"),
        denied("GetResources", "444455556666", "us-east-1"),
    ];
    let text = text(&Failure::Several(failures));
    let hints: Vec<&str> = text.lines().filter(|line| line.starts_with(" hint: ")).collect();
    assert_eq!(text.lines().filter(|line| line.starts_with("error: ")).count(), 5);
    assert_eq!(
        hints,
        [
            " hint: missing permissions in account 111122223333, Region eu-west-1: apigateway:GET on \
             arn:aws:apigateway:eu-west-1::/clientcertificates, config:SelectResourceConfig on *",
            " hint: missing permissions in account 444455556666, Region eu-west-1; account 444455556666, Region us-east-1: \
             tag:GetResources on *",
            " hint: docs/scan-policy.json has every permission of a scan; if a policy allows them, a service control policy or a \
             permissions boundary may not",
        ]
    );
}

#[test]
fn missing_permissions_of_the_front_door_name_its_policy() {
    for (operation, expected) in
        [("GetDomainNames", true), ("DescribeListeners", true), ("GetResources", false)]
    {
        let text = text(&denied(operation, "111122223333", "eu-west-1"));
        assert!(text.contains("hint: missing permissions"), "{text}");
        assert_eq!(text.contains("docs/front-door-policy.json"), expected, "{text}");
    }
}

#[test]
fn a_long_list_of_places_is_counted() {
    let failures = (0..9).map(|n| denied("GetResources", &format!("{n:012}"), "eu-west-1")).collect();
    let text = text(&Failure::Several(failures));
    assert!(
        text.contains("account 000000000004, Region eu-west-1 and 4 more: tag:GetResources on *\n"),
        "{text}"
    );
}

#[test]
fn missing_credentials_take_three_lines() {
    let searched = vec!["environment variables".to_owned(), "the profile".to_owned()];
    let cause = Cause::new("x".repeat(640), Some(Obstacle::CredentialsNotFound { searched }), None);
    let failure = Failure::Operation {
        operation: "GetCallerIdentity",
        resource: "the credentials".into(),
        location: Location { account: "unknown".into(), region: "eu-west-1".into() },
        code: None,
        source: Box::new(cause),
    };
    let text = text(&failure);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], ["error: no AWS credentials found", " tried: environment variables, the profile"]);
    assert!(lines.len() == 3 && lines[2].starts_with(" hint: sign in: "), "{text}");
}
