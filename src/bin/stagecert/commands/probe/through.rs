//! `stagecert probe --through`: API Gateway calls the backend.

use std::fmt::Write as _;

use stagecert::Failure;
use stagecert::aws::{Aws, LiveApi};
use stagecert::deadline::Deadline;
use stagecert::probe::through::resource::{ResourceMethod, routed};
use stagecert::probe::through::verdict::verdict;
use stagecert::probe::through::{Invocation, requests};
use stagecert::quote::printable;
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::origin::Origin;
use stagecert::resources::probe_result::{Probe, ProbeAttempts, ProbedStage};
use stagecert::resources::safe_method::SafeMethod;
use stagecert::resources::stage_arn::StageArn;

use crate::args::{Label, LiveArgs, ThroughArgs};
use crate::fleet::ensure_region;

/// A request through API Gateway that was made, or only described.
pub(crate) enum Through {
    /// The result.
    Made(Box<Probe>),
    /// What would be called.
    Described(String),
}

/// Makes API Gateway call the backend that a request to the stage reaches, or with `dry_run`
/// describes what it would call.
pub(crate) async fn run(
    args: &ThroughArgs,
    label: &Label,
    live: &LiveArgs,
    dry_run: bool,
) -> Result<Through, Failure> {
    let region = live.region.first().map(String::as_str);
    let aws = Aws::load_profile(region, live.profile.as_deref()).await?;
    ensure_region(&aws)?;
    let home = aws.home(None, Deadline::none()).await?;
    let account = live.accounts.first().unwrap_or(&home.account);
    let reached = aws.assume_account(&home, account, live.role_name.as_deref()).await?;
    let account_region = AccountRegion { account: account.clone(), ..home.clone() };
    let now = crate::clock::now();
    let account = reached.open(&home.region, now);
    let arn = stage_arn(label, &account_region)?;
    let api = LiveApi::of(&account, &arn);
    let (method, path) = (args.method, args.path.as_deref().unwrap_or_default());
    let methods = api.methods().await?;
    let target = target(&methods, method, path, &arn)?;
    let stage = api.stage().await?;
    let request = format!("{} {path}", method.as_ref());
    if dry_run {
        let mut text = String::new();
        let certificate = stage.certificate.as_ref().map_or("no certificate", |id| id.as_str());
        let uri = target.uri.as_deref().unwrap_or_default();
        let _ = writeln!(
            text,
            "{request} of {} would be routed to {} {}, which calls {}: without a certificate, then with {certificate}",
            arn.label(),
            printable(&target.method),
            printable(&target.path),
            printable(uri),
        );
        return Ok(Through::Described(text));
    }
    let invocation = Invocation {
        resource_id: &target.resource_id,
        method,
        path,
        stage_variables: &stage.variables,
        certificate: None,
    };
    let made = requests(&api, &invocation, stage.certificate.as_ref()).await?;
    let (verdict, text) = verdict(&made, &request);
    let url = target.uri.clone().unwrap_or_default();
    let origin = Origin::parse(&url).ok().map(|(origin, _)| origin);
    let (host, port) = origin.map(|it| (it.host, it.port)).unwrap_or_default();
    Ok(Through::Made(Box::new(Probe {
        url,
        host,
        port,
        address: None,
        verdict,
        text,
        problems: Vec::new(),
        asked: None,
        hints: Vec::new(),
        hint_count: 0,
        protocol: None,
        server: None,
        without_certificate: ProbeAttempts { gateway: Some(made.without.attempt()), ..ProbeAttempts::default() },
        impostor: None,
        with_certificate: made.with.map(|it| it.attempt()),
        stages: vec![ProbedStage::new(&account_region, &arn)],
        at: now,
    })))
}

fn stage_arn(label: &Label, place: &AccountRegion) -> Result<StageArn, Failure> {
    let Label { api, stage } = label;
    let arn = format!("arn:{}:apigateway:{}::/restapis/{api}/stages/{stage}", place.partition, place.region);
    StageArn::parse(&arn).map_err(|problem| Failure::Malformed { field: "--through".into(), problem })
}

/// The method that the request is routed to, if it has an HTTP backend.
fn target<'m>(
    methods: &'m [ResourceMethod],
    method: SafeMethod,
    path: &str,
    stage: &StageArn,
) -> Result<&'m ResourceMethod, Failure> {
    let request = format!("{} {path}", method.as_ref());
    let Some(found) = routed(methods, method, path) else {
        let problem = format!(
            "no resource of API {} matches {request}; allowed: a path of its current resources, without the stage's name",
            stage.api_id()
        );
        return Err(Failure::Malformed { field: "--path".into(), problem });
    };
    if found.is_http() {
        return Ok(found);
    }
    let kind = found.integration_type.as_deref().unwrap_or("no integration");
    let problem = format!(
        "{request} is routed to {} {}, which has {}; allowed: a method with an HTTP integration, because API Gateway \
         presents its certificate to no other",
        printable(&found.method),
        printable(&found.path),
        printable(kind),
    );
    Err(Failure::Malformed { field: "--path".into(), problem })
}
