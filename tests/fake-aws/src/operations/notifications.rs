//! `BatchImportFindings`, `GetFindings` and `PutEvents`.

use super::Call;
use crate::wire::{Output, Refusal};

pub(super) fn batch_import_findings(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let (now, input) = (call.world.clock.now(), call.input.clone());
    let home = call.home();
    let (partition, account, region) = (home.partition.clone(), home.account.clone(), home.name.clone());
    home.security_hub
        .import(&partition, &account, &region, input, now)
        .map(|output| Output::Json(200, output))
}

pub(super) fn get_findings(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let input = call.input;
    let home = call.home();
    home.security_hub.find(&home.account, input).map(|output| Output::Json(200, output))
}

pub(super) fn put_events(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let input = call.input;
    let home = call.home();
    let (account, region) = (home.account.clone(), home.name.clone());
    home.event_bus.put(&account, &region, input).map(|output| Output::Json(200, output))
}
