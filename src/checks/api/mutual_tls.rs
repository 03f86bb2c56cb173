//! # mutual-tls
//!
//! ## What it asks
//! Does every way to the API require a client certificate, if one does or if it must?
//!
//! ## Why it matters
//! A front door is only as strong as its weakest entry point. Mutual TLS on one custom domain name
//! means nothing while the default endpoint (`execute-api`), another domain or a routing rule leads
//! to the same API without a client certificate.
//!
//! ## When it fails
//! - `missing`: `requireMutualTls` names the API and no entry point requires a certificate. API
//!   Gateway has no mutual TLS for WebSocket APIs. For a private API, a load balancer that verifies
//!   certificates counts as such an entry point.
//! - `default-endpoint`: one entry point requires a certificate, and the default endpoint is
//!   enabled in what is deployed.
//! - `other-domain`: one entry point requires a certificate, and an API mapping of a domain without
//!   mutual TLS leads to the API too.
//! - `other-route`: the same, with a routing rule of a domain without mutual TLS.
//! - `undetermined`: it is not known whether the default endpoint is disabled.
//!
//! The setting of the default endpoint takes effect with the next deployment of the API. The check
//! uses the deployed setting of all stages of the API if their exports contain it, because the
//! default endpoint leads to each of them. Otherwise it uses the current setting, and the reason
//! says so.
//!
//! ## When it does not apply
//! - `none`: no entry point requires a certificate, and `requireMutualTls` does not name the API.
//! - `private`: the API is private. Its default endpoint can only be reached through a VPC
//!   endpoint, and a domain without mutual TLS does not change that; `private-front-door` checks
//!   it.
//!
//! ## What to do
//! 1. Disable the default endpoint (`aws apigateway update-rest-api`, path
//!    `/disableExecuteApiEndpoint`; for an HTTP API, `aws apigatewayv2 update-api` with
//!    `--disable-execute-api-endpoint`) and deploy the API to each stage. HTTP APIs with automatic
//!    deployment need no deployment.
//! 2. Remove the mappings and routing rules of other domains that lead to the API, or enable mutual
//!    TLS on these domains.
//!
//! To keep it so, deny requests without it in a service control policy with the condition key
//! `apigateway:Request/DisableExecuteApiEndpoint`.
//!
//! ## Parameters
//! - `requireMutualTls`: comma-separated globs over domain names and API ids, in upper or lower
//!   case. An API with a matching id or domain must require a certificate (default: none).

pub use crate::checks::front_door::Answer;

use glob::{MatchOptions, Pattern};

use crate::checks::front_door::{Problem, Reason};
use crate::resources::api::{Api, ApiProtocol};
use crate::resources::entry_point::{EntryPoint, EntryPointKind, SettingSource};

/// The rule parameters of this check.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `requireMutualTls`: globs over domain names and API ids; an API that they name must require
    /// a certificate.
    pub required: Vec<Pattern>,
}

impl Settings {
    /// Whether the globs name an API: its id, or one of the domains that lead to it.
    #[must_use]
    pub fn names<'d>(&self, api: &Api, domains: impl IntoIterator<Item = &'d str>) -> bool {
        let names = |text: &str| self.required.iter().any(|glob| is_named(glob, text));
        names(api.arn.id()) || domains.into_iter().any(names)
    }
}

/// Whether a glob of `requireMutualTls` names a domain or an API id, in upper or lower case.
#[must_use]
pub fn is_named(glob: &Pattern, name: &str) -> bool {
    glob.matches_with(name, MatchOptions { case_sensitive: false, ..MatchOptions::new() })
}

/// Checks an API with all of its entry points. `disabled` says from where it is known that the
/// default endpoint is disabled, and is `None` if it is among the entry points. `is_required` says
/// whether the settings name the API.
#[must_use]
pub fn check(
    api: &Api,
    entry_points: &[EntryPoint],
    disabled: Option<SettingSource>,
    is_required: bool,
) -> Answer {
    let (guarded, open): (Vec<&EntryPoint>, Vec<&EntryPoint>) =
        entry_points.iter().partition(|entry_point| entry_point.requires_certificate);
    if api.is_private() {
        let is_listener = |it: &&EntryPoint| matches!(it.kind, EntryPointKind::Listener { .. });
        if !is_required || guarded.iter().any(is_listener) {
            let text = "private API: private-front-door checks the load balancers in front of it";
            return Answer::NotApplicable("private", text.to_owned());
        }
        let detail = "no load balancer that verifies client certificates is in front of this private API";
        return Answer::Failed(vec![missing(api, detail)]);
    }
    if guarded.is_empty() {
        if !is_required {
            return Answer::NotApplicable("none", "no entry point requires a client certificate".to_owned());
        }
        let detail = match api.protocol {
            _ if open.is_empty() => "it has no entry point".to_owned(),
            ApiProtocol::WebSocket => "API Gateway has no mutual TLS for WebSocket APIs".to_owned(),
            _ => names(&open),
        };
        return Answer::Failed(vec![missing(api, &detail)]);
    }
    let mut problems: Vec<Problem> = open.into_iter().map(problem).collect();
    let is_default = |it: &EntryPoint| matches!(it.kind, EntryPointKind::DefaultEndpoint { .. });
    if disabled.is_none() && !entry_points.iter().any(is_default) {
        let detail = "it is not known whether the default endpoint is disabled";
        problems.push(Problem::new(Reason::Undetermined, "execute-api").with_detail(detail));
    }
    Answer::of(problems, || {
        let execute_api = match disabled {
            Some(SettingSource::Deployed) => "disabled in what is deployed on their stages",
            _ => "disabled (current setting)",
        };
        format!("a client certificate is required by {}; execute-api is {execute_api}", names(&guarded))
    })
}

fn missing(api: &Api, detail: &str) -> Problem {
    Problem::new(Reason::Missing, api.arn.id()).with_detail(detail)
}

fn problem(open: &EntryPoint) -> Problem {
    let reason = match &open.kind {
        EntryPointKind::DefaultEndpoint { .. } => Reason::DefaultEndpoint,
        EntryPointKind::Mapping { .. } => Reason::OtherDomain,
        EntryPointKind::RoutingRule { .. } => Reason::OtherRoute,
        EntryPointKind::Listener { .. } => Reason::ListenerOpen,
    };
    let problem = Problem::new(reason, &open.kind.to_string());
    match &open.kind {
        EntryPointKind::DefaultEndpoint { source: SettingSource::Deployed, stages } if !stages.is_empty() => {
            problem.with_detail(&format!("deployed on {}", stages.join(", ")))
        }
        EntryPointKind::DefaultEndpoint { .. } => {
            problem.with_detail("current setting; deployed value unknown")
        }
        _ => problem,
    }
}

fn names(entry_points: &[&EntryPoint]) -> String {
    let names: Vec<String> = entry_points.iter().map(|it| it.kind.to_string()).collect();
    names.join(", ")
}
