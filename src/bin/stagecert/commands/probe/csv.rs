//! CSV (RFC 4180) with one row per backend; those that were not probed have no host.

use stagecert::Failure;
use stagecert::resources::probe_result::{NotProbed, Probe, ProbedStage, TlsVersion};
use stagecert::scan::probes::ProbeFile;

use crate::formats::{cell, unwritable};

pub(super) fn page(file: &ProbeFile) -> Result<String, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(unwritable)?;
    for row in file.probes.iter().map(row).chain(file.not_probed.iter().map(not_probed)) {
        writer.write_record(row.map(|text| cell(&text))).map_err(unwritable)?;
    }
    let bytes = writer.into_inner().map_err(unwritable)?;
    String::from_utf8(bytes).map_err(unwritable)
}

const COLUMNS: [&str; 13] = [
    "url", "host", "port", "verdict", "text", "problems", "asked", "hints", "protocol", "server", "address",
    "stages", "at",
];

fn row(probe: &Probe) -> [String; 13] {
    [
        probe.url.clone(),
        probe.host.clone(),
        probe.port.to_string(),
        probe.verdict.name().into(),
        probe.text.clone(),
        probe.problems.join(" | "),
        probe.asked.map(|it| it.to_string()).unwrap_or_default(),
        probe.hints.join(" | "),
        probe.protocol.map(|it: TlsVersion| it.to_string()).unwrap_or_default(),
        probe.server.clone().unwrap_or_default(),
        probe.address.map(|it| it.to_string()).unwrap_or_default(),
        stages(&probe.stages),
        probe.at.to_string(),
    ]
}

fn not_probed(other: &NotProbed) -> [String; 13] {
    let mut row: [String; 13] = std::array::from_fn(|_| String::new());
    for (name, text) in [
        ("url", other.url.clone()),
        ("verdict", "not-probed".into()),
        ("text", other.reason.clone()),
        ("stages", stages(&other.stages)),
    ] {
        if let Some((_, cell)) = COLUMNS.iter().zip(&mut row).find(|(column, _)| **column == name) {
            *cell = text;
        }
    }
    row
}

fn stages(stages: &[ProbedStage]) -> String {
    let stages = stages.iter().map(|it| format!("{} {} {}", it.account_id, it.aws_region, it.stage));
    stages.collect::<Vec<_>>().join(" | ")
}
