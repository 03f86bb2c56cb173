use aws_sdk_config::types::ConfigRule;

use crate::Failure;
use crate::aws::LiveAccount;

impl LiveAccount {
    /// A rule as Config describes it.
    pub(crate) async fn config_rule(&self, rule_name: &str) -> Result<ConfigRule, Failure> {
        let call = self.call("DescribeConfigRules", rule_name);
        let sent = self.clients.config.describe_config_rules().config_rule_names(rule_name).send();
        let rules = call.send(sent).await?.config_rules.unwrap_or_default();
        let rule = rules.into_iter().find(|rule| rule.config_rule_name.as_deref() == Some(rule_name));
        rule.ok_or_else(|| call.invalid_response("Config has no rule of that name".into()))
    }

    /// The `InputParameters` with which a rule is deployed; `None` if it has none.
    ///
    /// # Errors
    /// `Operation` of `DescribeConfigRules`, also for a rule that does not exist.
    #[cfg(feature = "fleet")]
    pub async fn deployed_parameters(&self, rule_name: &str) -> Result<Option<String>, Failure> {
        Ok(self.config_rule(rule_name).await?.input_parameters)
    }
}
