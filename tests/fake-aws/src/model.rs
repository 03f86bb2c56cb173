//! The resources of one account and Region, as plain values that tests may read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::certificates::{AcmCertificate, ClientCertificate, Tags};
use crate::event_bus::EventBus;
use crate::front_door::{Access, FrontDoor};
pub use crate::options::{Recorder, RegionOptions};
pub use crate::rule::{Rule, Runs, Scope, StoredEvaluation};
use crate::security_hub::SecurityHub;
use crate::traffic::Traffic;

/// The protocol of an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiKind {
    /// A REST API (`/restapis/`).
    Rest,
    /// A V2 API of protocol `WEBSOCKET` (`/apis/`).
    WebSocket,
    /// A V2 API of protocol `HTTP` (`/apis/`).
    Http,
}

impl ApiKind {
    /// Config's resource type of the stages of such an API.
    pub fn stage_type(self) -> &'static str {
        if self == Self::Rest { "AWS::ApiGateway::Stage" } else { "AWS::ApiGatewayV2::Stage" }
    }

    /// Config's resource type of such an API.
    pub fn api_type(self) -> &'static str {
        if self == Self::Rest { "AWS::ApiGateway::RestApi" } else { "AWS::ApiGatewayV2::Api" }
    }
}

/// An API.
#[derive(Clone, Debug)]
pub struct Api {
    /// Ten letters and digits, unique in a world.
    pub id: String,
    /// Its name.
    pub name: String,
    /// REST, WebSocket or HTTP.
    pub kind: ApiKind,
    /// Its ARN.
    pub arn: String,
    /// When it was created.
    pub created: Timestamp,
    /// The integration types of a REST API's current resources: those of its most recent
    /// deployment.
    pub resources: Vec<String>,
    /// Integration types (`HTTP`, `HTTP_PROXY`, `AWS`, `AWS_PROXY`, `MOCK`) by deployment id.
    pub deployments: BTreeMap<String, Vec<String>>,
    /// Integration types of a V2 API by integration ID, as Config records them.
    pub integrations: BTreeMap<String, String>,
    /// The base URL of a REST API's real backend, such as `https://localhost:4433`. If there is
    /// none, `RegionOptions::backend` answers.
    pub backend: Option<String>,
    /// How it may be reached now: `GetRestApi`, `GetApi`.
    pub access: Access,
    /// How it could be reached when each deployment was made, by deployment id. A stage serves the
    /// flag and the policy of its deployment.
    pub deployed_access: BTreeMap<String, Access>,
    /// `GetExport` fails with BadRequestException.
    pub unexportable: bool,
    /// Its stages by name.
    pub stages: BTreeMap<String, Stage>,
}

impl Api {
    /// The URI of its HTTP integrations.
    pub(crate) fn uri(&self, path: &str) -> String {
        let base = self.backend.as_deref().unwrap_or("https://backend.example.com");
        format!("{base}{path}")
    }

    /// The access that is deployed on a stage: the flag and the policy that its callers meet.
    /// HTTP APIs need no deployment.
    pub fn access_of(&self, stage: &Stage) -> &Access {
        let deployed = self.deployed_access.get(&stage.state.deployment);
        deployed.filter(|_| self.kind != ApiKind::Http).unwrap_or(&self.access)
    }
}

/// An existing stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Its ARN, which is also its resource ID in Config.
    pub arn: String,
    /// When it was created.
    pub created: Timestamp,
    /// When it was last updated.
    pub updated: Timestamp,
    /// Its mutable state.
    pub state: Arc<StageState>,
}

/// The mutable state of a stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageState {
    /// The client certificate's ID, or an ACM certificate's ARN.
    pub certificate: Option<String>,
    /// The live deployment.
    pub deployment: String,
    /// The canary's deployment.
    pub canary: Option<String>,
    /// Tags as in Config's item. The tagging API's tags are in the Region.
    pub tags: Tags,
}

/// A configuration item of a stage.
#[derive(Clone, Debug)]
pub struct Item {
    /// Increases with every item of the Region.
    pub sequence: u64,
    /// `OK`, `ResourceDiscovered`, `ResourceDeleted`, …
    pub status: &'static str,
    /// When it was recorded.
    pub captured: Timestamp,
    /// When the stage was created.
    pub created: Timestamp,
    /// The state; `None` if the stage is deleted or no longer recorded.
    pub state: Option<Arc<StageState>>,
}

/// All items of one stage.
#[derive(Clone, Debug)]
pub struct History {
    /// The API's ID.
    pub api: String,
    /// The API's name.
    pub api_name: String,
    /// The API's protocol.
    pub kind: ApiKind,
    /// The stage's name.
    pub name: String,
    /// Oldest first.
    pub items: Vec<Item>,
}

/// One account in one Region.
#[derive(Clone, Debug)]
pub struct Region {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// Twelve digits.
    pub account: String,
    /// Such as `eu-west-1`.
    pub name: String,
    /// By id.
    pub apis: BTreeMap<String, Api>,
    /// By id.
    pub certificates: BTreeMap<String, ClientCertificate>,
    /// By ARN.
    pub acm: BTreeMap<String, AcmCertificate>,
    /// By ARN. A resource that was never tagged is missing; one whose tags were all removed has an
    /// empty map.
    pub tags: BTreeMap<String, Tags>,
    /// Config's items by resource ID.
    pub histories: BTreeMap<String, History>,
    /// By name.
    pub rules: BTreeMap<String, Rule>,
    /// Undocumented behavior, and differences between accounts.
    pub options: RegionOptions,
    /// Config's aggregators by name.
    pub aggregators: BTreeMap<String, Aggregator>,
    /// Security Hub.
    pub security_hub: SecurityHub,
    /// EventBridge's default bus.
    pub event_bus: EventBus,
    /// SSM's Parameter Store: values by name.
    pub parameters: BTreeMap<String, String>,
    /// What callers of the APIs go through.
    pub front_door: FrontDoor,
    /// The requests to REST APIs, for CloudWatch.
    pub traffic: Traffic,
    /// By stage ARN: the previous certificate, and the number of requests that may still have it.
    pub(crate) stale: BTreeMap<String, (Option<String>, u32)>,
    pub(crate) sequence: u64,
    /// By certificate: the ID of every resource that ever had it, so that queries need not scan
    /// everything.
    pub(crate) ever_used_by: BTreeMap<String, BTreeSet<String>>,
    pub(crate) pages: BTreeMap<String, crate::pages::Page>,
}

/// A Config aggregator.
#[derive(Clone, Debug, Default)]
pub struct Aggregator {
    /// Accounts that it doesn't collect from.
    pub without: BTreeSet<String>,
    /// Accounts and Regions for which the last collection failed.
    pub outdated: BTreeSet<(String, String)>,
}

impl Aggregator {
    /// The accounts and Regions that it collects from.
    pub(crate) fn sources(&self, world: &crate::world::World) -> Vec<(String, String)> {
        let accounts = world.accounts().filter(|account| !self.without.contains(&account.id));
        accounts
            .flat_map(|account| account.regions.keys().map(|region| (account.id.clone(), region.clone())))
            .collect()
    }
}

impl Region {
    pub(crate) fn new(partition: &str, account: &str, name: &str) -> Self {
        Self {
            partition: partition.into(),
            account: account.into(),
            name: name.into(),
            apis: BTreeMap::new(),
            certificates: BTreeMap::new(),
            acm: BTreeMap::new(),
            tags: BTreeMap::new(),
            histories: BTreeMap::new(),
            rules: BTreeMap::new(),
            options: RegionOptions::default(),
            aggregators: BTreeMap::new(),
            security_hub: SecurityHub::default(),
            event_bus: EventBus::default(),
            parameters: BTreeMap::new(),
            front_door: FrontDoor::default(),
            traffic: Traffic::default(),
            stale: BTreeMap::new(),
            sequence: 0,
            ever_used_by: BTreeMap::new(),
            pages: BTreeMap::new(),
        }
    }

    /// `arn:PARTITION:apigateway:REGION::PATH`.
    pub fn apigateway_arn(&self, path: &str) -> String {
        format!("arn:{}:apigateway:{}::{path}", self.partition, self.name)
    }

    /// Every existing stage, with its API.
    pub fn stages(&self) -> impl Iterator<Item = (&Api, &Stage)> {
        self.apis.values().flat_map(|api| api.stages.values().map(move |stage| (api, stage)))
    }

    /// The stage with this ARN.
    pub fn stage(&self, arn: &str) -> Option<(&Api, &Stage)> {
        let (api, name) = parts(arn)?;
        let api = self.apis.get(api)?;
        api.stages.get(name).filter(|stage| stage.arn == arn).map(|stage| (api, stage))
    }

    /// Tags as the tagging API returns them; `None` for a resource that was never tagged.
    pub fn tags_of(&self, arn: &str) -> Option<&Tags> {
        self.tags.get(arn)
    }
}

/// The API ID and stage name in a stage's ARN.
pub(crate) fn parts(arn: &str) -> Option<(&str, &str)> {
    let (api, stage) = arn.split_once("/stages/")?;
    Some((api.rsplit('/').next()?, stage))
}
