use clap::Args as ClapArgs;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use stagecert::resources::safe_method::SafeMethod;
use strum::VariantNames;

const HEADING: &str = "Through API Gateway";

/// The maximum length of a path and query.
const MAX_PATH: usize = 2048;

/// The request that API Gateway makes.
#[derive(ClapArgs)]
pub(crate) struct ThroughArgs {
    /// Make API Gateway itself call the backend of this REST API's stage, without a certificate and
    /// with the stage's. The call is real and bypasses authorizers. It uses the API's current
    /// resources, which can differ from the deployed ones
    #[arg(long, help_heading = HEADING, value_name = "API/STAGE", value_parser = label, requires = "path")]
    pub(crate) through: Option<Label>,
    /// The method to call: only one without side effects
    #[arg(
        long,
        help_heading = HEADING,
        default_value = "GET",
        requires = "through",
        ignore_case = true,
        value_parser = PossibleValuesParser::new(SafeMethod::VARIANTS).try_map(|name| name.to_ascii_uppercase().parse::<SafeMethod>())
    )]
    pub(crate) method: SafeMethod,
    /// The path to call, with its query, such as /health
    #[arg(long, help_heading = HEADING, requires = "through", value_parser = path)]
    pub(crate) path: Option<String>,
}

/// A REST API's stage in the account and Region of the command.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    pub(crate) api: String,
    pub(crate) stage: String,
}

fn label(text: &str) -> Result<Label, String> {
    let is_api = |api: &str| !api.is_empty() && api.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_stage =
        |stage: &str| !stage.is_empty() && stage.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    match text.split_once('/') {
        Some((api, stage)) if is_api(api) && is_stage(stage) => {
            Ok(Label { api: api.into(), stage: stage.into() })
        }
        _ => Err("expected API/STAGE, such as a1b2c3d4e5/prod".into()),
    }
}

fn path(text: &str) -> Result<String, String> {
    if text.starts_with('/')
        && !text.starts_with("//")
        && text.len() <= MAX_PATH
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')
    {
        Ok(text.into())
    } else {
        Err(format!("expected a path that starts with /, of up to {MAX_PATH} ASCII characters without spaces"))
    }
}
