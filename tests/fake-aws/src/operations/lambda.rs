//! Lambda's `GetAccountSettings`.

use serde_json::json;

use super::Call;
use crate::wire::Output;

pub(super) fn get_account_settings(call: &mut Call<'_>) -> Output {
    let (limit, unreserved) = call.home().options.concurrency;
    Output::Json(
        200,
        json!({
            "AccountLimit": {
                "TotalCodeSize": 80_530_636_800_u64,
                "CodeSizeUnzipped": 262_144_000,
                "CodeSizeZipped": 52_428_800,
                "ConcurrentExecutions": limit,
                "UnreservedConcurrentExecutions": unreserved,
            },
            "AccountUsage": {"TotalCodeSize": 0, "FunctionCount": 0},
        }),
    )
}
