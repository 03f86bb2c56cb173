//! `stagecert probe --through`: API Gateway calls the backend.

use std::collections::{BTreeMap, BTreeSet};

use stagecert::Failure;
use stagecert::account::integrations::resolved;
use stagecert::aws::{Aws, LiveApi};
use stagecert::deadline::Deadline;
use stagecert::probe::through::observed::Observed;
use stagecert::probe::through::resource::{ResourceMethod, routed};
use stagecert::probe::through::verdict::verdict;
use stagecert::probe::through::{Invocation, requests};
use stagecert::quote::printable;
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::backend::Server;
use stagecert::resources::origin::{Origin, Scheme};
use stagecert::resources::probe_result::{NotProbed, Probe, ProbeAttempts, ProbeVerdict, ProbedStage};
use stagecert::resources::safe_method::SafeMethod;
use stagecert::resources::stage_arn::StageArn;

use crate::args::{Label, LiveArgs, ThroughArgs};
use crate::region::ensure_region;

/// A request through API Gateway that was made, or only described.
pub(super) enum Through {
    /// The result.
    Made(Box<Probe>, Vec<NotProbed>),
    /// What would be called.
    Described(String),
}

/// Makes API Gateway call the backend that a request to the stage reaches, or with `dry_run`
/// describes what it would call.
pub(super) async fn run(
    args: &ThroughArgs,
    label: &Label,
    live: &LiveArgs,
    dry_run: bool,
) -> Result<Through, Failure> {
    if live.region.len() > 1 || live.accounts.len() > 1 {
        let problem = "several accounts or Regions; allowed: the one of the stage".to_owned();
        return Err(Failure::Malformed { field: "--through".into(), problem });
    }
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
    let Some(origin) = origin(target, &stage.variables) else {
        let problem = format!(
            "{request} is routed to {} {}, whose integration has no URL that can be read; allowed: http or https, with \
             known stage variables",
            printable(&target.method),
            printable(&target.path),
        );
        return Err(Failure::Malformed { field: "--path".into(), problem });
    };
    if dry_run {
        let certificate = stage.certificate.as_ref().map_or("no certificate", |id| id.as_str());
        return Ok(Through::Described(format!(
            "{request} of {} would be routed to {} {}, which calls {origin}: without a certificate, then with {certificate}\n",
            arn.label(),
            printable(&target.method),
            printable(&target.path),
        )));
    }
    let invocation = Invocation {
        resource_id: &target.resource_id,
        method,
        path,
        stage_variables: &stage.variables,
        certificate: None,
    };
    let made = match origin.scheme {
        Scheme::Http => None,
        Scheme::Https => Some(requests(&api, &invocation, stage.certificate.as_ref()).await?),
    };
    let (verdict, text) = match &made {
        Some(made) => verdict(made, &request),
        None => (ProbeVerdict::Plaintext, "http has no certificates, so nothing was sent".to_owned()),
    };
    let stages = vec![ProbedStage::new(&account_region, &arn)];
    let others = others(&methods, &origin, &stage.variables, &stages);
    // The URI of the integration may contain secrets, and it is the same for several paths.
    let path = path.split('?').next().unwrap_or_default();
    let probe = Probe {
        url: format!("{origin}{path}"),
        host: origin.host,
        port: origin.port,
        address: None,
        permitted: true,
        private: false,
        verdict,
        text,
        problems: Vec::new(),
        asked: None,
        hints: Vec::new(),
        hint_count: 0,
        protocol: None,
        server: None,
        without_certificate: made.as_ref().map(|it| attempts(&it.without)).unwrap_or_default(),
        impostor: None,
        with_certificate: made.as_ref().and_then(|it| it.with.as_ref()).map(attempts),
        stages,
        at: now,
    };
    Ok(Through::Made(Box::new(probe), others))
}

/// The server that a method's integration calls, if it is known.
fn origin(method: &ResourceMethod, variables: &BTreeMap<String, String>) -> Option<Origin> {
    let uri = method.uri.as_deref()?;
    let uri = resolved(uri, variables).unwrap_or_else(|| uri.to_owned());
    Server::of(&uri).origin().cloned()
}

/// The other servers that the API's current resources call: the stage passes only if all of them
/// enforce the certificate.
fn others(
    methods: &[ResourceMethod],
    called: &Origin,
    variables: &BTreeMap<String, String>,
    stages: &[ProbedStage],
) -> Vec<NotProbed> {
    let http = methods.iter().filter(|it| it.is_http());
    let urls: BTreeSet<String> = http
        .map(|method| origin(method, variables))
        .filter(|it| it.as_ref() != Some(called))
        .map(|it| it.map_or_else(|| "an unknown server".to_owned(), |origin| format!("{origin}/")))
        .collect();
    let reason = || "no --path leads to it".to_owned();
    let other = |url| NotProbed { url, reason: reason(), private: false, stages: stages.to_vec() };
    urls.into_iter().map(other).collect()
}

fn attempts(observed: &Observed) -> ProbeAttempts {
    ProbeAttempts { gateway: Some(observed.attempt()), ..ProbeAttempts::default() }
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
