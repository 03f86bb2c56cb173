//! Which calls for the front door are denied.

use std::collections::BTreeSet;

use crate::Failure;
use crate::aws::LiveAccount;
use crate::aws::read::gateway::{V1, V2};
use crate::resources::account_region::AccountRegion;
use crate::resources::domain_name::{DomainKey, DomainName};

impl LiveAccount {
    /// The failures of one small call per operation that the checks of the front door may need.
    /// Nothing that the calls name has to exist, so not every failure is a denial.
    pub async fn probe_front_door_permissions(&self) -> Vec<Failure> {
        let AccountRegion { partition, region, account } = &self.account_region;
        let arn = |of: &str| format!("arn:{partition}:elasticloadbalancing:{region}:{account}:{of}");
        let balancer = arn("loadbalancer/app/stagecert/0000000000000000");
        let listener = arn("listener/app/stagecert/0000000000000000/0000000000000000");
        let group = arn("targetgroup/stagecert/0000000000000000");
        let key = DomainKey { name: "stagecert.invalid".into(), id: None };
        let types = vec!["REGIONAL".into()];
        let mut domain = DomainName { domain_name: key.name.clone(), ..DomainName::default() };
        domain.endpoint_configuration.types = types;
        let one = |id: &str| BTreeSet::from([id.to_owned()]);
        let (endpoints, interfaces, groups) = (one("vpce-00000000"), one("eni-00000000"), one("sg-00000000"));
        let gateway = async {
            let mut failures = Vec::new();
            for (operation, form, path) in [
                ("GetRestApis", V1, "/restapis?limit=1"),
                ("GetApis", V2, "/v2/apis?maxResults=1"),
                ("GetDomainNames", V1, "/domainnames?limit=1&resourceOwner=SELF"),
            ] {
                let call = self.call(operation, "all");
                failures.extend(self.gateway_resource(&call, form.service, path).await.err());
            }
            failures.extend(self.mappings_of(&domain).await.err());
            failures.extend(self.routing_rules_of(&key).await.err());
            failures
        };
        let (mut failures, network, balancers) = tokio::join!(
            gateway,
            async {
                [
                    self.endpoints_with("vpc-endpoint-id", &endpoints).await.err(),
                    self.interfaces_with("network-interface-id", &interfaces).await.err(),
                    self.security_groups_with(&groups).await.err(),
                ]
            },
            async {
                [
                    self.all_target_groups().await.err(),
                    self.load_balancers_with(&one(&balancer)).await.err(),
                    self.listeners_of(&balancer).await.err(),
                    self.rules_of(&listener).await.err(),
                    self.targets_of(&group).await.err(),
                ]
            },
        );
        failures.extend(network.into_iter().chain(balancers).flatten());
        failures
    }
}
