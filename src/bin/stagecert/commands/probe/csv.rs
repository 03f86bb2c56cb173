//! CSV (RFC 4180) with one row per backend.

use stagecert::Failure;
use stagecert::resources::probe_result::{Probe, TlsVersion};

use crate::formats::{cell, unwritable};

pub(super) fn page(probes: &[Probe]) -> Result<String, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(unwritable)?;
    for probe in probes {
        writer.write_record(row(probe).map(|text| cell(&text))).map_err(unwritable)?;
    }
    let bytes = writer.into_inner().map_err(unwritable)?;
    String::from_utf8(bytes).map_err(unwritable)
}

const COLUMNS: [&str; 13] = [
    "url", "host", "port", "verdict", "text", "problems", "asked", "hints", "protocol", "server", "address",
    "stages", "at",
];

fn row(probe: &Probe) -> [String; 13] {
    let stages = probe.stages.iter().map(|it| format!("{} {} {}", it.account_id, it.aws_region, it.stage));
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
        stages.collect::<Vec<_>>().join(" | "),
        probe.at.to_string(),
    ]
}
