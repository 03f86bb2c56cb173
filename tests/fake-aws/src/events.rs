//! The events that Config sends to a rule's function, in the form of real ones.

use serde_json::{Map, Value, json};

use crate::certificates::Tags;
use crate::items::text;
use crate::model::{History, Item, Region, Rule, StageState};
use crate::world::World;

/// The kind of notification to build for an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// With the diff from the previous item.
    Change,
    /// Without a diff: the rule is evaluated again.
    Reevaluation,
    /// With `eventLeftScope`.
    LeftScope,
}

impl World {
    /// The event of a periodic trigger.
    pub fn scheduled_event(&mut self, account: &str, region: &str, rule: &str) -> Value {
        let invoking = json!({
            "awsAccountId": account,
            "notificationCreationTime": text(self.clock.now()),
            "messageType": "ScheduledNotification",
            "recordVersion": "1.0",
        });
        self.event(account, region, rule, &invoking, false)
    }

    /// The events that Config sends when a rule is created or reevaluated: one per stage, for this
    /// rule; for a rule that is only scheduled, a single one.
    pub fn reevaluate(&mut self, account: &str, region: &str, rule: &str) -> Vec<Value> {
        let home = self.region(account, region);
        if home.rules[rule].scheduled_only {
            return vec![self.scheduled_event(account, region, rule)];
        }
        let in_scope = |arn: &str, history: &History| {
            let last = history.items.last().filter(|item| item.state.is_some());
            last.is_some_and(|item| includes(&home.rules[rule], arn, history, item))
        };
        let all = home.histories.iter().filter(|(arn, history)| in_scope(arn, history));
        let arns: Vec<String> = all.map(|(arn, _)| arn.clone()).collect();
        arns.iter().map(|arn| self.notification(arn, rule, Kind::Reevaluation)).collect()
    }

    /// The event that notifies a rule that a stage has left its scope.
    pub fn left_scope_event(&mut self, arn: &str, rule: &str) -> Value {
        self.notification(arn, rule, Kind::LeftScope)
    }

    /// The notifications of a stage's latest item, right after the item was created: one per rule
    /// with the stage in its scope. A stage that was in scope until now has left the scope.
    pub(crate) fn notifications(&mut self, arn: &str) -> Vec<Value> {
        let (account, region) = self.home_of(arn).expect("the stage's API is in this world");
        let region = self.region(account, region);
        let kinds = region.rules.iter().filter_map(|(name, rule)| {
            let history = &region.histories[arn];
            let kind = notified(rule, arn, history)?;
            Some((name.clone(), kind))
        });
        let kinds: Vec<(String, Kind)> = kinds.collect();
        kinds.iter().map(|(rule, kind)| self.notification(arn, rule, *kind)).collect()
    }

    fn notification(&mut self, arn: &str, rule: &str, kind: Kind) -> Value {
        let created = text(self.clock.now());
        let (account, region_name) = self.home_of(arn).expect("the stage's API is in this world");
        let (account, region_name) = (account.to_owned(), region_name.to_owned());
        let region = self.region(&account, &region_name);
        let history = &region.histories[arn];
        let (item, before) = match history.items.as_slice() {
            [.., before, item] => (item, Some(before)),
            [item] => (item, None),
            [] => unreachable!("a history has at least one item"),
        };
        let change_type = change_type(item, before);
        let invoking = if region.options.oversized {
            let Value::Object(mut summary) = history.summary(region, arn, item) else { unreachable!() };
            summary.insert("changeType".into(), change_type.into());
            json!({
                "configurationItemSummary": summary,
                "notificationCreationTime": created,
                "messageType": "OversizedConfigurationItemChangeNotification",
                "recordVersion": "1.0",
            })
        } else {
            let diff = match kind {
                Kind::Change => json!({
                    "changedProperties": changed_properties(history, item, before),
                    "changeType": change_type,
                }),
                Kind::Reevaluation | Kind::LeftScope => Value::Null,
            };
            json!({
                "configurationItemDiff": diff,
                "configurationItem": history.event_form(region, arn, item),
                "notificationCreationTime": created,
                "messageType": "ConfigurationItemChangeNotification",
                "recordVersion": "1.3",
            })
        };
        self.event(&account, &region_name, rule, &invoking, kind == Kind::LeftScope)
    }

    fn event(
        &mut self,
        account: &str,
        region: &str,
        rule: &str,
        invoking: &Value,
        left_scope: bool,
    ) -> Value {
        let token = self.issue_token(account, region, rule);
        let Region { partition, rules, .. } = self.region(account, region);
        let Rule { id, arn, parameters, .. } = rules.get(rule).expect("the rule was added");
        let mut event = json!({
            "version": "1.0",
            "invokingEvent": invoking.to_string(),
            "resultToken": token,
            "eventLeftScope": left_scope,
            "executionRoleArn": format!("arn:{partition}:iam::{account}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"),
            "configRuleArn": arn,
            "configRuleName": rule,
            "configRuleId": id,
            "accountId": account,
            "evaluationMode": "DETECTIVE",
        });
        if let Some(parameters) = parameters {
            event["ruleParameters"] = parameters.as_str().into();
        }
        event
    }
}

/// How a rule is notified of a stage's latest item; `None` if the stage is outside the rule's scope
/// and was before.
fn notified(rule: &Rule, arn: &str, history: &History) -> Option<Kind> {
    if rule.scheduled_only {
        return None;
    }
    let includes = |item: &Item| includes(rule, arn, history, item);
    match history.items.as_slice() {
        // A deleted stage has no tags, so its previous item decides about the scope.
        [.., before, item] if item.state.is_none() => includes(before).then_some(Kind::Change),
        [.., item] if includes(item) => Some(Kind::Change),
        [.., before, _] if includes(before) => Some(Kind::LeftScope),
        _ => None,
    }
}

fn includes(rule: &Rule, arn: &str, history: &History, item: &Item) -> bool {
    let tags = item.state.as_ref().map(|state| &state.tags);
    let none = Tags::new();
    rule.scope
        .as_ref()
        .is_none_or(|scope| scope.includes(history.kind.stage_type(), arn, tags.unwrap_or(&none)))
}

fn change_type(item: &Item, before: Option<&Item>) -> &'static str {
    match (&item.state, before) {
        (None, _) => "DELETE",
        (Some(_), None) => "CREATE",
        (Some(_), Some(_)) => "UPDATE",
    }
}

fn changed_properties(history: &History, item: &Item, before: Option<&Item>) -> Value {
    let Some(before) = before else { return json!({}) };
    let (Some(was), Some(is)) = (&before.state, &item.state) else {
        let configuration = |item: &Item| history.configuration(item, crate::items::Dates::Words);
        return json!({ "Configuration": change(configuration(before), configuration(item)) });
    };
    let mut changed = Map::new();
    let mut compare = |path: &str, was: Value, is: Value| {
        if was != is {
            changed.insert(path.into(), change(was, is));
        }
    };
    compare("Configuration.ClientCertificateId", json!(was.certificate), json!(is.certificate));
    compare("Configuration.DeploymentId", json!(was.deployment), json!(is.deployment));
    let canary = |state: &StageState| {
        state.canary.as_ref().map_or(Value::Null, |deployment| json!({"deploymentId": deployment}))
    };
    compare("Configuration.CanarySettings", canary(was), canary(is));
    for key in was.tags.keys().chain(is.tags.keys()) {
        compare(&format!("Tags.{key}"), json!(was.tags.get(key)), json!(is.tags.get(key)));
    }
    Value::Object(changed)
}

fn change(previous: Value, updated: Value) -> Value {
    let change_type = match (&previous, &updated) {
        (Value::Null, _) => "CREATE",
        (_, Value::Null) => "DELETE",
        _ => "UPDATE",
    };
    json!({"previousValue": previous, "updatedValue": updated, "changeType": change_type})
}
