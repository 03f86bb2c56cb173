use jiff::Timestamp;

use super::earlier::Earlier;
use super::established::Established;
use super::security_hub::Gone;
use super::{Invocation, Report};
use crate::Failure;
use crate::account::{Account, Findings, Listing, Results};
use crate::evaluations::{EvaluatedStage, Evaluation};
use crate::parameters::Reporting;
use crate::put::Putter;
use crate::record::Record;
use crate::stage::Stage;
use crate::sweep::{Sink, Sweep};

impl<A: Account, R: Results + Findings> Invocation<'_, A, R> {
    /// All stages, put by the hundred as soon as they are judged, those that need no export first; and the results of stages
    /// that are gone.
    pub(super) async fn sweep(&self, at: Timestamp, record: &mut Record) -> Result<Report, Failure> {
        let account = self.reader.account;
        let (listing, earlier) = tokio::join!(
            account.stages(self.reader.parameters.inventory),
            account.earlier_results(self.rule_name),
        );
        let listing = listing?;
        let mut established = Established::expecting(record, listing.stages.len());
        let earlier = match earlier {
            Ok(results) => Some(Earlier::new(results)),
            Err(failure) => {
                established.failures.push(failure);
                None
            }
        };
        let reporting = self.reader.parameters.reporting;
        let putter = &self.putter;
        let to_import = self.imports().then(Vec::new);
        let mut found = Found { established, earlier: earlier.as_ref(), reporting, putter, at, to_import };

        let sweep = Sweep { reader: &self.reader, listing: &listing, now: self.now };
        let told = |stage: &Stage| earlier.as_ref()?.backends(stage);
        let mut rest = sweep.judge(told, &mut found).await;
        found.vanished(&listing);
        // Without the earlier results every stage would seem to owe an export: too dear to be tried blindly.
        if earlier.is_some() && !rest.owing.is_empty() && found.established.put_rest(putter).await {
            rest = sweep.judge_owing(rest, &mut found).await;
        }

        let Found { mut established, to_import, .. } = found;
        let unread: Vec<&Stage> = rest.unread.into_iter().chain(rest.owing).collect();
        established.unread(unread.iter().copied());
        established.failures.append(&mut rest.reads.failures);
        established.put_rest(putter).await;
        established.put_nothing_if_none(putter).await;
        if let Some(judged) = to_import {
            established.imported(self.import(&judged, &unread, &Gone::all_but(&listing)).await);
        }
        established.failures.extend(listing.unreadable.into_iter().map(|stage| stage.failure));
        established.report(putter.place)
    }
}

/// What a sweep finds out, on its way to Config.
struct Found<'a, R> {
    established: Established<'a>,
    earlier: Option<&'a Earlier>,
    reporting: Reporting,
    putter: &'a Putter<'a, R>,
    at: Timestamp,
    /// For Security Hub, once Config has all: nothing that happens there may cost a result here.
    to_import: Option<Vec<EvaluatedStage>>,
}

impl<R: Results> Sink for Found<'_, R> {
    async fn take(&mut self, judged: Vec<EvaluatedStage>) -> bool {
        for stage in &judged {
            self.evaluated(stage);
        }
        if let Some(to_import) = &mut self.to_import {
            to_import.extend(judged);
        }
        self.established.put_hundreds(self.putter).await
    }
}

impl<R> Found<'_, R> {
    /// Every stage that the sweep evaluates comes through here, once. Only what Config does not say already is kept to be put.
    fn evaluated(&mut self, stage: &EvaluatedStage) {
        let evaluation = stage.evaluation(self.at);
        self.established.judged(stage);
        let holds = |earlier: &Earlier| earlier.holds(&evaluation);
        if self.reporting == Reporting::All || !self.earlier.is_some_and(holds) {
            self.established.add(evaluation);
        }
    }

    /// The results of stages that are gone.
    fn vanished(&mut self, listing: &Listing) {
        let Some(earlier) = self.earlier else { return };
        let present = listing.stages.iter().map(|stage| stage.arn.as_str());
        let gone: Vec<Evaluation> = earlier.vanished(&present.collect(), self.at);
        for evaluation in gone.into_iter().filter(|gone| !listing.may_hide(&gone.resource.id)) {
            self.established.add(evaluation);
        }
    }
}
