//! The world without HTTP: changes, the events that Config sends for them, and aging certificates.

use std::collections::BTreeSet;

use fake_aws::{ApiKind, Fleet, Scope, Tags, World};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";

fn world() -> (World, String) {
    let mut world = World::new(1);
    world.add_account("aws", ACCOUNT, REGION);
    world.add_rule(ACCOUNT, REGION, "stagecert", Some("{}"));
    let api = world.create_api(ACCOUNT, REGION, ApiKind::Rest, "orders", &["HTTP"]);
    let (arn, _) = world.create_stage(&api, "prod");
    (world, arn)
}

fn invoking(events: &[Value]) -> Value {
    let [event] = events else { panic!("one rule, one event: {events:?}") };
    serde_json::from_str(event["invokingEvent"].as_str().unwrap()).unwrap()
}

#[test]
fn a_certificate_change_creates_an_item_and_an_event_with_a_diff() {
    let (mut world, arn) = world();
    let first = world.generate_certificate(ACCOUNT, REGION, Tags::new());
    let attached = invoking(&world.attach_certificate(&arn, &first));
    let property = "Configuration.ClientCertificateId";
    let change = &attached["configurationItemDiff"]["changedProperties"][property];
    assert_eq!(change, &json!({"previousValue": null, "updatedValue": first, "changeType": "CREATE"}));
    assert_eq!(attached["configurationItem"]["configuration"]["clientCertificateId"], first);
    assert_eq!(attached["configurationItem"]["ARN"], arn);

    let (second, events) = world.rotate_certificate(&arn);
    let rotated = invoking(&events);
    assert_eq!(rotated["configurationItemDiff"]["changedProperties"][property]["updatedValue"], second);
    assert!(world.attach_certificate(&arn, &second).is_empty(), "nothing changed");

    let deleted = invoking(&world.delete_stage(&arn));
    assert_eq!(deleted["configurationItem"]["configurationItemStatus"], "ResourceDeleted");
    let was = &deleted["configurationItemDiff"]["changedProperties"]["Configuration"]["previousValue"];
    assert_eq!(was["clientCertificateId"], second);
}

#[test]
fn capture_times_of_a_stage_differ_and_oversized_events_have_no_configuration() {
    let (mut world, arn) = world();
    world.region_mut(ACCOUNT, REGION).options.oversized = true;
    let mut captured = BTreeSet::new();
    for id in ["a1", "b2", "c3"] {
        let event = invoking(&world.attach_certificate(&arn, id));
        assert_eq!(event["messageType"], "OversizedConfigurationItemChangeNotification");
        assert!(event["configurationItemSummary"]["configuration"].is_null());
        captured.insert(event["configurationItemSummary"]["configurationItemCaptureTime"].to_string());
    }
    assert_eq!(captured.len(), 3);
}

#[test]
fn certificates_age_by_the_offset_while_the_wall_clock_does_not_move() {
    let (mut world, _) = world();
    let id = world.generate_certificate(ACCOUNT, REGION, Tags::new());
    let dates = |world: &World| {
        let pem = world.region(ACCOUNT, REGION).certificates[&id].pem(world.clock.offset());
        let (_, block) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).unwrap();
        let certificate = block.parse_x509().unwrap();
        assert_eq!(certificate.subject().to_string(), "C=US, L=Seattle, CN=ApiGateway");
        assert!(matches!(
            certificate.public_key().parsed(),
            Ok(x509_parser::public_key::PublicKey::RSA(key)) if key.key_size() == 2048
        ));
        (certificate.validity().not_before.timestamp(), certificate.validity().not_after.timestamp())
    };
    let (fresh, year) = (dates(&world), 365 * 86_400);
    assert_eq!(fresh.1 - fresh.0, year);
    world.advance_days(366);
    let aged = dates(&world);
    assert_eq!((fresh.0 - aged.0, fresh.1 - aged.1), (366 * 86_400, 366 * 86_400));
    assert!(aged.1 < Timestamp::now().as_second(), "it has expired");
}

#[test]
fn certificates_have_their_own_keys_if_the_options_say_so() {
    let (mut world, _) = world();
    let keys = |world: &World| -> BTreeSet<Vec<u8>> {
        let own = world.region(ACCOUNT, REGION).certificates.values();
        let key = |pem: String| {
            let (_, block) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).unwrap();
            block.parse_x509().unwrap().public_key().raw.to_vec()
        };
        own.map(|own| key(own.pem(world.clock.offset()))).collect()
    };
    let generate = |world: &mut World| world.generate_certificate(ACCOUNT, REGION, Tags::new());
    generate(&mut world);
    generate(&mut world);
    assert_eq!(keys(&world).len(), 1);
    world.region_mut(ACCOUNT, REGION).options.own_keys = true;
    generate(&mut world);
    generate(&mut world);
    assert_eq!(keys(&world).len(), 3);
    let (aged, mut later) = (keys(&world), world.clone());
    later.advance_days(30);
    assert_eq!(keys(&later), aged, "a certificate keeps its key when it is signed again");
}

#[test]
fn an_expired_acm_certificate_is_issued_again_after_a_renewal() {
    let (mut world, _) = world();
    let year = SignedDuration::from_hours(395 * 24);
    let arn = world.add_acm_certificate(ACCOUNT, REGION, "PRIVATE", SignedDuration::ZERO, year, Tags::new());
    let status = |world: &World| {
        world.region(ACCOUNT, REGION).acm[&arn].status_at(world.clock.certificates_now()).to_owned()
    };
    assert_eq!(status(&world), "ISSUED");
    world.advance_days(400);
    assert_eq!(status(&world), "EXPIRED");
    world.renew_acm_certificate(ACCOUNT, REGION, &arn);
    assert_eq!(status(&world), "ISSUED");
}

#[test]
fn a_seed_always_creates_the_same_fleet_with_every_kind_of_stage() {
    let (first, second) = (World::seeded(5, 2000), World::seeded(5, 2000));
    let arns = |world: &World| -> Vec<String> {
        let account = world.accounts().next().unwrap();
        account.regions[REGION].stages().map(|(_, stage)| stage.arn.clone()).collect()
    };
    assert_eq!(arns(&first), arns(&second));
    assert_eq!(arns(&first).len(), 2000);

    let region = &first.accounts().next().unwrap().regions[REGION];
    let now = first.clock.certificates_now();
    let stages: Vec<_> = region.stages().collect();
    let ids: Vec<&str> = stages.iter().filter_map(|(_, stage)| stage.state.certificate.as_deref()).collect();
    let certificates: Vec<_> = ids.iter().filter_map(|id| region.certificates.get(*id)).collect();
    let acm: Vec<_> = ids.iter().filter_map(|id| region.acm.get(*id)).collect();
    let within = |days: i64| now + SignedDuration::from_hours(24 * days);
    for (what, is_there) in [
        ("expired", certificates.iter().any(|one| one.not_after < now)),
        ("expiring", certificates.iter().any(|one| one.not_after > now && one.not_after < within(60))),
        ("valid", certificates.iter().any(|one| one.not_before < now && one.not_after > within(60))),
        ("not yet valid", certificates.iter().any(|one| one.not_before > now)),
        ("dangling", ids.len() > certificates.len() + acm.len()),
        ("ACM, expired", acm.iter().any(|one| one.status_at(now) == "EXPIRED")),
        ("ACM, managed", acm.iter().any(|one| one.is_managed() && one.status_at(now) == "ISSUED")),
        ("canary", stages.iter().any(|(_, stage)| stage.state.canary.is_some())),
        ("HTTP API", stages.iter().any(|(api, _)| api.kind == ApiKind::Http)),
        (
            "WebSocket",
            stages
                .iter()
                .any(|(api, stage)| api.kind == ApiKind::WebSocket && stage.state.certificate.is_some()),
        ),
        ("untagged", stages.iter().any(|(_, stage)| region.tags_of(&stage.arn).is_none())),
        ("shared", ids.len() > ids.iter().collect::<BTreeSet<_>>().len()),
    ] {
        assert!(is_there, "{what}");
    }
}

#[test]
fn a_fleet_has_the_requested_number_of_apis_and_certificates() {
    for (stages, apis) in [(1500, 500), (500, 500), (2500, 500), (0, 0)] {
        let world =
            World::fleet(&Fleet { stages, apis: Some(apis), certificates: Some(60), ..Fleet::default() });
        let region = world.region(&Fleet::account(0), REGION);
        assert_eq!(
            (region.stages().count(), region.apis.len(), region.certificates.len()),
            (stages, apis, 60),
            "{stages} stages in {apis} APIs"
        );
        assert!(region.apis.values().all(|api| (1..=5).contains(&api.stages.len())));
    }
}

#[test]
fn resources_are_those_of_the_latest_deployment_to_any_stage() {
    let (mut world, arn) = world();
    let resources = |world: &World| world.stage(&arn).unwrap().0.resources.clone();
    assert_eq!(resources(&world), ["HTTP"]);
    world.set_canary(&arn, Some(&["AWS_PROXY", "MOCK"]));
    assert_eq!(resources(&world), ["AWS_PROXY", "MOCK"]);
    world.redeploy(&arn, &["HTTP_PROXY"]);
    assert_eq!(resources(&world), ["HTTP_PROXY"]);
}

#[test]
fn reevaluating_a_rule_sends_an_event_for_every_stage() {
    let mut world = World::seeded(3, 300);
    let account = world.accounts().next().unwrap().id.clone();
    let events = world.reevaluate(&account, REGION, "stagecert");
    let tokens: BTreeSet<&str> = events.iter().map(|event| event["resultToken"].as_str().unwrap()).collect();
    assert_eq!((events.len(), tokens.len()), (300, 300));
    let event = invoking(&[world.scheduled_event(&account, REGION, "stagecert")]);
    assert_eq!(event["messageType"], "ScheduledNotification");
}

#[test]
fn a_rule_is_notified_of_stages_in_its_scope_and_of_one_that_leaves_it() {
    let (mut world, arn) = world();
    let production = Scope {
        resource_types: vec!["AWS::ApiGateway::Stage".into()],
        tag_key: Some("env".into()),
        tag_value: Some("prod".into()),
        ..Scope::default()
    };
    world.set_scope(ACCOUNT, REGION, "stagecert", production);
    assert!(world.attach_certificate(&arn, "a1").is_empty(), "the stage has no tag");
    assert!(world.reevaluate(ACCOUNT, REGION, "stagecert").is_empty());
    let tag = |world: &mut World, value: &str| world.tag(ACCOUNT, REGION, &arn, &[("env", value)]);
    let entered = tag(&mut world, "prod");
    assert_eq!((entered.len(), &entered[0]["eventLeftScope"]), (1, &json!(false)));
    assert_eq!(world.reevaluate(ACCOUNT, REGION, "stagecert").len(), 1);
    let left = tag(&mut world, "dev");
    assert_eq!((left.len(), &left[0]["eventLeftScope"]), (1, &json!(true)));
    assert!(tag(&mut world, "test").is_empty());
    tag(&mut world, "prod");
    assert_eq!(world.delete_stage(&arn).len(), 1, "the deletion of a stage that was in the scope");
}
