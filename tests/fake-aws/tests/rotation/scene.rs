//! An account with stages, real backends behind them, their owner, and clients.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fake_aws::{ApiKind, FakeAws, Gateway, Tags, World};
use jiff::{SignedDuration, Timestamp};

use crate::backends::{Backend, Kind};
use crate::load::Load;
use crate::program::ProgramRun;
use crate::tls::{ServerIdentity, der};

pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "eu-west-1";

/// The pause of the clients of tests that run alone.
pub const SHORT: Duration = Duration::from_millis(5);
/// The pause of the clients of tests that run next to many others.
pub const LONG: Duration = Duration::from_secs(1);

/// An API with a backend; its stages have one certificate.
#[derive(Clone, Copy)]
pub struct ApiPlan {
    pub backend: Kind,
    pub stages: usize,
}

pub struct Scene {
    // They are dropped in this order: the clients first, the files last.
    pub load: Load,
    _gateway: Gateway,
    pub fake_aws: FakeAws,
    pub apis: Vec<SceneApi>,
    pub folder: Folder,
}

/// A folder that is removed when dropped.
pub struct Folder(pub PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub struct SceneApi {
    pub backend: Backend,
    /// `API/STAGE`.
    pub stages: Vec<String>,
    /// The ID of the certificate that the stages have at the beginning.
    pub certificate: String,
}

impl Scene {
    /// Starts everything. Each backend trusts the certificate of its API, and the clients, which
    /// pause between requests, have made a round.
    pub fn new(apis: &[ApiPlan], pause: Duration) -> Self {
        static SCENES: AtomicUsize = AtomicUsize::new(0);
        let number = SCENES.fetch_add(1, Ordering::Relaxed);
        let name = format!("stagecert-rotation-{}-{number}", std::process::id());
        let folder = Folder(std::env::temp_dir().join(name));
        let identity = Arc::new(ServerIdentity::new());
        let mut world = World::new(7);
        let options = &mut world.add_account("aws", ACCOUNT, REGION).options;
        options.own_keys = true;
        options.backend_ca.clone_from(&identity.ca);
        let apis: Vec<SceneApi> = apis
            .iter()
            .enumerate()
            .map(|(at, plan)| add_api(&mut world, at, *plan, &identity, &folder.0))
            .collect();
        let fake_aws = FakeAws::spawn(world);
        fake_aws.limits().set_enabled(false);
        let gateway = Gateway::spawn(&fake_aws).unwrap();
        let stages: Vec<String> = apis.iter().flat_map(|api| api.stages.clone()).collect();
        let load = Load::start(&gateway.address(), &stages, 4, pause);
        load.round();
        let scene = Self { load, _gateway: gateway, fake_aws, apis, folder };
        assert_eq!(scene.load.lost(), Vec::<String>::new(), "before the rotation");
        scene
    }

    pub fn pem(&self, certificate: &str) -> String {
        let world = self.fake_aws.world();
        world.region(ACCOUNT, REGION).certificates[certificate].pem(world.clock.offset())
    }

    /// The IDs of all client certificates.
    pub fn certificates(&self) -> Vec<String> {
        self.fake_aws.world().region(ACCOUNT, REGION).certificates.keys().cloned().collect()
    }

    /// The certificate of each stage of an API.
    pub fn attached(&self, api: usize) -> Vec<Option<String>> {
        self.attached_in(&self.fake_aws.world(), api)
    }

    fn attached_in(&self, world: &World, api: usize) -> Vec<Option<String>> {
        let of_stage = |stage: &String| {
            let (_, stage) = world.stage(&arn(stage)).unwrap();
            stage.state.certificate.clone()
        };
        self.apis[api].stages.iter().map(of_stage).collect()
    }

    pub fn set_stale_requests(&self, requests: u32) {
        self.fake_aws.world().region_mut(ACCOUNT, REGION).options.stale_requests = requests;
    }

    /// A day passes for the rotations: the instants in their tags are a day older.
    pub fn a_day_passes(&self) {
        let mut world = self.fake_aws.world();
        let tags = &mut world.region_mut(ACCOUNT, REGION).tags;
        for (_, value) in tags.values_mut().flatten().filter(|(key, _)| *key == "stagecert:switched") {
            let at: Timestamp = value.parse().unwrap();
            *value = (at - SignedDuration::from_hours(25)).to_string();
        }
    }

    /// A folder for the files of one run.
    pub fn new_folder(&self) -> String {
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        let folder = self.folder.0.join(format!("run-{}", RUNS.fetch_add(1, Ordering::Relaxed)));
        std::fs::create_dir_all(&folder).unwrap();
        folder.to_str().unwrap().to_owned()
    }

    /// Runs `start`. If it succeeds, it has written the PEMs of the new certificates of the stages'
    /// APIs.
    pub fn start(&self, targets: &str) -> ProgramRun {
        let folder = self.new_folder();
        let run = self.rotate(&format!("start {targets} --output {folder} --yes"));
        let is_target = |api: &SceneApi| api.stages.iter().any(|stage| targets.contains(stage));
        let apis = (0..self.apis.len()).filter(|&api| run.status == 0 && is_target(&self.apis[api]));
        for new in apis.flat_map(|api| self.new_certificates(api)) {
            let pem = std::fs::read_to_string(format!("{folder}/{new}.pem")).unwrap();
            assert_eq!(der(&pem), der(&self.pem(&new)), "{run:?}");
        }
        run
    }

    /// The new certificates of an API's rotations in progress, by the tag that says what each
    /// replaces.
    pub fn new_certificates(&self, api: usize) -> Vec<String> {
        let world = self.fake_aws.world();
        let region = world.region(ACCOUNT, REGION);
        let replaces = |id: &String| {
            let tags = region.tags_of(&region.certificates[id].arn)?;
            tags.get("stagecert:replaces").cloned()
        };
        let old = Some(&self.apis[api].certificate);
        region.certificates.keys().filter(|id| replaces(id).as_ref() == old).cloned().collect()
    }

    /// The owner of each backend adds the new certificates of its API.
    pub fn owner_adds_the_new_certificates(&mut self) {
        for api in 0..self.apis.len() {
            for new in self.new_certificates(api) {
                let pem = self.pem(&new);
                self.apis[api].backend.trust(&pem);
            }
        }
    }

    /// The owner of each backend removes the old certificate of its API.
    pub fn owner_removes_the_old_certificates(&mut self) {
        for api in 0..self.apis.len() {
            let pem = self.pem(&self.apis[api].certificate);
            self.apis[api].backend.distrust(&pem);
        }
    }

    /// The certificates of all stages and the tags of all certificates, in which `old` is the
    /// certificate that the API had at the beginning, `new` any other, and `INSTANT` any instant.
    pub fn state(&self, api: usize) -> (Vec<String>, Vec<String>) {
        let old = &self.apis[api].certificate;
        let world = self.fake_aws.world();
        let region = world.region(ACCOUNT, REGION);
        let name = |id: &String| if id == old { "old" } else { "new" };
        let attached = self.attached_in(&world, api);
        let attached = attached.iter().map(|id| id.as_ref().map_or("none", name).to_owned()).collect();
        let word = |word: &str| match word {
            word if word == old => "old".to_owned(),
            word if word.parse::<Timestamp>().is_ok() => "INSTANT".into(),
            word => word.into(),
        };
        let tag = |(key, value): (&String, &String)| {
            let words: Vec<String> = value.split([' ', '/']).map(word).collect();
            format!("{key}={}", words.join(" "))
        };
        let certificate = |id: &String| {
            let tags = region.tags_of(&region.certificates[id].arn).into_iter().flatten();
            format!("{}: {}", name(id), tags.map(tag).collect::<Vec<_>>().join(", "))
        };
        let mut certificates: Vec<String> = region.certificates.keys().map(certificate).collect();
        certificates.sort();
        (attached, certificates)
    }

    /// The rotation of an API has ended: its stages have one certificate, which isn't the old one,
    /// and is the only one with the API's owner.
    pub fn assert_rotated(&self, api: usize) {
        let old = &self.apis[api].certificate;
        let attached = self.attached(api);
        let world = self.fake_aws.world();
        let region = world.region(ACCOUNT, REGION);
        let tags = |id: &String| region.tags_of(&region.certificates[id].arn).unwrap();
        let owner = format!("team-{api}");
        let owned = region.certificates.keys().filter(|id| tags(id)["owner"] == owner);
        let [new] = owned.collect::<Vec<_>>()[..] else { panic!("{api}: {:?}", region.certificates.keys()) };
        assert!(new != old && attached.iter().all(|id| id.as_ref() == Some(new)), "{api}: {attached:?}");
        let keys: Vec<&str> = tags(new).keys().map(String::as_str).collect();
        assert_eq!(keys, ["owner", "stagecert:rotated"], "{api}");
    }

    /// No request has been lost so far.
    pub fn assert_nothing_lost_after(&self, context: &str) {
        assert_eq!(self.load.lost(), Vec::<String>::new(), "{context}");
    }

    /// Prints what has happened, and ensures that no request was lost.
    pub fn assert_nothing_lost(&self, what: &str) {
        let (requests, left) = (self.load.requests(), self.certificates().len());
        self.assert_nothing_lost_after(what);
        println!("{what}: {requests} requests served, 0 lost, certificates left: {left}");
    }
}

/// The ARN of a stage, given as `API/STAGE`.
pub fn arn(stage: &str) -> String {
    let (api, stage) = stage.split_once('/').unwrap();
    format!("arn:aws:apigateway:{REGION}::/restapis/{api}/stages/{stage}")
}

fn add_api(
    world: &mut World,
    at: usize,
    plan: ApiPlan,
    identity: &Arc<ServerIdentity>,
    folder: &std::path::Path,
) -> SceneApi {
    let owner = Tags::from([("owner".into(), format!("team-{at}"))]);
    let certificate = world.generate_certificate(ACCOUNT, REGION, owner);
    let api = world.create_api(ACCOUNT, REGION, ApiKind::Rest, &format!("api-{at}"), &["HTTP_PROXY"]);
    let names = ["dev", "test", "staging", "prod"].iter().take(plan.stages);
    let stages: Vec<String> = names.map(|name| format!("{api}/{name}")).collect();
    for stage in &stages {
        let (arn, _) = world.create_stage(&api, stage.split_once('/').unwrap().1);
        world.attach_certificate(&arn, &certificate);
    }
    let pem = world.region(ACCOUNT, REGION).certificates[&certificate].pem(world.clock.offset());
    let backend = Backend::spawn(plan.backend, identity, &folder.join(format!("api-{at}")), vec![pem]);
    world.set_backend(&api, &backend.url);
    SceneApi { backend, stages, certificate }
}
