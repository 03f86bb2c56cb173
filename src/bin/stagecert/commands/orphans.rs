//! `orphans`: what has the deployment's name but is no longer part of it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;
use stagecert::Failure;
use stagecert::aws::StackSets;
use stagecert::quote::printable;
use stagecert::scan::coverage::deployment::Deployment;
use stagecert::scan::coverage::orphans::{TaggedResource, candidates, owns_stack_set};

use crate::args::{OrphansArgs, TableFormat};
use crate::commands::report::shell::{AwsCommand, quoted};
use crate::deployment::{LiveDeployment, table};
use crate::exit_status::ExitStatus;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OrphansPage {
    orphans_version: u32,
    orphans: Vec<Orphan>,
}

/// Something that is left over.
#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Orphan {
    account: String,
    region: String,
    /// A StackSet's name or a resource's ARN.
    id: String,
    /// The stack that created the resource.
    stack: Option<String>,
    /// The commands that delete it, one after the other; empty if none is known.
    commands: Vec<String>,
}

pub(crate) async fn run(args: &OrphansArgs, out: &mut String) -> Result<ExitStatus, Failure> {
    let live = LiveDeployment::load(&args.deployment, None).await?;
    let mut failures = Vec::new();
    let mut orphans = stack_sets(&live, &mut failures).await;
    orphans.extend(resources(&live, &args.region, &mut failures).await);
    orphans.sort();
    let has_orphans = !orphans.is_empty();
    match args.format {
        TableFormat::Json => table::json(&OrphansPage { orphans_version: 1, orphans }, out)?,
        TableFormat::Table => page(&orphans, out),
    }
    match Failure::from_all(failures) {
        Some(failure) => Err(failure),
        None if has_orphans => Ok(ExitStatus::SomethingFailed),
        None => Ok(ExitStatus::NothingFailed),
    }
}

fn page(orphans: &[Orphan], out: &mut String) {
    for orphan in orphans {
        let stack = orphan.stack.as_ref().map(|stack| format!(" (stack {stack})"));
        let _ =
            writeln!(out, "{} {} {}{}", orphan.account, orphan.region, orphan.id, stack.unwrap_or_default());
        for command in &orphan.commands {
            let _ = writeln!(out, "  {command}");
        }
        if orphan.commands.is_empty() {
            let _ = writeln!(out, "  no command is known: delete it in the console of its service");
        }
    }
    let _ = writeln!(out, "{} left over; nothing was deleted", orphans.len());
}

async fn stack_sets(live: &LiveDeployment, failures: &mut Vec<Failure>) -> Vec<Orphan> {
    let Deployment { home_region, call_as, .. } = &live.deployment;
    let sets = match live.administrator().await {
        Ok(administrator) => administrator.stack_sets(home_region, *call_as),
        Err(failure) => {
            failures.push(failure);
            return Vec::new();
        }
    };
    let names = sets.names().await.unwrap_or_else(|failure| {
        failures.push(failure);
        Vec::new()
    });
    let mut orphans = Vec::new();
    for name in candidates(&live.deployment, &names) {
        let commands = match sets.deployment_of(name).await {
            Ok(tag) if owns_stack_set(&live.deployment, name, tag.as_deref()) => {
                stack_set_commands(live, &sets, name).await
            }
            Ok(_) => continue,
            Err(failure) => Err(failure),
        };
        match commands {
            Ok(commands) => orphans.push(Orphan {
                account: live.home.account.clone(),
                region: home_region.clone(),
                id: printable(name),
                stack: None,
                commands,
            }),
            Err(failure) => failures.push(failure),
        }
    }
    orphans
}

/// The commands that delete a StackSet: first its stack instances, then itself.
async fn stack_set_commands(
    live: &LiveDeployment,
    sets: &StackSets,
    name: &str,
) -> Result<Vec<String>, Failure> {
    let Deployment { home_region, call_as, .. } = &live.deployment;
    let (mut units, mut regions) = (BTreeSet::new(), BTreeSet::new());
    sets.instances(name, |page| {
        for instance in page {
            units.extend(instance.organizational_unit);
            regions.insert(instance.region);
        }
    })
    .await?;
    let command = |operation: &'static str| {
        let command = AwsCommand::new(operation, home_region).option("--stack-set-name", name);
        match call_as {
            Some(call_as) => command.option("--call-as", call_as.name()),
            None => command,
        }
    };
    let mut commands = Vec::new();
    if !regions.is_empty() {
        let units = units.into_iter().collect::<Vec<_>>().join(",");
        let delete = command("cloudformation delete-stack-instances").literal("--no-retain-stacks");
        let delete = delete.option("--deployment-targets", &format!("OrganizationalUnitIds={units}"));
        commands.push(with_words(&delete, "--regions", regions.iter()));
    }
    commands.push(one_line(&command("cloudformation delete-stack-set")));
    Ok(commands)
}

async fn resources(live: &LiveDeployment, named: &[String], failures: &mut Vec<Failure>) -> Vec<Orphan> {
    let deployment = &live.deployment;
    let administrator = match live.administrator().await {
        Ok(administrator) => administrator,
        Err(failure) => {
            failures.push(failure);
            return Vec::new();
        }
    };
    let account = administrator.account();
    // A Region that was removed from the file may have leftovers too.
    let enabled = if named.is_empty() { administrator.regions().await } else { Ok(named.to_vec()) };
    let regions = enabled.unwrap_or_else(|failure| {
        failures.push(failure);
        let of_stacks = deployment.stacks.iter().filter_map(|stack| stack.region.as_ref());
        let regions = deployment.regions.iter().chain([&deployment.home_region]).chain(of_stacks);
        regions.collect::<BTreeSet<_>>().into_iter().cloned().collect()
    });
    let mut orphans = Vec::new();
    for region in &regions {
        match administrator.tagged_resources(region, &deployment.name).await {
            Ok(tagged) => {
                let left = tagged.iter().filter(|resource| resource.is_orphan(deployment, account, region));
                orphans.extend(left.map(|resource| orphan(resource, account, region)));
            }
            Err(failure) => failures.push(failure),
        }
    }
    orphans
}

fn orphan(resource: &TaggedResource, account: &str, region: &str) -> Orphan {
    let versions = resource.bucket().map(|bucket| delete_versions(bucket, region));
    let command = resource.deletion().map(|(operation, option, value)| match option {
        // The AWS CLI's only command here with a positional argument.
        "" => one_line(&AwsCommand::new(operation, region)) + " " + &quoted(&value),
        option => one_line(&AwsCommand::new(operation, region).option(option, &value)),
    });
    Orphan {
        account: account.to_owned(),
        region: region.to_owned(),
        id: printable(&resource.arn),
        stack: resource.stack.as_deref().map(printable),
        commands: versions.into_iter().chain(command).collect(),
    }
}

/// The command that deletes all versions of a bucket's objects: `s3 rb --force` deletes only the
/// current ones, and the code buckets are versioned.
fn delete_versions(bucket: &str, region: &str) -> String {
    let command = |operation| AwsCommand::new(operation, region).option("--bucket", bucket);
    let query = "{Objects: [Versions, DeleteMarkers][].{Key: Key, VersionId: VersionId}}";
    let list = command("s3api list-object-versions").literal("--output json").option("--query", query);
    format!("{} --delete \"$({})\"", one_line(&command("s3api delete-objects")), one_line(&list))
}

fn one_line(command: &AwsCommand) -> String {
    command.text().replace(" \\\n  ", " ")
}

fn with_words<'w>(
    command: &AwsCommand,
    option: &'static str,
    words: impl Iterator<Item = &'w String>,
) -> String {
    let words: Vec<String> = words.map(|word| quoted(word)).collect();
    format!("{} {option} {}", one_line(command), words.join(" "))
}
