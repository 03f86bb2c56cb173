//! `test`: API Gateway calls the backend of each stage with the new certificate, the old one and
//! none.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::Failure;
use crate::probe::through::Invocation;
use crate::probe::through::observed::{Observed, observed};
use crate::probe::through::resource::routed;
use crate::quote::printable;
use crate::resources::certificate_id::CertificateId;
use crate::resources::rotation_state::{TESTED, Tested};
use crate::resources::safe_method::SafeMethod;
use crate::resources::stage_arn::StageArn;
use crate::rotate::inventory::Inventory;
use crate::rotate::operations::{Operations, Reads};
use crate::rotate::refusal::{Refusal, Stop};
use crate::rotate::rotation::Rotation;
use crate::rotate::step::may_test;

/// The request to the backend of each stage.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method, which has no side effects.
    pub method: SafeMethod,
    /// The path for all stages without an own one.
    pub path: Option<String>,
    /// The paths of single stages, by `API/STAGE`.
    pub paths: BTreeMap<String, String>,
}

/// A stage to test, with the method that the request is routed to.
#[derive(Clone, Debug)]
pub struct TestedStage {
    /// The stage.
    pub arn: StageArn,
    /// The method of the request.
    pub method: SafeMethod,
    /// The path of the request.
    pub path: String,
    /// The resource of the API's current resources.
    pub resource_id: String,
    /// The URI of the backend, with stage variables as written.
    pub uri: String,
    variables: BTreeMap<String, String>,
}

impl TestedStage {
    /// Whether the stage has variables.
    #[must_use]
    pub fn has_variables(&self) -> bool {
        !self.variables.is_empty()
    }
}

/// What the calls to the backend of one stage showed.
#[derive(Clone, Debug)]
pub struct StageTest {
    /// The stage as `API/STAGE`.
    pub label: String,
    /// With the new certificate.
    pub new: Observed,
    /// With the old certificate; `None` if it has expired or no longer exists.
    pub old: Option<Observed>,
    /// Without a certificate.
    pub none: Observed,
}

impl StageTest {
    /// Which certificates the backend did not accept.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let calls = [("the new certificate", Some(&self.new)), ("the old certificate", self.old.as_ref())];
        let refused = calls.into_iter().filter_map(|(name, call)| Some((name, call?)));
        let refused = refused.filter(|(_, call)| !call.is_answer());
        refused.map(|(name, call)| format!("stage {} with {name}: the backend {call}", self.label)).collect()
    }

    /// Whether the backend refused the request without a certificate.
    #[must_use]
    pub fn is_enforced(&self) -> bool {
        !self.none.is_answer()
    }
}

/// The stages to test, with what the request reaches in each.
///
/// # Errors
/// The reasons of [`may_test`], `NoPath`, `NoBackend`, or the failure of a read.
pub async fn prepare(
    reads: &impl Reads,
    inventory: &Inventory,
    rotation: &Rotation,
    request: &Request,
) -> Result<Vec<TestedStage>, Stop> {
    may_test(rotation)?;
    let mut prepared = Vec::new();
    for arn in rotation.current() {
        let label = arn.label();
        let path = request.paths.get(&label).or(request.path.as_ref());
        let path = path.ok_or_else(|| Refusal::NoPath(label.clone()))?;
        let methods = reads.methods(arn).await?;
        let refused = |problem: String| Refusal::NoBackend {
            stage: label.clone(),
            request: format!("{} {path}", request.method.as_ref()),
            problem,
        };
        let Some(found) = routed(&methods, request.method, path) else {
            return Err(refused("matches no resource".into()).into());
        };
        if !found.is_http() {
            let kind = found.integration_type.as_deref();
            let has = kind.map_or("has no integration".into(), |kind| {
                format!("has an integration of type {}", printable(kind))
            });
            return Err(refused(has).into());
        }
        prepared.push(TestedStage {
            arn: arn.clone(),
            method: request.method,
            path: path.clone(),
            resource_id: found.resource_id.clone(),
            uri: found.uri.clone().unwrap_or_default(),
            variables: inventory.stage(&label).map(|stage| stage.variables.clone()).unwrap_or_default(),
        });
    }
    Ok(prepared)
}

/// Calls the backends, and records the test if all stages passed it. A test that fails removes the
/// record of an earlier one.
///
/// # Errors
/// `TestFailed`, or the failure of a call.
pub async fn test(
    operations: &impl Operations,
    rotation: &Rotation,
    stages: &[TestedStage],
    now: Timestamp,
    mut done: impl FnMut(&StageTest),
) -> Result<Tested, Stop> {
    let (mut problems, mut enforced) = (Vec::new(), true);
    for stage in stages {
        let result = test_stage(operations, rotation, stage, now).await?;
        done(&result);
        problems.extend(result.problems());
        enforced &= result.is_enforced();
    }
    if !problems.is_empty() {
        if rotation.state.tested.is_some() {
            operations.untag(&rotation.new, &[TESTED.to_owned()]).await?;
        }
        return Err(Refusal::TestFailed(problems).into());
    }
    let tested = Tested { at: now, enforced };
    operations.tag(&rotation.new, &[(TESTED.to_owned(), tested.to_string())]).await?;
    Ok(tested)
}

async fn test_stage(
    operations: &impl Operations,
    rotation: &Rotation,
    stage: &TestedStage,
    now: Timestamp,
) -> Result<StageTest, Failure> {
    let call = async |certificate: Option<&CertificateId>| -> Result<Observed, Failure> {
        let invocation = Invocation {
            resource_id: &stage.resource_id,
            method: stage.method,
            path: &stage.path,
            stage_variables: &stage.variables,
            certificate,
        };
        Ok(observed(&operations.invoke(&stage.arn, &invocation).await?))
    };
    let new = call(Some(&rotation.new)).await?;
    // No backend has to accept an expired certificate.
    let old = match rotation.old.filter(|old| !old.is_expired(now)) {
        Some(_) => Some(call(Some(&rotation.state.replaces)).await?),
        None => None,
    };
    Ok(StageTest { label: stage.arn.label(), new, old, none: call(None).await? })
}
