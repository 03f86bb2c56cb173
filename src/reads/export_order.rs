use std::collections::HashMap;

use jiff::Timestamp;

use crate::resources::stage::Stage;

/// The deployments in the order in which they are exported: those with a stage that has no result
/// first, then by the age of their oldest result. Among equals, the APIs take turns, so that an API
/// that can't be exported doesn't block the others. The first API differs from sweep to sweep.
pub(crate) fn export_order(
    mut deployments: Vec<Vec<&Stage>>,
    recorded: impl Fn(&Stage) -> Option<Timestamp>,
    at: Timestamp,
) -> Vec<Vec<&Stage>> {
    // The start position depends on the hour. Between sweeps that are 24, 12, 6, 3 or 1 hours
    // apart, it moves by 0.62, 0.81, 0.40, 0.70 or 0.57 of the list. For 24 hours this is the
    // golden ratio, whose multiples are evenly distributed.
    if !deployments.is_empty() {
        /// (13 + 0.618...) / 24, as a fraction of 2^64.
        const HOURLY: u64 = 0x9142_4FBD_0FF8_6FD6;
        let hours = at.as_second().div_euclid(3600).unsigned_abs();
        let fraction = u128::from(hours.wrapping_mul(HOURLY));
        let count = deployments.len() as u128;
        let start = usize::try_from((fraction * count) >> 64).unwrap_or_default();
        deployments.rotate_left(start);
    }
    let mut turns: HashMap<&str, usize> = HashMap::new();
    let mut ordered: Vec<(Option<Timestamp>, usize, Vec<&Stage>)> = deployments
        .into_iter()
        .map(|stages| {
            let oldest = stages.iter().map(|stage| recorded(stage)).min().flatten();
            let turn = turns.entry(stages.first().map_or("", |stage| stage.arn.api_arn())).or_default();
            *turn += 1;
            (oldest, *turn, stages)
        })
        .collect();
    // The sort is stable, and `None` sorts before any instant.
    ordered.sort_by_key(|(oldest, turn, _)| (*oldest, *turn));
    ordered.into_iter().map(|(_, _, stages)| stages).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::resources::stage_arn::StageArn;

    fn stage(label: &str) -> Stage {
        let (api, name) = label.split_once('/').unwrap();
        let arn = StageArn::of_rest_api("aws", "eu-west-1", api, name).unwrap();
        Stage { arn, certificate: None, deployment: None, canary: None, created: None, captured: None }
    }

    fn ordered(labels: &[String], at: i64, recorded: impl Fn(&str) -> Option<i64>) -> Vec<String> {
        let stages: Vec<Stage> = labels.iter().map(|label| stage(label)).collect();
        let deployments = stages.iter().map(|stage| vec![stage]).collect();
        let recorded = |stage: &Stage| Some(Timestamp::from_second(recorded(&stage.arn.label())?).unwrap());
        let ordered = export_order(deployments, recorded, Timestamp::from_second(at).unwrap());
        ordered.iter().map(|stages| stages[0].arn.label()).collect()
    }

    #[test]
    fn stages_without_a_result_come_first_and_then_the_oldest_result() {
        let labels = ["a1/old", "a1/none", "b2/older", "c3/oldest"].map(String::from);
        let recorded = |label: &str| match label {
            "a1/old" => Some(3),
            "b2/older" => Some(2),
            "c3/oldest" => Some(1),
            _ => None,
        };
        for at in [0, 3600, 86_400] {
            let order = ordered(&labels, at, recorded);
            assert_eq!(order, ["a1/none", "c3/oldest", "b2/older", "a1/old"], "{at}");
        }
        assert_eq!(ordered(&[], 0, recorded), Vec::<String>::new());
    }

    #[test]
    fn a_thousand_stages_of_one_api_do_not_delay_other_apis() {
        let mut labels: Vec<String> = (0..1000).map(|n| format!("a1/s{n}")).collect();
        labels.extend((0..20).map(|n| format!("b{n}/prod")));
        for at in [0, 86_400, 172_800] {
            let order = ordered(&labels, at, |_| None);
            let others = order.iter().take(21).filter(|label| label.starts_with('b')).count();
            assert_eq!(others, 20, "{at}");
        }
    }

    #[test]
    fn stages_that_came_last_in_one_sweep_come_earlier_in_the_next() {
        let labels: Vec<String> = (0..1000).map(|n| format!("a{n}/prod")).collect();
        for hours in [24, 12, 6, 3, 1] {
            let [one, next] = [0, hours * 3600].map(|at| ordered(&labels, at, |_| None));
            let tried: HashSet<&String> = one.iter().take(820).chain(next.iter().take(820)).collect();
            assert_eq!((one.len(), tried.len()), (1000, 1000), "{hours}");
        }
    }
}
