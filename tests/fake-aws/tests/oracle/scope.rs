//! A rule whose scope is a tag: sweeps respect it just as Config's events do, so results don't
//! flap.

use fake_aws::{ApiKind, Scope};

use crate::function::Function;
use crate::scene::{REGION, account, account_with, bare_stage, good_stage, stored, succeed, sweep};

#[test]
fn a_sweep_puts_no_result_for_a_stage_outside_the_rule_s_scope() {
    let mut world = account_with("{}", false);
    let [inside, leaving] =
        ["inside", "leaving"].map(|name| bare_stage(&mut world, ApiKind::Rest, name, &["HTTP"]));
    let outside = good_stage(&mut world, "outside");
    let production = Scope {
        resource_types: vec!["AWS::ApiGateway::Stage".into(), "AWS::ApiGatewayV2::Stage".into()],
        tag_key: Some("env".into()),
        tag_value: Some("prod".into()),
        ..Scope::default()
    };
    world.set_scope(&account(), REGION, "stagecert", production);
    for arn in [&inside, &leaving] {
        world.tag(&account(), REGION, arn, &[("env", "prod")]);
    }
    let function = Function::start(world, &account(), REGION);
    for round in 1..=2 {
        succeed(&sweep(&function));
        assert_eq!(stored(&function, &inside), Some("NON_COMPLIANT"), "sweep {round}");
        assert_eq!(stored(&function, &leaving), Some("NON_COMPLIANT"), "sweep {round}");
        let result = stored(&function, &outside);
        assert!(matches!(result, None | Some("NOT_APPLICABLE")), "sweep {round}, outside: {result:?}");
    }

    let events = function.fake_aws.world().tag(&account(), REGION, &leaving, &[("env", "dev")]);
    assert_eq!(events.len(), 1, "it has left the scope");
    function.deliver(events);
    for round in 1..=2 {
        assert_eq!(stored(&function, &leaving), Some("NOT_APPLICABLE"), "before sweep {round}");
        let taken = function.accepted(&account(), REGION);
        succeed(&sweep(&function));
        assert_eq!(stored(&function, &leaving), Some("NOT_APPLICABLE"), "after sweep {round}");
        assert_eq!(function.accepted(&account(), REGION), taken, "sweep {round} puts nothing");
    }
    assert!(function.fake_aws.log().count("DescribeConfigRules") <= 4, "once per sweep");
}
