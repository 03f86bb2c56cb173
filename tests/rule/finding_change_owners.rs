//! The owners that events about findings name, and ids of events that are sent again.

use serde_json::{Value, json};

use crate::change::change;
use crate::evaluate::{Evaluated, sample, stored, with_parameters};
use crate::faulty::World;
use crate::finding_changes::{PROD, details, lines, on, sweep, with_http};

async fn sweep_with(account: &Value, parameters: &Value) -> Evaluated {
    World::of(account).evaluate(&with_parameters(sample("scheduled"), parameters)).await.0
}

#[tokio::test]
async fn an_event_names_the_owner_even_if_no_check_asks_for_it() {
    let parameters = json!({"events": "on", "checks": "certificate-attached"});
    let account = with_http(&[(PROD, None)]);
    let evaluated = sweep_with(&account, &parameters).await;
    assert_eq!(lines(&evaluated), ["a1/prod certificate-attached failed missing - -> HIGH"]);
    assert_eq!(details(&evaluated)[0]["owner"], "team");
    // Without the tags, the mail would go to someone else, so the event and the result wait.
    for event in [sample("scheduled"), change(PROD, None, None)] {
        let world = World { fails: ("tags", "ThrottlingException"), ..World::of(&account) };
        let (evaluated, _) = world.evaluate(&with_parameters(event, &parameters)).await;
        assert_eq!((evaluated.messages.len(), evaluated.of(PROD)), (0, None), "{}", evaluated.text());
        evaluated.outcome.unwrap_err();
    }
}

#[tokio::test]
async fn the_owner_of_an_excluded_stage_learns_that_its_checks_no_longer_fail() {
    let mut account = with_http(&[(PROD, None)]);
    let failing = sweep(&account).await;
    account["evaluationResults"] = stored(account.clone(), &failing)["evaluationResults"].take();
    let parameters = json!({"events": "on", "excludeStages": "a1/*"});
    for event in [sample("scheduled"), change(PROD, None, None)] {
        let (evaluated, _) = World::of(&account).evaluate(&with_parameters(event, &parameters)).await;
        assert_eq!(
            lines(&evaluated),
            ["a1/prod certificate-attached fixed exempt HIGH -> -"],
            "{}",
            evaluated.text()
        );
        assert_eq!(details(&evaluated)[0]["owner"], "team");
    }
}

/// The result of the deletion was lost after its event was sent.
#[tokio::test]
async fn a_deletion_that_only_the_next_sweep_can_put_has_the_same_id() {
    let before = with_http(&[(PROD, None)]);
    let failing = sweep(&before).await;
    let mut account = with_http(&[]);
    account["evaluationResults"] = stored(before, &failing)["evaluationResults"].take();
    let mut event = change(PROD, None, None);
    let invoking = event["invokingEvent"].as_str().unwrap().replace("\"OK\"", "\"ResourceDeleted\"");
    event["invokingEvent"] = invoking.into();
    let (deleted, _) = World::of(&account).evaluate(&on(event)).await;
    let vanished = sweep(&account).await;
    assert_eq!(lines(&deleted), ["a1/prod certificate-attached fixed deleted HIGH -> -"]);
    assert_eq!(lines(&vanished), ["a1/prod certificate-attached fixed vanished HIGH -> -"]);
    let id = |evaluated: &Evaluated| details(evaluated)[0]["transitionId"].clone();
    assert_eq!(id(&deleted), id(&vanished));
}
