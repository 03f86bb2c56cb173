//! An account with certificates to rotate, and the state of a rotation at each step.

use std::collections::BTreeSet;
use std::path::PathBuf;

use fake_aws::{ApiKind, Backend, FakeAws, Fleet, Tags, World};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::program::{ProgramRun, REGIONS, stagecert};

const SCHEMA: &str = include_str!("../../../../../docs/rotation.schema.json");

/// The account: two REST stages share a certificate, and there are others.
#[derive(Clone, Debug)]
pub struct Scene {
    pub account: String,
    /// The certificate that `stages` have.
    pub old: String,
    /// The ARNs of two REST stages.
    pub stages: [String; 2],
    /// The certificate of a WebSocket stage.
    pub other: String,
    pub web_socket: String,
    /// A certificate that no stage has.
    pub unused: String,
}

pub fn scene(seed: u64) -> (World, Scene) {
    let (mut world, account, region) = (World::new(seed), Fleet::account(0), REGIONS[0]);
    world.add_account("aws", &account, region);
    let tags = |owner: &str| Tags::from([("owner".into(), owner.into())]);
    let mut certificate = |days: i64, owner: &str| {
        world.generate_certificate_valid_from(
            &account,
            region,
            SignedDuration::from_hours(24 * days),
            tags(owner),
        )
    };
    let (old, other, unused) =
        (certificate(-350, "team-pay"), certificate(-100, "team-ws"), certificate(-9, "x"));
    let payments =
        world.create_api(&account, region, ApiKind::Rest, "payments", &["HTTP_PROXY", "AWS_PROXY"]);
    let orders = world.create_api(&account, region, ApiKind::Rest, "orders", &["HTTP"]);
    let chat = world.create_api(&account, region, ApiKind::WebSocket, "chat", &["HTTP_PROXY"]);
    let mut stage = |api: &str, name: &str, certificate: &str| {
        let (arn, _) = world.create_stage(api, name);
        world.attach_certificate(&arn, certificate);
        arn
    };
    let stages = [stage(&payments, "prod", &old), stage(&orders, "live", &old)];
    let web_socket = stage(&chat, "live", &other);
    (world, Scene { account, old, stages, other, web_socket, unused })
}

/// `API/STAGE` of an ARN.
pub fn label(arn: &str) -> String {
    let (api, stage) = arn.split_once("/stages/").unwrap();
    format!("{}/{stage}", api.rsplit('/').next().unwrap())
}

impl Scene {
    pub fn target(&self) -> String {
        label(&self.stages[0])
    }

    /// The new certificates of rotations of the old one, or of finished rotations.
    pub fn new_ids(&self, world: &World) -> Vec<String> {
        let region = world.region(&self.account, REGIONS[0]);
        let is_new = |id: &&String| {
            let tags = region.tags_of(&region.certificates[*id].arn);
            tags.is_some_and(|tags| {
                tags.get("stagecert:replaces").is_some_and(|id| *id == self.old)
                    || tags.contains_key("stagecert:rotated")
            })
        };
        region.certificates.keys().filter(is_new).cloned().collect()
    }

    pub fn tags(&self, world: &World, id: &str) -> Tags {
        let region = world.region(&self.account, REGIONS[0]);
        region.tags_of(&region.certificates[id].arn).cloned().unwrap_or_default()
    }

    pub fn exists(&self, world: &World, id: &str) -> bool {
        world.region(&self.account, REGIONS[0]).certificates.contains_key(id)
    }

    pub fn attached(&self, world: &World, arn: &str) -> Option<String> {
        world.stage(arn).and_then(|(_, stage)| stage.state.certificate.clone())
    }

    /// Sets or removes a tag of a certificate.
    pub fn retag(&self, world: &mut World, id: &str, key: &str, value: Option<&str>) {
        let arn = world.region(&self.account, REGIONS[0]).certificates[id].arn.clone();
        match value {
            Some(value) => world.tag(&self.account, REGIONS[0], &arn, &[(key, value)]),
            None => world.untag(&self.account, REGIONS[0], &arn, &[key]),
        };
    }

    /// Lets the backends accept only these certificates, as nginx does.
    pub fn accept(&self, world: &mut World, ids: &[&str]) {
        let ids: BTreeSet<String> = ids.iter().map(|&id| id.to_owned()).collect();
        world.region_mut(&self.account, REGIONS[0]).options.backend = Backend::Nginx(ids);
    }

    /// Every stage has a certificate that exists.
    pub fn assert_no_stage_without_certificate(&self, world: &World, context: &str) {
        for arn in self.stages.iter().chain([&self.web_socket]) {
            let Some((_, stage)) = world.stage(arn) else { continue };
            let id = stage.state.certificate.as_ref();
            assert!(id.is_some_and(|id| self.exists(world, id)), "{context}: {arn} has {id:?}");
        }
    }
}

/// How far a rotation is when a step begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    Nothing,
    Started,
    Tested,
    Switched,
}

pub fn ago(hours: i64) -> String {
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    (now - SignedDuration::from_hours(hours)).to_string()
}

/// A rotation that has reached a step, and its new certificate.
pub fn rotation(seed: u64, reached: Reached) -> (World, Scene, String) {
    let (mut world, scene) = scene(seed);
    if reached == Reached::Nothing {
        return (world, scene, String::new());
    }
    let labels = scene.stages.iter().map(|arn| label(arn)).collect::<Vec<_>>().join(" ");
    let tags = [("owner", "team-pay"), ("stagecert:replaces", &scene.old), ("stagecert:stages", &labels)];
    let tags: Tags = tags.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let from = SignedDuration::from_hours(-30);
    let new = world.generate_certificate_valid_from(&scene.account, REGIONS[0], from, tags);
    scene.accept(&mut world, &[&scene.old, &new]);
    if matches!(reached, Reached::Tested | Reached::Switched) {
        scene.retag(&mut world, &new, "stagecert:tested", Some(&ago(1)));
    }
    if reached == Reached::Switched {
        scene.retag(&mut world, &new, "stagecert:switched", Some(&ago(25)));
        for arn in &scene.stages {
            world.attach_certificate(arn, &new);
        }
    }
    (world, scene, new)
}

pub fn serve(world: World) -> FakeAws {
    let fake_aws = FakeAws::spawn(world);
    fake_aws.limits().set_enabled(false);
    fake_aws
}

/// Runs `stagecert rotate`.
pub fn rotate(fake_aws: &FakeAws, arguments: &str) -> ProgramRun {
    stagecert(fake_aws, &format!("rotate {arguments}"), &[])
}

/// Runs `stagecert rotate` with JSON as its output, which must match the schema, and returns the
/// rotations.
pub fn rows(fake_aws: &FakeAws, arguments: &str) -> Vec<Value> {
    let document = rotate(fake_aws, &format!("{arguments} --format json")).json();
    assert_matches(&serde_json::from_str(SCHEMA).unwrap(), &document);
    document["rotations"].as_array().unwrap().clone()
}

/// Fails unless the document matches a schema that uses only `$ref`, `type`, `enum`, `const`,
/// `items`, `required` and `properties` without any other.
fn assert_matches(root: &Value, document: &Value) {
    fn check(root: &Value, schema: &Value, value: &Value) {
        if let Some(name) = schema["$ref"].as_str() {
            return check(root, root.pointer(name.trim_start_matches('#')).unwrap(), value);
        }
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let is_kind =
            |types: &Value| *types == kind || types.as_array().is_some_and(|all| all.contains(&kind.into()));
        assert!(schema["type"].is_null() || is_kind(&schema["type"]), "{value}: {schema}");
        let is_listed = schema["enum"].as_array().is_none_or(|all| all.contains(value));
        assert!(is_listed && (schema["const"].is_null() || schema["const"] == *value), "{value}: {schema}");
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(value.get(name.as_str().unwrap()).is_some(), "{name} is missing: {value}");
        }
        for (name, member) in value.as_object().into_iter().flatten() {
            check(root, schema["properties"].get(name).unwrap_or_else(|| panic!("{name}: {schema}")), member);
        }
        for item in value.as_array().into_iter().flatten() {
            check(root, &schema["items"], item);
        }
    }
    check(root, root, document);
}

/// The first rotation of [`rows`].
pub fn row(fake_aws: &FakeAws, arguments: &str) -> Value {
    rows(fake_aws, arguments)[0].clone()
}

/// A new folder for PEM files.
pub fn folder(name: &str) -> PathBuf {
    let folder =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("rotate-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
