//! Changes to a world. A change that Config would see appends a configuration item and returns the
//! events that Config would send, one per rule of the Region.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::front_door::Access;
use crate::model::{Api, ApiKind, History, Stage, StageState, parts};
use crate::world::World;

impl World {
    /// Creates an API with one deployment that has these integrations, and returns the API's ID.
    pub fn create_api(
        &mut self,
        account: &str,
        region: &str,
        kind: ApiKind,
        name: &str,
        integrations: &[&str],
    ) -> String {
        let (id, deployment) = (self.word(10), self.word(6));
        let created = self.clock.now();
        let ids: Vec<String> = integrations.iter().map(|_| self.word(7)).collect();
        self.api_homes.insert(id.clone(), (account.into(), region.into()));
        let region = self.region_mut(account, region);
        let collection = if kind == ApiKind::Rest { "restapis" } else { "apis" };
        let types: Vec<String> = integrations.iter().map(|&kind| kind.into()).collect();
        let api = Api {
            id: id.clone(),
            name: name.into(),
            kind,
            arn: region.apigateway_arn(&format!("/{collection}/{id}")),
            created,
            integrations: if kind == ApiKind::Rest {
                BTreeMap::new()
            } else {
                ids.into_iter().zip(types.iter().cloned()).collect()
            },
            resources: types.clone(),
            deployments: BTreeMap::from([(deployment.clone(), types)]),
            access: Access::default(),
            deployed_access: BTreeMap::from([(deployment, Access::default())]),
            backend: None,
            unexportable: false,
            stages: BTreeMap::new(),
        };
        region.apis.insert(id.clone(), api);
        id
    }

    /// Creates a stage on an API's first deployment; returns its ARN and the events.
    ///
    /// # Panics
    /// If there is no such API, or the API already has a stage with this name.
    pub fn create_stage(&mut self, api: &str, name: &str) -> (String, Vec<Value>) {
        let arn = self.insert_stage(api, name, StageState::default());
        let events = self.notifications(&arn);
        (arn, events)
    }

    pub(crate) fn insert_stage(&mut self, api: &str, name: &str, mut state: StageState) -> String {
        let (account, region) = self.api_homes.get(api).expect("the API exists").clone();
        let now = self.clock.now();
        let region = self.region_mut(&account, &region);
        let item_api = region.apis.get_mut(api).expect("the API exists");
        let arn = format!("{}/stages/{name}", item_api.arn);
        if state.deployment.is_empty() {
            state.deployment = item_api.deployments.keys().next().cloned().unwrap_or_default();
        }
        let state = Arc::new(state);
        let stage =
            Stage { name: name.into(), arn: arn.clone(), created: now, updated: now, state: state.clone() };
        assert!(item_api.stages.insert(name.into(), stage).is_none(), "{arn} exists already");
        let history = History {
            api: api.into(),
            api_name: item_api.name.clone(),
            kind: item_api.kind,
            name: name.into(),
            items: Vec::new(),
        };
        region.histories.entry(arn.clone()).or_insert(history);
        if !state.tags.is_empty() {
            region.tags.insert(arn.clone(), state.tags.clone());
        }
        let item = region.next_item("ResourceDiscovered", now, now, Some(state));
        region.record(&arn, item);
        arn
    }

    /// Deletes a stage.
    pub fn delete_stage(&mut self, arn: &str) -> Vec<Value> {
        let (account, region) = self.owned_home(arn);
        let now = self.clock.now();
        let region = self.region_mut(&account, &region);
        let (api, name) = parts(arn).expect("a stage's ARN");
        let stages = &mut region.apis.get_mut(api).expect("the API exists").stages;
        let stage = stages.remove(name).expect("the stage exists");
        region.tags.remove(arn);
        let item = region.next_item("ResourceDeleted", now, stage.created, None);
        region.record(arn, item);
        self.notifications(arn)
    }

    /// Deletes an API and all of its stages.
    pub fn delete_api(&mut self, api: &str) -> Vec<Value> {
        let (account, region) = self.api_homes.get(api).expect("the API exists").clone();
        let stages = &self.region(&account, &region).apis[api].stages;
        let arns: Vec<String> = stages.values().map(|stage| stage.arn.clone()).collect();
        let events = arns.iter().flat_map(|arn| self.delete_stage(arn)).collect();
        self.region_mut(&account, &region).apis.remove(api);
        events
    }

    /// Stops recording a stage, which continues to exist.
    pub fn stop_recording(&mut self, arn: &str) -> Vec<Value> {
        let (account, region) = self.owned_home(arn);
        let now = self.clock.now();
        let region = self.region_mut(&account, &region);
        let created = region.stage(arn).expect("the stage exists").1.created;
        let item = region.next_item("ResourceNotRecorded", now, created, None);
        region.record(arn, item);
        self.notifications(arn)
    }

    /// Attaches a certificate, given by a generated certificate's ID or an ACM ARN. The certificate
    /// need not exist.
    pub fn attach_certificate(&mut self, arn: &str, certificate: &str) -> Vec<Value> {
        self.change_stage(arn, |state| state.certificate = Some(certificate.into()))
    }

    /// Detaches a stage's certificate.
    pub fn detach_certificate(&mut self, arn: &str) -> Vec<Value> {
        self.change_stage(arn, |state| state.certificate = None)
    }

    /// Attaches a new certificate with the tags of the old one; returns its ID and the events. The
    /// old certificate is kept.
    pub fn rotate_certificate(&mut self, arn: &str) -> (String, Vec<Value>) {
        let (account, region) = self.owned_home(arn);
        let home = self.region(&account, &region);
        let old = self.stage(arn).and_then(|(_, stage)| stage.state.certificate.clone());
        let old = old.and_then(|id| home.certificates.get(&id));
        let tags = old.and_then(|old| home.tags.get(&old.arn)).cloned().unwrap_or_default();
        let id = self.generate_certificate(&account, &region, tags);
        let events = self.attach_certificate(arn, &id);
        (id, events)
    }

    /// Deploys these integrations to a stage; returns the deployment's ID and the events.
    pub fn redeploy(&mut self, arn: &str, integrations: &[&str]) -> (String, Vec<Value>) {
        let deployment = self.deploy(arn, integrations);
        let events = self.change_stage(arn, |state| state.deployment.clone_from(&deployment));
        (deployment, events)
    }

    /// Points a stage at an existing deployment.
    ///
    /// # Panics
    /// If its API has no such deployment.
    pub fn deploy_again(&mut self, arn: &str, deployment: &str) -> Vec<Value> {
        let api = self.stage(arn).expect("the stage exists").0;
        assert!(api.deployments.contains_key(deployment), "{deployment} is no deployment of {arn}");
        self.change_stage(arn, |state| state.deployment = deployment.into())
    }

    /// Adds a canary whose deployment has these integrations, or removes the canary.
    pub fn set_canary(&mut self, arn: &str, integrations: Option<&[&str]>) -> Vec<Value> {
        let deployment = integrations.map(|integrations| self.deploy(arn, integrations));
        self.change_stage(arn, |state| state.canary = deployment)
    }

    fn deploy(&mut self, arn: &str, integrations: &[&str]) -> String {
        let (account, region) = self.owned_home(arn);
        let deployment = self.word(6);
        let integration_ids: Vec<String> = integrations.iter().map(|_| self.word(7)).collect();
        let (api, _) = parts(arn).expect("a stage's ARN");
        let api = self.region_mut(&account, &region).apis.get_mut(api).expect("the API exists");
        let types: Vec<String> = integrations.iter().map(|&kind| kind.into()).collect();
        if api.kind != ApiKind::Rest {
            api.integrations.extend(integration_ids.into_iter().zip(types.iter().cloned()));
        }
        api.resources.clone_from(&types);
        api.deployments.insert(deployment.clone(), types);
        api.deployed_access.insert(deployment.clone(), api.access.clone());
        deployment
    }

    pub(crate) fn change_stage(&mut self, arn: &str, change: impl FnOnce(&mut StageState)) -> Vec<Value> {
        let (account, region) = self.owned_home(arn);
        let now = self.clock.now();
        let region = self.region_mut(&account, &region);
        let (api, name) = parts(arn).expect("a stage's ARN");
        let stage = region.apis.get_mut(api).and_then(|api| api.stages.get_mut(name));
        let stage = stage.expect("the stage exists");
        let mut state = StageState::clone(&stage.state);
        change(&mut state);
        if state == *stage.state {
            return Vec::new();
        }
        if state.certificate != stage.state.certificate && region.options.stale_requests > 0 {
            let old = (stage.state.certificate.clone(), region.options.stale_requests);
            region.stale.insert(arn.into(), old);
        }
        stage.state = Arc::new(state);
        stage.updated = now;
        let (created, state) = (stage.created, stage.state.clone());
        let item = region.next_item("OK", now, created, Some(state));
        region.record(arn, item);
        self.notifications(arn)
    }

    /// Sets tags of any resource of an account and Region, by ARN. Tagging a stage creates an item
    /// if the Region's options say so.
    pub fn tag(&mut self, account: &str, region: &str, arn: &str, tags: &[(&str, &str)]) -> Vec<Value> {
        let own = self.region_mut(account, region).tags.entry(arn.into()).or_default();
        own.extend(tags.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())));
        self.tags_changed(account, region, arn)
    }

    /// Removes tags. A resource that loses its last tag stays known to the tagging API, with no
    /// tags.
    pub fn untag(&mut self, account: &str, region: &str, arn: &str, keys: &[&str]) -> Vec<Value> {
        if let Some(own) = self.region_mut(account, region).tags.get_mut(arn) {
            own.retain(|key, _| !keys.contains(&key.as_str()));
        }
        self.tags_changed(account, region, arn)
    }

    fn tags_changed(&mut self, account: &str, region: &str, arn: &str) -> Vec<Value> {
        let region = self.region(account, region);
        if !region.options.tag_edits_make_items || region.stage(arn).is_none() {
            return Vec::new();
        }
        let tags = region.tags.get(arn).cloned().unwrap_or_default();
        self.change_stage(arn, |state| state.tags = tags)
    }

    fn owned_home(&self, arn: &str) -> (String, String) {
        let (account, region) = self.home_of(arn).expect("the stage's API is in this world");
        (account.into(), region.into())
    }
}
