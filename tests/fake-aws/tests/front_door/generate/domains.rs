//! Custom domain names with mappings and routing rules.

use super::{Generator, REGION};

impl Generator {
    pub(super) fn domain(&mut self, n: usize) {
        let (account, region) = self.place();
        let place = (account.as_str(), region);
        let endpoint_type = match self.random.below(20) {
            0..=13 => "REGIONAL",
            14..=16 => "EDGE",
            _ if self.private.is_empty() => "REGIONAL",
            _ => "PRIVATE",
        };
        // A private domain name may have the name of a public one.
        let number = if endpoint_type == "PRIVATE" && n > 0 && self.chance(50) { n - 1 } else { n };
        let name = format!("d{number}.example.{}", if number % 3 == 0 { "net" } else { "com" });
        let key = self.world.add_domain(place, &name, endpoint_type);
        let certificate =
            (endpoint_type != "PRIVATE" || self.chance(50)).then(|| self.certificate(endpoint_type));
        let mutual_tls = (endpoint_type == "REGIONAL" && self.chance(65)).then(|| self.mutual_tls());
        let ownership = (mutual_tls.is_some() && self.chance(35)).then(|| self.certificate(endpoint_type));
        let status = match self.random.below(40) {
            0 => "FAILED",
            1 | 2 => "PENDING_CERTIFICATE_REIMPORT",
            3 | 4 => "PENDING_OWNERSHIP_VERIFICATION",
            5 => "UPDATING",
            6 => "PENDING",
            _ => "AVAILABLE",
        };
        let policy = if mutual_tls.is_some() || endpoint_type == "PRIVATE" {
            "TLS_1_2"
        } else {
            *self.one(&["TLS_1_2", "TLS_1_2", "TLS_1_0", "SecurityPolicy_TLS13_1_3_2025_09", "TLS_9"])
        };
        let mode = *self.one(&[
            None,
            Some("BASE_PATH_MAPPING_ONLY"),
            Some("BASE_PATH_MAPPING_ONLY"),
            Some("ROUTING_RULE_ONLY"),
            Some("ROUTING_RULE_THEN_BASE_PATH_MAPPING"),
        ]);
        let mode = mode.filter(|_| endpoint_type != "EDGE");
        let has_mutual_tls = mutual_tls.is_some();
        let open_policy = self.chance(30);
        let domain = self.world.domain_mut(place, &key);
        (domain.certificate, domain.ownership_certificate) = (certificate, ownership);
        (domain.mutual_tls, domain.status) = (mutual_tls, status.into());
        (domain.security_policy, domain.routing_mode) = (Some(policy.into()), mode.map(Into::into));
        if endpoint_type == "PRIVATE" && open_policy {
            domain.policy = Some(
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"execute-api:/*"}]}"#
                    .into(),
            );
        }
        self.ways(&key, endpoint_type, has_mutual_tls);
    }

    fn ways(&mut self, key: &(String, String), endpoint_type: &str, has_mutual_tls: bool) {
        let (account, region) = self.place();
        let place = (account.as_str(), region);
        let mut apis = match endpoint_type {
            "PRIVATE" => self.private.clone(),
            _ if !has_mutual_tls && !self.web_socket.is_empty() && self.chance(15) => self.web_socket.clone(),
            _ => self.public.clone(),
        };
        if endpoint_type == "REGIONAL" && !has_mutual_tls && self.chance(35) {
            apis.extend(self.private.clone());
        }
        if apis.is_empty() {
            return;
        }
        let uses = self.world.domain_mut(place, key).routing_mode.clone();
        let most = [1, 1, 2, 3][self.random.below(4)];
        for n in 0..most {
            let api = self.one(&apis).clone();
            let Some(stage) = self.stage(&api) else { continue };
            let path = match n {
                0 => String::new(),
                1 => "v1".into(),
                _ if endpoint_type == "REGIONAL" => "v1/orders".into(),
                _ => "orders".into(),
            };
            let is_rest = self.world.region(&account, REGION).apis[&api].arn.contains("/restapis/");
            let any_stage = is_rest && self.chance(12);
            self.world.add_mapping(place, key, &path, &api, (!any_stage).then_some(stage.as_str()));
        }
        if uses.is_some_and(|mode| mode.starts_with("ROUTING_RULE")) {
            for n in 0..[0, 1, 1, 2][self.random.below(4)] {
                let api = self.one(&apis).clone();
                let is_rest = self.world.region(&account, REGION).apis[&api].arn.contains("/restapis/");
                let Some(stage) = self.stage(&api).filter(|_| is_rest) else { continue };
                self.world.add_routing_rule(place, key, (n > 0).then_some("rules"), &api, &stage);
            }
        }
    }

    fn stage(&self, api: &str) -> Option<String> {
        let stages = &self.world.region(&self.account, REGION).apis[api].stages;
        let names: Vec<&String> = stages.keys().collect();
        (!names.is_empty()).then(|| (*self.one(&names)).clone())
    }
}
