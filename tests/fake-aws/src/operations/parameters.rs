//! `GetParameter` and `PutParameter` of SSM's Parameter Store.

use serde_json::json;

use super::Call;
use crate::wire::{Output, Refusal};

/// The maximum length of a value in the Standard tier.
const MAX_LENGTH: usize = 4096;

pub(super) fn get_parameter(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let name = call.text("Name").unwrap_or_default().to_owned();
    let value = call.home().parameters.get(&name);
    let value = value.ok_or_else(|| Refusal::new("ParameterNotFound", ""))?;
    let parameter = json!({"Name": name, "Type": "String", "Value": value, "Version": 1, "DataType": "text"});
    Ok(Output::Json(200, json!({ "Parameter": parameter })))
}

pub(super) fn put_parameter(call: &mut Call<'_>) -> Result<Output, Refusal> {
    let text = |name: &str| call.text(name).unwrap_or_default().to_owned();
    let (name, value, kind, tier) = (text("Name"), text("Value"), text("Type"), text("Tier"));
    let overwrites = call.input["Overwrite"] == true;
    let invalid = |message: &str| Err(Refusal::new("ValidationException", message));
    if name.is_empty() || value.is_empty() || value.len() > MAX_LENGTH {
        return invalid(
            "Name and Value are required; Standard tier parameters support up to 4096 characters.",
        );
    }
    if (kind.as_str(), tier.as_str()) != ("String", "Standard") {
        return invalid("only parameters of type String in the Standard tier are expected");
    }
    let parameters = &mut call.home().parameters;
    if parameters.contains_key(&name) && !overwrites {
        return Err(Refusal::new("ParameterAlreadyExists", "The parameter already exists."));
    }
    parameters.insert(name, value);
    Ok(Output::Json(200, json!({"Version": 1, "Tier": "Standard"})))
}
