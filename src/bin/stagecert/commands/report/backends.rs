//! The backends by host and by stage, as table rows.

use std::collections::HashMap;

use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::backend::StageBackends;
use stagecert::resources::stage_arn::StageArn;
use stagecert::scan::backends::{Flag, Host, ListedBackend, hosts, listed};

use super::Reported;
use super::rows::account_region;
use super::text::{Text, counted};
use crate::commands::backends::words::{
    attention, callers, certificate, name, operations, own_attention, url,
};

/// The number of hosts and of stages that the page lists; the rest are only counted.
const MAX_LISTED: usize = 100;
/// The number of stages that a host lists.
const MAX_STAGES: usize = 10;

/// The section about backends.
pub(super) struct Section {
    pub(super) summary: String,
    pub(super) hosts: Vec<HostRow>,
    pub(super) more_hosts: usize,
    pub(super) stages: Vec<StageRow>,
    pub(super) more_stages: usize,
}

/// A server, and the stages that call it.
pub(super) struct HostRow {
    pub(super) name: Text,
    pub(super) callers: String,
    pub(super) stages: Vec<Caller>,
    pub(super) more_stages: usize,
    pub(super) attention: Vec<Text>,
}

/// A stage that calls a server.
pub(super) struct Caller {
    pub(super) label: Text,
    pub(super) certificate: Text,
}

/// A stage, and the servers that it calls.
pub(super) struct StageRow {
    pub(super) label: Text,
    pub(super) account_region: Option<Text>,
    pub(super) certificate: Text,
    pub(super) backends: Vec<BackendLine>,
    /// Why backends may be missing.
    pub(super) gaps: Vec<Text>,
}

/// A server that a stage calls.
pub(super) struct BackendLine {
    pub(super) url: Text,
    pub(super) operations: String,
    pub(super) attention: Text,
}

/// The section; `None` if no backends were read.
pub(super) fn section(reports: &[Reported]) -> Option<Section> {
    let read = || reports.iter().filter_map(|report| Some((report, report.backends.as_ref()?)));
    read().next()?;
    let inventories = read().map(|(report, found)| (&report.account_region, found.stages.as_slice()));
    let all = listed(inventories, &[]);
    let mut by_host = hosts(&all);
    // Hosts that deserve attention are not left out. The sort is stable.
    by_host.sort_by_cached_key(|host| host.flags().iter().all(|flag| *flag == Flag::Private));
    let stages: Vec<(&Reported, &StageBackends)> = read()
        .flat_map(|(report, found)| found.stages.iter().map(move |stage| (report, stage)))
        .filter(|(_, stage)| !stage.backends.is_empty() || !stage.gaps.is_empty())
        .collect();
    let several = reports.len() > 1;
    let with_backends = stages.iter().filter(|(_, stage)| !stage.backends.is_empty()).count();
    let different = by_host.iter().filter(|host| host.flags().contains(&Flag::DifferentCertificates)).count();
    let summary = format!(
        "{} with HTTP backends on {}; {} called by stages with different certificates, or with and without one.",
        counted(with_backends, "stage"),
        counted(by_host.len(), "host"),
        if different == 1 { "1 host is".into() } else { format!("{different} hosts are") },
    );
    let mut by_stage: HashMap<(&AccountRegion, &StageArn), Vec<&ListedBackend<'_>>> = HashMap::new();
    for backend in &all {
        by_stage.entry((backend.account_region, backend.stage)).or_default().push(backend);
    }
    let stage_rows = stages.iter().take(MAX_LISTED).map(|(report, stage)| {
        let own = by_stage.get(&(&report.account_region, &stage.stage));
        stage_row(report, stage, own.map(Vec::as_slice).unwrap_or_default(), several)
    });
    Some(Section {
        summary,
        more_hosts: by_host.len().saturating_sub(MAX_LISTED),
        more_stages: stages.len().saturating_sub(MAX_LISTED),
        stages: stage_rows.collect(),
        hosts: by_host.iter().take(MAX_LISTED).map(host_row).collect(),
    })
}

fn host_row(host: &Host<'_, '_>) -> HostRow {
    let mut attention: Vec<String> = host.backends.iter().map(|it| own_attention(it)).collect();
    attention.retain(|text| !text.is_empty());
    attention.sort();
    attention.dedup();
    let stages = host.backends.iter().take(MAX_STAGES).map(|it| Caller {
        label: Text::of(it.stage.label()),
        certificate: Text::of(certificate(it.certificate)),
    });
    HostRow {
        name: Text::of(name(host.server)),
        callers: callers(host),
        stages: stages.collect(),
        more_stages: host.backends.len().saturating_sub(MAX_STAGES),
        attention: attention.into_iter().take(MAX_STAGES).map(Text::of).collect(),
    }
}

fn stage_row(
    report: &Reported,
    stage: &StageBackends,
    backends: &[&ListedBackend<'_>],
    several: bool,
) -> StageRow {
    let line = |it: &&ListedBackend<'_>| BackendLine {
        url: Text::of(url(it)),
        operations: operations(it),
        attention: Text::of(attention(it)),
    };
    StageRow {
        label: Text::of(stage.stage.label()),
        account_region: several.then(|| Text::of(account_region(&report.account_region))),
        certificate: Text::of(certificate(stage.certificate.as_ref())),
        backends: backends.iter().take(MAX_STAGES).map(line).collect(),
        gaps: stage.gaps.iter().map(Text::of).collect(),
    }
}
