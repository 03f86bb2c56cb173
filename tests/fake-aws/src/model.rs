//! What a Region of an account holds, as plain values that a test may read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::certificates::{AcmCertificate, ClientCertificate, Tags};
use crate::event_bus::EventBus;
use crate::security_hub::SecurityHub;

pub use crate::options::{Recorder, RegionOptions};
pub use crate::rule::{Rule, Scope, StoredEvaluation};

/// What an API speaks.
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
    /// Config's type of such an API's stages.
    pub fn stage_type(self) -> &'static str {
        if self == Self::Rest { "AWS::ApiGateway::Stage" } else { "AWS::ApiGatewayV2::Stage" }
    }

    /// Config's type of such an API.
    pub fn api_type(self) -> &'static str {
        if self == Self::Rest { "AWS::ApiGateway::RestApi" } else { "AWS::ApiGatewayV2::Api" }
    }
}

/// An API.
#[derive(Clone, Debug)]
pub struct Api {
    /// Ten letters and digits; no two of a world are alike.
    pub id: String,
    /// Its name.
    pub name: String,
    /// REST, WebSocket or HTTP.
    pub kind: ApiKind,
    /// Its ARN.
    pub arn: String,
    /// When it was made.
    pub created: Timestamp,
    /// Integration types of a REST API's resources as they are now: those of what was deployed last.
    pub resources: Vec<String>,
    /// Integration types (`HTTP`, `HTTP_PROXY`, `AWS`, `AWS_PROXY`, `MOCK`) by deployment id.
    pub deployments: BTreeMap<String, Vec<String>>,
    /// Integration types of a V2 API, by integration id: what Config records.
    pub integrations: BTreeMap<String, String>,
    /// `GetExport` answers BadRequestException.
    pub unexportable: bool,
    /// Its stages by name.
    pub stages: BTreeMap<String, Stage>,
}

/// A stage that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Its ARN, which is Config's id of it.
    pub arn: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// What can change about it.
    pub state: Arc<StageState>,
}

/// What of a stage can change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageState {
    /// The client certificate's id, or the ARN of one that ACM keeps.
    pub certificate: Option<String>,
    /// The deployment that is live.
    pub deployment: String,
    /// The deployment that a canary gets a share of the traffic of.
    pub canary: Option<String>,
    /// Tags as Config's item has them; those of the tagging API are the Region's.
    pub tags: Tags,
}

/// A configuration item of a stage.
#[derive(Clone, Debug)]
pub struct Item {
    /// Grows with every item of the Region.
    pub sequence: u64,
    /// `OK`, `ResourceDiscovered`, `ResourceDeleted`, …
    pub status: &'static str,
    /// When it was recorded.
    pub captured: Timestamp,
    /// When the stage was made.
    pub created: Timestamp,
    /// The state; `None` where the stage is gone or no longer recorded.
    pub state: Option<Arc<StageState>>,
}

/// All items of one stage.
#[derive(Clone, Debug)]
pub struct History {
    /// The API's id.
    pub api: String,
    /// The API's name.
    pub api_name: String,
    /// What its API speaks.
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
    /// By ARN. A resource that was never tagged is not here; one whose tags were all removed is, with none.
    pub tags: BTreeMap<String, Tags>,
    /// Config's items by resource id.
    pub histories: BTreeMap<String, History>,
    /// By name.
    pub rules: BTreeMap<String, Rule>,
    /// What AWS does not document, or accounts differ in.
    pub options: RegionOptions,
    /// Config's aggregators by name.
    pub aggregators: BTreeMap<String, Aggregator>,
    /// Security Hub.
    pub security_hub: SecurityHub,
    /// EventBridge's default bus.
    pub event_bus: EventBus,
    pub(crate) sequence: u64,
    /// By certificate: every resource id that ever had it, so that a query need not look at all.
    pub(crate) once_with: BTreeMap<String, BTreeSet<String>>,
    pub(crate) pages: BTreeMap<String, crate::pages::Page>,
}

/// An aggregator of Config's.
#[derive(Clone, Debug, Default)]
pub struct Aggregator {
    /// The accounts that it does not collect from.
    pub without: BTreeSet<String>,
    /// Accounts and Regions that it could not collect from lately.
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
            sequence: 0,
            once_with: BTreeMap::new(),
            pages: BTreeMap::new(),
        }
    }

    /// `arn:PARTITION:apigateway:REGION::PATH`.
    pub fn apigateway_arn(&self, path: &str) -> String {
        format!("arn:{}:apigateway:{}::{path}", self.partition, self.name)
    }

    /// Every stage that exists, with its API.
    pub fn stages(&self) -> impl Iterator<Item = (&Api, &Stage)> {
        self.apis.values().flat_map(|api| api.stages.values().map(move |stage| (api, stage)))
    }

    /// The stage that an ARN names.
    pub fn stage(&self, arn: &str) -> Option<(&Api, &Stage)> {
        let (api, name) = parts(arn)?;
        let api = self.apis.get(api)?;
        api.stages.get(name).filter(|stage| stage.arn == arn).map(|stage| (api, stage))
    }

    /// Tags as the tagging API has them; `None` for a resource that was never tagged.
    pub fn tags_of(&self, arn: &str) -> Option<&Tags> {
        self.tags.get(arn)
    }
}

/// The API id and the stage name of a stage's ARN.
pub(crate) fn parts(arn: &str) -> Option<(&str, &str)> {
    let (api, stage) = arn.split_once("/stages/")?;
    Some((api.rsplit('/').next()?, stage))
}
